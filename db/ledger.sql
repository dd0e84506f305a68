-- ledger_vm(vm_id text) row (snapshot_gb int) across teams
-- The current row of the VM.
SELECT v.team_id, t.created_at AS team_created_at, v.name, v.state, v.observed, v.size, v.disk_gb, v.created_at, v.gone_at,
       (SELECT ifnull(sum(s.disk_gb), 0) FROM snapshot s
         WHERE s.vm_id = v.id AND s.state = 'ready') AS snapshot_gb
FROM vm v JOIN team t ON t.id = v.team_id WHERE v.id = :vm_id;

-- ledger_open(vm_id text) row across teams
-- The open interval.
SELECT team_id, month_at, vm_id, from_at, until_at, vm_name, state, size, disk_gb, snapshot_gb
FROM ledger WHERE vm_id = :vm_id AND is_open = 1;

-- ledger_has(team_id int, month_at int, vm_id text, from_at int) row (total int)
SELECT count(*) AS total FROM ledger
WHERE team_id = :team_id AND month_at = :month_at AND vm_id = :vm_id AND from_at = :from_at;

-- ledger_put(team_id int, month_at int, vm_id text, from_at int, until_at int, is_open int, vm_name text, state text, size text, disk_gb int, snapshot_gb int) done
-- Replaces an empty interval with the same start.
INSERT INTO ledger (team_id, month_at, vm_id, from_at, until_at, is_open, vm_name, state, size,
                    disk_gb, snapshot_gb)
VALUES (:team_id, :month_at, :vm_id, :from_at, :until_at, :is_open, :vm_name, :state, :size,
        :disk_gb, :snapshot_gb)
ON CONFLICT (team_id, month_at, vm_id, from_at) DO UPDATE SET until_at = :until_at,
    is_open = :is_open, vm_name = :vm_name, state = :state, size = :size, disk_gb = :disk_gb,
    snapshot_gb = :snapshot_gb;

-- ledger_extend(team_id int, month_at int, vm_id text, from_at int, until_at int, is_open int) one
UPDATE ledger SET until_at = :until_at, is_open = :is_open
WHERE team_id = :team_id AND month_at = :month_at AND vm_id = :vm_id AND from_at = :from_at;

-- ledger_chunk(team_id int, month_at int, after_vm_id text, max int) rows
-- A team's month behind a VM, by VM and in chronological order; what may be missing of the last one
-- is in ledger_vm_chunk: comparing a position in each row would cost a tenth more. From the primary
-- key: SQLite would take ledger_by_age, which has the same columns, and look each row up.
SELECT vm_id, from_at, until_at, is_open, state, size, disk_gb, snapshot_gb
FROM ledger INDEXED BY sqlite_autoindex_ledger_1
WHERE team_id = :team_id AND month_at = :month_at AND vm_id > :after_vm_id
ORDER BY vm_id, from_at LIMIT :max;

-- ledger_vm_chunk(team_id int, month_at int, vm_id text, after_from_at int, max int) rows
-- A VM's month behind an interval, in chronological order.
SELECT from_at, until_at, is_open, state, size, disk_gb, snapshot_gb
FROM ledger INDEXED BY sqlite_autoindex_ledger_1
WHERE team_id = :team_id AND month_at = :month_at AND vm_id = :vm_id AND from_at > :after_from_at
ORDER BY from_at LIMIT :max;

-- ledger_vm_name(team_id int, month_at int, vm_id text) row (is_known int)
-- What a VM of a team's month is called now, or was when it was destroyed; without its row and its
-- receipt, what it was called in the ledger.
SELECT name, 1 AS is_known FROM vm WHERE id = :vm_id
UNION ALL
SELECT name, 1 FROM receipt WHERE vm_id = :vm_id
UNION ALL
SELECT vm_name, 0 FROM ledger INDEXED BY sqlite_autoindex_ledger_1
WHERE team_id = :team_id AND month_at = :month_at AND vm_id = :vm_id LIMIT 1;

-- ledger_living(team_id int) rows
-- The open intervals of a team's existing VMs.
SELECT v.id AS vm_id, v.name, l.month_at, l.from_at, l.until_at, l.state, l.size, l.disk_gb,
       l.snapshot_gb
FROM vm_entry v JOIN ledger l ON l.vm_id = v.id AND l.is_open = 1 WHERE v.team_id = :team_id;

-- ledger_delete_old(before_at int, max int) done across teams
DELETE FROM ledger WHERE month_at < :before_at LIMIT :max;

-- ledger_count_old(before_at int) row (total int, oldest_at int) across teams
SELECT count(*) AS total, ifnull(min(month_at), 0) AS oldest_at FROM ledger
WHERE month_at < :before_at;
