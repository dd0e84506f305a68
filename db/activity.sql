-- activity_add(team_id int, id text, vm_id text, what text, detail text?, person_id int?, now_at_ms int) done
INSERT INTO activity (team_id, at_ms, id, vm_id, what, detail, person_id)
VALUES (:team_id, :now_at_ms, :id, :vm_id, :what, :detail, :person_id);

-- activity_list(team_id int, before_at_ms int, after_id text, max int) rows (who text, seen_at int)
-- Activity log of a team, newest first, after the position (before_at_ms, after_id).
SELECT e.at_ms, e.id, e.at_ms / 1000 AS seen_at, e.vm_id, v.name AS vm_name, e.what, e.detail,
       ifnull(p.name, 'Domicile') AS who
FROM activity e JOIN vm v ON v.id = e.vm_id LEFT JOIN person p ON p.id = e.person_id
WHERE e.team_id = :team_id AND e.at_ms <= :before_at_ms
  AND (e.at_ms < :before_at_ms OR e.id > :after_id)
ORDER BY e.at_ms DESC, e.id LIMIT :max;

-- activity_of_vm(team_id int, vm_id text, max int) rows (who text, seen_at int)
SELECT e.at_ms, e.at_ms / 1000 AS seen_at, e.what, e.detail, ifnull(p.name, 'Domicile') AS who
FROM activity e LEFT JOIN person p ON p.id = e.person_id
WHERE e.team_id = :team_id AND e.vm_id = :vm_id
ORDER BY e.at_ms DESC, e.id LIMIT :max;

-- activity_newer(team_id int, at_ms int, id text, skip int) row
-- Where the page before this one begins: the entry that is `skip` entries newer than (at_ms, id).
SELECT at_ms, id FROM activity
WHERE team_id = :team_id AND at_ms >= :at_ms AND (at_ms > :at_ms OR id < :id)
ORDER BY at_ms, id DESC LIMIT 1 OFFSET :skip;
