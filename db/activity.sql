-- activity_add(team_id int, id text, action text, vm_id text?, object text?, what text, detail text?, actor text, person_id int?, result text, now_at_ms int) done
-- Not over if the result is "open". Nothing of a VM whose record has been deleted.
INSERT INTO activity (team_id, at_ms, id, action, vm_id, object, what, detail, actor, person_id, result)
SELECT :team_id, :now_at_ms, :id, :action, :vm_id, :object, :what, :detail, :actor, :person_id, :result
WHERE :vm_id IS NULL OR EXISTS (SELECT 1 FROM vm WHERE team_id = :team_id AND id = :vm_id);

-- activity_add_job(team_id int, id text, vm_id text, job_id text, action text, what text, detail text?, actor text, person_id int?, now_at_ms int) done
-- The entry of a job: activity_end() writes into it how it went.
INSERT INTO activity (team_id, at_ms, id, action, vm_id, what, detail, actor, person_id, result, job_number)
VALUES (:team_id, :now_at_ms, :id, :action, :vm_id, :what, :detail, :actor, :person_id, 'open',
        (SELECT number FROM job WHERE id = :job_id AND team_id = :team_id));

-- activity_end(team_id int, job_number int, what text, detail text?, result text, took_ms int?) done
-- `took_ms` NULL: it was not done. Without a new detail the entry keeps its own. Never what is in the chain.
UPDATE activity SET what = :what, detail = ifnull(:detail, detail), result = :result, took_ms = :took_ms
WHERE team_id = :team_id AND job_number = :job_number AND seq IS NULL;

-- activity_drop(team_id int, vm_id text) done
-- The jobs of a VM that were dropped are over.
UPDATE activity SET result = 'dropped'
WHERE team_id = :team_id AND vm_id = :vm_id AND seq IS NULL AND result = 'open'
  AND job_number IN (SELECT number FROM job WHERE vm_id = :vm_id AND state = 'dropped');

-- activity_unchained(team_id int, max int) rows
-- What is over and has no place in the chain yet, oldest first.
SELECT at_ms, id, action, vm_id, object, what, detail, actor, person_id, result, took_ms FROM activity
WHERE team_id = :team_id AND seq IS NULL AND result <> 'open' ORDER BY at_ms, id LIMIT :max;

-- activity_unchained_teams() rows across teams
-- Whose entries have no place in their chains though they are over: those of before there were chains.
SELECT DISTINCT team_id FROM activity WHERE seq IS NULL AND result <> 'open' /* scan ok */;

-- activity_chain(team_id int, at_ms int, id text, seq int, salt blob?, person_hash text?) one
UPDATE activity SET seq = :seq, salt = :salt, person_hash = :person_hash
WHERE team_id = :team_id AND at_ms = :at_ms AND id = :id AND seq IS NULL;

-- activity_seen(team_id int, action text, object text, person_id int?, since_ms int) row (is_there int)
-- Whether that was done since then, by the person or, of what the admin does, about them.
SELECT EXISTS (SELECT 1 FROM activity WHERE team_id = :team_id AND at_ms >= :since_ms AND action = :action
  AND object = :object AND person_id IS :person_id) AS is_there;

-- activity_final(team_id int, object text) row
-- When a deletion that its owner had requested was made final by others (`object`: its id).
SELECT at_ms FROM activity WHERE team_id = :team_id AND action = 'deletion_final' AND object = :object LIMIT 1;

-- activity_forget_person(person_id int) done across teams
-- The hash in the chain stays, and without the salt says nothing.
UPDATE activity SET person_id = NULL, salt = NULL WHERE person_id = :person_id;

-- activity_list(team_id int, search text, kind text, since_ms int, before_at_ms int, after_id text, max int) rows (who text, about text, seen_at int)
-- Activity log of a team, newest first (`about`: whom what the software did was about), after the position (before_at_ms, after_id): what has
-- `search` in it, of one kind ("vms", "snapshots", "account", or what is "of_vms", or has "failed") or, if it is "", of all.
SELECT e.at_ms, e.id, e.at_ms / 1000 AS seen_at, e.vm_id, v.name AS vm_name, e.what, e.detail,
       e.took_ms, CASE e.actor WHEN 'system' THEN p.name END AS about, CASE e.actor WHEN 'person' THEN ifnull(p.name, 'Former user') WHEN 'operator' THEN 'Admin' ELSE 'Domicile' END AS who
