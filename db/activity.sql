-- activity_add(team_id int, id text, vm_id text, what text, detail text?, person_id int?, now_at_ms int) done
-- Nothing of a VM whose record has been deleted.
INSERT INTO activity (team_id, at_ms, id, vm_id, what, detail, person_id)
SELECT v.team_id, :now_at_ms, :id, v.id, :what, :detail, :person_id FROM vm v
WHERE v.team_id = :team_id AND v.id = :vm_id;

-- activity_add_job(team_id int, id text, vm_id text, job_id text, what text, detail text?, person_id int?, now_at_ms int) done
-- The entry of a job: activity_end() writes into it how it went.
INSERT INTO activity (team_id, at_ms, id, vm_id, what, detail, person_id, job_number)
VALUES (:team_id, :now_at_ms, :id, :vm_id, :what, :detail, :person_id,
        (SELECT number FROM job WHERE id = :job_id AND team_id = :team_id));

-- activity_end(team_id int, job_number int, what text, detail text?, took_ms int?) done
-- `took_ms` NULL: it was not done. Without a new detail the entry keeps its own.
UPDATE activity SET what = :what, detail = ifnull(:detail, detail), took_ms = :took_ms
WHERE team_id = :team_id AND job_number = :job_number;

-- activity_list(team_id int, search text, kind text, before_at_ms int, after_id text, max int) rows (who text, seen_at int)
-- Activity log of a team, newest first, after the position (before_at_ms, after_id): what has
-- `search` in it, of one kind ("vms", "snapshots", or what has "failed") or, if it is "", of all.
SELECT e.at_ms, e.id, e.at_ms / 1000 AS seen_at, e.vm_id, v.name AS vm_name, e.what, e.detail,
       e.took_ms, ifnull(p.name, 'Domicile') AS who
FROM activity e JOIN vm v ON v.id = e.vm_id LEFT JOIN person p ON p.id = e.person_id
  LEFT JOIN job j ON j.number = e.job_number
WHERE e.team_id = :team_id AND e.at_ms <= :before_at_ms
  AND (e.at_ms < :before_at_ms OR e.id > :after_id)
  AND (:search = '' OR instr(lower(v.name || ' ' || e.what || ' ' || ifnull(e.detail, '') || ' '
       || ifnull(p.name, 'Domicile')), lower(:search)))
  AND (:kind IN ('', CASE WHEN j.kind IN ('snapshot', 'snapshot_delete', 'restore')
         THEN 'snapshots' ELSE 'vms' END) OR (:kind = 'failed' AND j.state = 'failed'))
ORDER BY e.at_ms DESC, e.id LIMIT :max;

-- activity_of_vm(team_id int, vm_id text, before_at_ms int, after_id text, max int) rows (who text, seen_at int)
-- The same of one VM.
SELECT e.at_ms, e.id, e.at_ms / 1000 AS seen_at, e.what, e.detail, e.took_ms, e.job_number,
       ifnull(p.name, 'Domicile') AS who
FROM activity e LEFT JOIN person p ON p.id = e.person_id
WHERE e.team_id = :team_id AND e.vm_id = :vm_id AND e.at_ms <= :before_at_ms
  AND (e.at_ms < :before_at_ms OR e.id > :after_id)
ORDER BY e.at_ms DESC, e.id LIMIT :max;

-- activity_newer(team_id int, search text, kind text, at_ms int, id text, skip int) row
-- Where the page before this one begins: the entry that is `skip` entries newer than (at_ms, id),
-- of those that activity_list() gives.
SELECT e.at_ms, e.id FROM activity e JOIN vm v ON v.id = e.vm_id
  LEFT JOIN person p ON p.id = e.person_id LEFT JOIN job j ON j.number = e.job_number
WHERE e.team_id = :team_id AND e.at_ms >= :at_ms AND (e.at_ms > :at_ms OR e.id < :id)
  AND (:search = '' OR instr(lower(v.name || ' ' || e.what || ' ' || ifnull(e.detail, '') || ' '
       || ifnull(p.name, 'Domicile')), lower(:search)))
  AND (:kind IN ('', CASE WHEN j.kind IN ('snapshot', 'snapshot_delete', 'restore')
         THEN 'snapshots' ELSE 'vms' END) OR (:kind = 'failed' AND j.state = 'failed'))
ORDER BY e.at_ms, e.id DESC LIMIT 1 OFFSET :skip;

-- activity_ticks(team_id int, vm_id text, since_at_ms int, max int) rows (ended_at_ms int)
-- What was done to a VM since a moment, for its charts.
SELECT at_ms + took_ms AS ended_at_ms, what FROM activity
WHERE team_id = :team_id AND vm_id = :vm_id AND at_ms >= :since_at_ms AND took_ms IS NOT NULL
ORDER BY at_ms DESC LIMIT :max;

-- activity_delete_gone(before_at int, max int) done across teams
-- Of VMs that were destroyed before that.
DELETE FROM activity WHERE vm_id IN (SELECT id FROM vm WHERE gone_at < :before_at) LIMIT :max;

-- activity_count_gone(before_at int) row (total int, oldest_at int) across teams
SELECT count(*) AS total, ifnull(min(v.gone_at), 0) AS oldest_at
FROM vm v JOIN activity x ON x.vm_id = v.id WHERE v.gone_at < :before_at;
