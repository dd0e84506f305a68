-- billing_activity_add(team_id int, at int, id text, what text, detail text?, person_id int?) done
-- Idempotent: adds nothing if `id` exists.
INSERT INTO billing_activity (team_id, at, id, what, detail, person_id)
VALUES (:team_id, :at, :id, :what, :detail, :person_id) ON CONFLICT DO NOTHING;

-- billing_activity_list(team_id int, max int) rows (who text, happened_at int)
SELECT e.at AS happened_at, e.what, e.detail, ifnull(p.name, '') AS who
FROM billing_activity e LEFT JOIN person p ON p.id = e.person_id
WHERE e.team_id = :team_id ORDER BY e.at DESC, e.id LIMIT :max;

-- billing_activity_delete_old(before_at int) done across teams
DELETE FROM billing_activity WHERE at < :before_at /* scan ok */;