FROM activity e LEFT JOIN vm v ON v.id = e.vm_id LEFT JOIN person p ON p.id = e.person_id
WHERE e.team_id = :team_id AND e.at_ms <= :before_at_ms AND e.at_ms >= :since_ms
  AND (e.at_ms < :before_at_ms OR e.id > :after_id)
  AND (:search = '' OR instr(lower(ifnull(v.name, '') || ' ' || e.what || ' ' || ifnull(e.detail, '') || ' '
       || CASE e.actor WHEN 'person' THEN ifnull(p.name, 'Former user') WHEN 'operator' THEN 'Admin' ELSE 'Domicile ' || ifnull(p.name, '') END), lower(:search)))
  AND (:kind IN ('', CASE WHEN e.action IN ('snapshot', 'snapshot_delete', 'restore')
         THEN 'snapshots' WHEN e.vm_id IS NULL THEN 'account' ELSE 'vms' END)
       OR (:kind = 'of_vms' AND e.vm_id IS NOT NULL)
       OR (:kind = 'failed' AND e.result IN ('failed', 'refused')))
ORDER BY e.at_ms DESC, e.id LIMIT :max;

-- activity_of_vm(team_id int, vm_id text, before_at_ms int, after_id text, max int) rows (who text, seen_at int)
-- The same of one VM.
SELECT e.at_ms, e.id, e.at_ms / 1000 AS seen_at, e.what, e.detail, e.took_ms, e.job_number,
       CASE e.actor WHEN 'person' THEN ifnull(p.name, 'Former user') WHEN 'operator' THEN 'Admin' ELSE 'Domicile' END AS who
FROM activity e LEFT JOIN person p ON p.id = e.person_id
WHERE e.team_id = :team_id AND e.vm_id = :vm_id AND e.at_ms <= :before_at_ms
  AND (e.at_ms < :before_at_ms OR e.id > :after_id)
ORDER BY e.at_ms DESC, e.id LIMIT :max;

-- activity_newer(team_id int, search text, kind text, at_ms int, id text, until_ms int, skip int) row
-- Where the page before this one begins: the entry that is `skip` entries newer than (at_ms, id),
-- of those that activity_list() gives.
SELECT e.at_ms, e.id FROM activity e LEFT JOIN vm v ON v.id = e.vm_id
  LEFT JOIN person p ON p.id = e.person_id
WHERE e.team_id = :team_id AND e.at_ms >= :at_ms AND e.at_ms <= :until_ms AND (e.at_ms > :at_ms OR e.id < :id)
  AND (:search = '' OR instr(lower(ifnull(v.name, '') || ' ' || e.what || ' ' || ifnull(e.detail, '') || ' '
       || CASE e.actor WHEN 'person' THEN ifnull(p.name, 'Former user') WHEN 'operator' THEN 'Admin' ELSE 'Domicile ' || ifnull(p.name, '') END), lower(:search)))
  AND (:kind IN ('', CASE WHEN e.action IN ('snapshot', 'snapshot_delete', 'restore')
         THEN 'snapshots' WHEN e.vm_id IS NULL THEN 'account' ELSE 'vms' END)
       OR (:kind = 'of_vms' AND e.vm_id IS NOT NULL)
       OR (:kind = 'failed' AND e.result IN ('failed', 'refused')))
ORDER BY e.at_ms, e.id DESC LIMIT 1 OFFSET :skip;

-- activity_ticks(team_id int, vm_id text, since_at_ms int, max int) rows (ended_at_ms int)
-- What was done to a VM since a moment, for its charts.
SELECT at_ms + took_ms AS ended_at_ms, what FROM activity
WHERE team_id = :team_id AND vm_id = :vm_id AND at_ms >= :since_at_ms AND took_ms IS NOT NULL
ORDER BY at_ms DESC LIMIT :max;

-- activity_delete_gone(before_at int, max int) done across teams
-- Of VMs that were destroyed before that. Their places in the chains are marked as erased before (audit_link_delete_gone).
DELETE FROM activity WHERE (team_id, at_ms, id) IN (
    SELECT x.team_id, x.at_ms, x.id FROM vm v JOIN activity x ON x.vm_id = v.id
    WHERE v.gone_at < :before_at AND NOT EXISTS (
        SELECT 1 FROM audit_link l WHERE l.team_id = x.team_id AND l.seq = x.seq AND l.id = x.id)
    LIMIT :max);

-- activity_count_gone(before_at int) row (total int, oldest_at int) across teams
SELECT count(*) AS total, ifnull(min(v.gone_at), 0) AS oldest_at
FROM vm v JOIN activity x ON x.vm_id = v.id WHERE v.gone_at < :before_at;
