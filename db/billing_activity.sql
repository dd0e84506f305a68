-- billing_activity_add(team_id int, at int, id text, what text, detail text?, person_id int?) done
-- Idempotent: adds nothing if `id` exists.
INSERT INTO billing_activity (team_id, at, id, what, detail, person_id)
VALUES (:team_id, :at, :id, :what, :detail, :person_id) ON CONFLICT DO NOTHING;

-- billing_activity_list(team_id int, before_at int, after_id text, max int) rows (who text, happened_at int)
-- Newest first, after the position (before_at, after_id).
SELECT e.at AS happened_at, e.id, e.what, e.detail, ifnull(p.name, '') AS who
FROM billing_activity e LEFT JOIN person p ON p.id = e.person_id
WHERE e.team_id = :team_id AND e.at <= :before_at AND (e.at < :before_at OR e.id > :after_id)
ORDER BY e.at DESC, e.id LIMIT :max;

-- billing_activity_delete_old(before_at int, max int) done across teams
DELETE FROM billing_activity WHERE at < :before_at LIMIT :max /* scan ok */;

-- billing_activity_count_old(before_at int) row (total int, oldest_at int) across teams
SELECT count(*) AS total, ifnull(min(at), 0) AS oldest_at FROM billing_activity
WHERE at < :before_at /* scan ok */;
