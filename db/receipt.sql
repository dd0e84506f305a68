-- receipt_put(team_id int, vm_id text, now_at int) one
-- Of a VM that is destroyed now, by the job that has just ended.
INSERT INTO receipt (team_id, gone_at, vm_id, name, region, image, size, vcpus, memory_mb, disk_gb,
                     created_at, person_id, is_systems, took_ms, cause)
SELECT v.team_id, :now_at, v.id, v.name, v.region, v.image, v.size, v.vcpus, v.memory_mb, v.disk_gb,
       v.created_at, j.person_id, j.number IS NOT NULL AND j.person_id IS NULL,
       j.ended_at_ms - j.requested_at_ms, v.end_cause
FROM vm v LEFT JOIN job j ON j.number = (SELECT max(d.number) FROM job d
    WHERE d.vm_id = v.id AND d.kind = 'destroy' AND d.state = 'done')
WHERE v.team_id = :team_id AND v.id = :vm_id;

-- receipt_get(team_id int, vm_id text) row (who text)
-- `who` had it destroyed, as named now; NULL: nobody knows, or it is somebody who is erased.
SELECT r.vm_id, r.name, r.region, r.image, r.size, r.vcpus, r.memory_mb, r.disk_gb, r.created_at, r.gone_at,
       r.took_ms, r.cause, CASE WHEN r.is_systems THEN 'Domicile' ELSE p.name END AS who
FROM receipt r LEFT JOIN person p ON p.id = r.person_id WHERE r.team_id = :team_id AND r.vm_id = :vm_id;

-- receipt_unsigned(max int) rows across teams
-- Those that have no signed receipt yet.
SELECT team_id, vm_id FROM receipt r
WHERE NOT EXISTS (SELECT 1 FROM signed_receipt s WHERE s.subject_id = r.vm_id)
LIMIT :max /* scan ok */;

-- receipt_recent(team_id int, since_at int, max int) rows
-- The VMs that were destroyed last.
SELECT vm_id, name, gone_at FROM receipt WHERE team_id = :team_id AND gone_at > :since_at
ORDER BY gone_at DESC, vm_id LIMIT :max;

-- receipt_total() row (total int) across teams
-- How many VMs were destroyed and have a receipt, for the start page. Reads an index alone.
SELECT count(*) AS total FROM receipt /* scan ok */;

-- receipt_count(team_id int, since_at int, search text) row (total int)
-- VMs destroyed since then whose names contain `search`.
SELECT count(*) AS total FROM receipt
WHERE team_id = :team_id AND gone_at > :since_at AND (:search = '' OR instr(name, :search));

-- receipt_list(team_id int, since_at int, search text, sort text, skip int, max int) rows (who text)
-- A page of them, by name or else by when they were destroyed, newest first.
SELECT r.vm_id, r.name, r.image, r.vcpus, r.memory_mb, r.disk_gb, r.gone_at,
       CASE WHEN r.is_systems THEN 'Domicile' ELSE p.name END AS who
FROM receipt r LEFT JOIN person p ON p.id = r.person_id WHERE r.team_id = :team_id AND r.gone_at > :since_at
  AND (:search = '' OR instr(r.name, :search))
ORDER BY CASE :sort WHEN 'name' THEN r.name END, r.gone_at DESC, r.vm_id
LIMIT :max OFFSET :skip /* sort ok */;

-- receipt_delete_old(before_at int, max int) done across teams
DELETE FROM receipt WHERE gone_at < :before_at LIMIT :max /* scan ok */;

-- receipt_count_old(before_at int) row (total int, oldest_at int) across teams
SELECT count(*) AS total, ifnull(min(gone_at), 0) AS oldest_at FROM receipt
WHERE gone_at < :before_at /* scan ok */;
