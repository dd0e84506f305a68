-- billing_problem_save(id text, team_id int?, what text, owner_what text?, now_at int) done
INSERT INTO billing_problem (id, team_id, seen_at, what, owner_what)
VALUES (:id, :team_id, :now_at, :what, :owner_what)
ON CONFLICT (id) DO UPDATE SET seen_at = :now_at, what = :what, owner_what = :owner_what;

-- billing_problem_owner_list(team_id int) rows
-- What the team's owners are told.
SELECT owner_what FROM billing_problem WHERE team_id = :team_id AND owner_what IS NOT NULL
ORDER BY id;

-- billing_problem_solve(id text) done across teams
DELETE FROM billing_problem WHERE id = :id;

-- billing_problem_list(search text, sort text, skip int, max int) rows (team text) across teams
-- A page of those with `search` in them or in their team's name; by team, or else newest first.
SELECT p.id, p.team_id, ifnull(t.name, '') AS team, p.seen_at, p.what
FROM billing_problem p LEFT JOIN team t ON t.id = p.team_id
WHERE :search = '' OR instr(lower(p.what || ' ' || ifnull(t.name, '')), lower(:search))
ORDER BY CASE :sort WHEN 'team' THEN lower(t.name) END, p.seen_at DESC, p.id
LIMIT :max OFFSET :skip /* scan ok */ /* sort ok */;

-- billing_problem_count(search text) row (total int) across teams
SELECT count(*) AS total FROM billing_problem p LEFT JOIN team t ON t.id = p.team_id
WHERE :search = '' OR instr(lower(p.what || ' ' || ifnull(t.name, '')), lower(:search)) /* scan ok */;

-- billing_problem_delete_old(before_at int, max int) done across teams
DELETE FROM billing_problem WHERE seen_at < :before_at LIMIT :max /* scan ok */;

-- billing_problem_count_old(before_at int) row (total int, oldest_at int) across teams
SELECT count(*) AS total, ifnull(min(seen_at), 0) AS oldest_at FROM billing_problem
WHERE seen_at < :before_at /* scan ok */;
