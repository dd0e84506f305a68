-- snapshot_list(team_id int, vm_id text, search text, sort text) rows (is_match int)
-- All of a VM, which are LIMIT_SNAPSHOTS_PER_VM at most, and whether `search` is in the name.
SELECT id, name, state, has_memory, size_bytes, vcpus, memory_mb, disk_gb, created_at,
       :search = '' OR instr(lower(name), lower(:search)) AS is_match
FROM snapshot WHERE team_id = :team_id AND vm_id = :vm_id
ORDER BY CASE :sort WHEN 'name' THEN lower(name) WHEN 'size' THEN -(disk_gb * 1073741824 + size_bytes) END,
         created_at DESC, id /* sort ok */;

-- snapshot_next_deletion(team_id int, vm_id text) row (state text)
-- The next one that is to be deleted, and the state of its VM.
SELECT s.id, v.state FROM snapshot s JOIN vm v ON v.team_id = :team_id AND v.id = s.vm_id
WHERE s.team_id = :team_id AND s.vm_id = :vm_id AND s.state = 'deleting'
ORDER BY s.created_at DESC, s.id LIMIT 1;

-- snapshot_made(team_id int, vm_id text) rows (who text)
-- Who had the snapshots of a VM made.
SELECT j.snapshot_id, ifnull(p.name, 'Domicile') AS who
FROM job j LEFT JOIN person p ON p.id = j.person_id
WHERE j.team_id = :team_id AND j.vm_id = :vm_id AND j.kind = 'snapshot' AND j.state = 'done'
  AND j.snapshot_id IN (SELECT s.id FROM snapshot s
                        WHERE s.team_id = :team_id AND s.vm_id = :vm_id);

-- snapshot_count(team_id int, vm_id text) row (total int)
SELECT count(*) AS total FROM snapshot WHERE team_id = :team_id AND vm_id = :vm_id;

-- snapshot_get(team_id int, vm_id text, id text) row
SELECT id, vm_id, name, state, has_memory, size_bytes, vcpus, memory_mb, disk_gb, created_at
FROM snapshot WHERE team_id = :team_id AND vm_id = :vm_id AND id = :id;

-- snapshot_create(team_id int, vm_id text, id text, name text, vcpus int, memory_mb int, disk_gb int, now_at int) done
INSERT INTO snapshot (team_id, vm_id, created_at, id, name, state, has_memory, size_bytes, vcpus,
                      memory_mb, disk_gb, setup_taken)
SELECT :team_id, :vm_id, :now_at, :id, :name, 'taking', 0, 0, :vcpus, :memory_mb, :disk_gb, v.setup_taken
FROM vm v WHERE v.team_id = :team_id AND v.id = :vm_id;

-- snapshot_set_state(team_id int, id text, state text) done
UPDATE snapshot SET state = :state WHERE team_id = :team_id AND id = :id;

-- snapshot_set_ready(team_id int, id text, has_memory int, size_bytes int) one
UPDATE snapshot SET state = 'ready', has_memory = :has_memory, size_bytes = :size_bytes
WHERE team_id = :team_id AND id = :id;

-- snapshot_delete(team_id int, id text) done
DELETE FROM snapshot WHERE team_id = :team_id AND id = :id;

-- snapshot_delete_all(team_id int, vm_id text) done
DELETE FROM snapshot WHERE team_id = :team_id AND vm_id = :vm_id;

-- snapshot_used_by_clone(snapshot_id text) row (total int) across teams
-- Number of clones still being created from it; it cannot be deleted meanwhile.
SELECT count(*) AS total FROM vm
WHERE source_snapshot_id = :snapshot_id AND state = 'creating' /* scan ok */;

-- snapshot_sizes(team_id int) rows (disk_gb int, quota_gb int)
-- The disks of the snapshots of each VM of a team that has any, by VM: of those that can be used,
-- and of those that count in the quota.
SELECT vm_id, sum(iif(state = 'ready', disk_gb, 0)) AS disk_gb,
       sum(iif(state <> 'failed', disk_gb, 0)) AS quota_gb
FROM snapshot INDEXED BY sqlite_autoindex_snapshot_2
WHERE team_id = :team_id GROUP BY vm_id ORDER BY vm_id;

-- snapshot_delete_gone(before_at int, max int) done across teams
-- Of VMs that were destroyed before that.
DELETE FROM snapshot WHERE vm_id IN (SELECT id FROM vm WHERE gone_at < :before_at) LIMIT :max;

-- snapshot_count_gone(before_at int) row (total int, oldest_at int) across teams
SELECT count(*) AS total, ifnull(min(v.gone_at), 0) AS oldest_at
FROM vm v JOIN snapshot x ON x.vm_id = v.id WHERE v.gone_at < :before_at;

-- snapshot_scheduled(team_id int, vm_id text) row (total int, id text)
-- How many a VM has by its schedule, and which of them goes first: one that failed, or else the oldest.
SELECT count(*) AS total, (SELECT s.id FROM snapshot s WHERE s.team_id = :team_id AND s.vm_id = :vm_id AND s.is_scheduled = 1
                           ORDER BY s.state = 'failed' DESC, s.created_at LIMIT 1 /* sort ok */) AS id
FROM snapshot WHERE team_id = :team_id AND vm_id = :vm_id AND is_scheduled = 1;

-- snapshot_set_scheduled(team_id int, vm_id text) one
-- The one that is being taken: a VM has one job at a time.
UPDATE snapshot SET is_scheduled = 1 WHERE team_id = :team_id AND vm_id = :vm_id AND state = 'taking';
