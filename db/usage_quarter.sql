-- usage_quarter_put(quarter_at int, until_at int) done across teams
-- Sums up the minutes of a quarter of an hour, for all VMs, until now; again with each further one.
INSERT INTO usage_quarter (team_id, vm_id, quarter_at, minutes, cpu_ms, cpu_most_ms, memory_mb,
                           disk_bytes, read_bytes, written_bytes, received_bytes, sent_bytes)
SELECT team_id, vm_id, :quarter_at, count(*), sum(cpu_ms), max(cpu_ms), max(memory_mb),
       max(disk_bytes), sum(read_bytes), sum(written_bytes), sum(received_bytes), sum(sent_bytes)
FROM usage_minute WHERE minute_at >= :quarter_at AND minute_at < :until_at
GROUP BY team_id, vm_id /* sort ok */
ON CONFLICT (team_id, vm_id, quarter_at) DO UPDATE SET minutes = excluded.minutes,
    cpu_ms = excluded.cpu_ms, cpu_most_ms = excluded.cpu_most_ms, memory_mb = excluded.memory_mb,
    disk_bytes = excluded.disk_bytes, read_bytes = excluded.read_bytes,
    written_bytes = excluded.written_bytes, received_bytes = excluded.received_bytes,
    sent_bytes = excluded.sent_bytes;

-- usage_quarter_points(team_id int, vm_id text, is_minutes int, since_at int, until_at int) rows (from_at int, minutes int, cpu_ms int, cpu_most_ms int, memory_mb int, disk_bytes int, read_bytes int, written_bytes int, received_bytes int, sent_bytes int)
-- The quarters of a span, or its minutes in the same form, in any order; memory NULL: not reported.
-- From the primary keys: SQLite would take the indexes by vm_id and look each row up.
SELECT quarter_at AS from_at, minutes, cpu_ms, cpu_most_ms, memory_mb, disk_bytes, read_bytes,
       written_bytes, received_bytes, sent_bytes
FROM usage_quarter INDEXED BY sqlite_autoindex_usage_quarter_1
WHERE NOT :is_minutes AND team_id = :team_id AND vm_id = :vm_id
  AND quarter_at >= :since_at AND quarter_at < :until_at
UNION ALL
SELECT minute_at, 1, cpu_ms, cpu_ms, memory_mb, disk_bytes, read_bytes, written_bytes,
       received_bytes, sent_bytes
FROM usage_minute INDEXED BY sqlite_autoindex_usage_minute_1
WHERE :is_minutes AND team_id = :team_id AND vm_id = :vm_id
  AND minute_at >= :since_at AND minute_at < :until_at;

-- usage_quarter_delete_old(before_at int, max int) done across teams
DELETE FROM usage_quarter WHERE quarter_at < :before_at LIMIT :max;

-- usage_quarter_count_old(before_at int) row (total int, oldest_at int) across teams
SELECT count(*) AS total, ifnull(min(quarter_at), 0) AS oldest_at FROM usage_quarter
WHERE quarter_at < :before_at;

-- usage_quarter_delete_gone(before_at int, max int) done across teams
-- Of VMs that were destroyed before that.
DELETE FROM usage_quarter WHERE vm_id IN (SELECT id FROM vm WHERE gone_at < :before_at) LIMIT :max;

-- usage_quarter_count_gone(before_at int) row (total int, oldest_at int) across teams
SELECT count(*) AS total, ifnull(min(v.gone_at), 0) AS oldest_at
FROM vm v JOIN usage_quarter x ON x.vm_id = v.id WHERE v.gone_at < :before_at;
