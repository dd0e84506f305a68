-- operator_people_list(search text, filter text, sort text, skip int, max int) rows (state text, vms int) across teams
-- A page of the people whose names or addresses contain `search`, of one state or, if it is "", of all; by name, by their
-- last sign-in ("seen") or else newest first. vms: those of their teams.
SELECT p.id, p.email, p.name, p.created_at, p.signed_in_at,
       CASE WHEN p.closed_at IS NOT NULL THEN 'closed' WHEN p.suspended_at IS NOT NULL THEN 'suspended'
            WHEN p.signed_in_at IS NULL THEN 'never' ELSE 'active' END AS state,
       (SELECT count(*) FROM membership m JOIN vm_entry v ON v.team_id = m.team_id WHERE m.person_id = p.id) AS vms
FROM person p
WHERE (:search = '' OR instr(lower(p.name || ' ' || p.email), lower(:search)))
  AND :filter IN ('', CASE WHEN p.closed_at IS NOT NULL THEN 'closed' WHEN p.suspended_at IS NOT NULL THEN 'suspended'
                           WHEN p.signed_in_at IS NULL THEN 'never' ELSE 'active' END)
ORDER BY CASE :sort WHEN 'name' THEN lower(p.name) END,
         CASE :sort WHEN 'seen' THEN -ifnull(p.signed_in_at, 0) END,
         p.created_at DESC, p.id LIMIT :max OFFSET :skip /* scan ok */ /* sort ok */;

-- operator_people_count(search text) row (total int, active int, suspended int, closed int, never int)
SELECT count(*) AS total,
       ifnull(sum(closed_at IS NULL AND suspended_at IS NULL AND signed_in_at IS NOT NULL), 0) AS active,
       ifnull(sum(closed_at IS NULL AND suspended_at IS NOT NULL), 0) AS suspended,
       ifnull(sum(closed_at IS NOT NULL), 0) AS closed,
       ifnull(sum(closed_at IS NULL AND suspended_at IS NULL AND signed_in_at IS NULL), 0) AS never
FROM person WHERE (:search = '' OR instr(lower(name || ' ' || email), lower(:search))) /* scan ok */;

-- operator_people_get(id int, now_at int) row (sessions int)
-- A person, and in how many browsers they are signed in.
SELECT id, email, name, created_at, signed_in_at, suspended_at, suspended_reason, restricted_at, closed_at,
       (SELECT count(*) FROM session s WHERE s.person_id = :id AND s.idle_at > :now_at AND s.expires_at > :now_at) AS sessions
FROM person WHERE id = :id;
