-- usage_minute_add(team_id int, vm_id text, minute_at int, cpu_ms int, memory_mb int?, disk_bytes int, read_bytes int, written_bytes int, received_bytes int?, sent_bytes int?) done
-- Samples of one minute are added up; gauges keep the last value.
INSERT INTO usage_minute (team_id, vm_id, minute_at, cpu_ms, memory_mb, disk_bytes, read_bytes,
                          written_bytes, received_bytes, sent_bytes)
VALUES (:team_id, :vm_id, :minute_at, :cpu_ms, :memory_mb, :disk_bytes, :read_bytes,
        :written_bytes, :received_bytes, :sent_bytes)
ON CONFLICT (team_id, vm_id, minute_at) DO UPDATE SET
    cpu_ms = cpu_ms + :cpu_ms, memory_mb = :memory_mb, disk_bytes = :disk_bytes,
    read_bytes = read_bytes + :read_bytes, written_bytes = written_bytes + :written_bytes,
    received_bytes = received_bytes + :received_bytes, sent_bytes = sent_bytes + :sent_bytes;

-- usage_minute_points(team_id int, vm_id text, since_at int, until_at int) rows (from_at int, minutes int, cpu_most_ms int)
-- The minutes of a span, in any order; memory NULL: not reported. From the primary key: SQLite would
-- take the index by vm_id and look each row up.
SELECT minute_at AS from_at, 1 AS minutes, cpu_ms, +cpu_ms AS cpu_most_ms, memory_mb, disk_bytes,
       read_bytes, written_bytes, received_bytes, sent_bytes
FROM usage_minute INDEXED BY sqlite_autoindex_usage_minute_1
WHERE team_id = :team_id AND vm_id = :vm_id AND minute_at >= :since_at AND minute_at < :until_at;

-- usage_minute_last(team_id int, vm_id text, since_at int, until_at int) row
-- The newest minute of a span.
SELECT minute_at, cpu_ms, memory_mb, disk_bytes, read_bytes, written_bytes, received_bytes,
       sent_bytes
FROM usage_minute INDEXED BY sqlite_autoindex_usage_minute_1
WHERE team_id = :team_id AND vm_id = :vm_id AND minute_at >= :since_at
  AND minute_at < :until_at
ORDER BY minute_at DESC LIMIT 1;

-- usage_minute_delete_of_team(team_id int) done
DELETE FROM usage_minute WHERE team_id = :team_id;

-- usage_minute_delete_old(before_at int, max int) done across teams
DELETE FROM usage_minute WHERE minute_at < :before_at LIMIT :max;

-- usage_minute_count_old(before_at int) row (total int, oldest_at int) across teams
SELECT count(*) AS total, ifnull(min(minute_at), 0) AS oldest_at FROM usage_minute
WHERE minute_at < :before_at;

-- usage_minute_newest() row (minute_at int) across teams
-- The newest minute of all VMs; 0: none.
SELECT ifnull(max(minute_at), 0) AS minute_at FROM usage_minute;

-- usage_minute_cpu(team_id int, vm_id text, since_at int, until_at int, point_s int) rows (point int, minutes int, cpu_ms int, last_ms int, last_at int)
-- CPU time in steps of `point_s`, for the chart in a list, and that of the last minute in each.
SELECT (minute_at - :since_at) / :point_s AS point, count(*) AS minutes, sum(cpu_ms) AS cpu_ms,
       cpu_ms AS last_ms, max(minute_at) AS last_at
FROM usage_minute INDEXED BY sqlite_autoindex_usage_minute_1
WHERE team_id = :team_id AND vm_id = :vm_id
  AND minute_at >= :since_at AND minute_at < :until_at
GROUP BY point ORDER BY point;

-- usage_minute_delete_gone(before_at int, max int) done across teams
-- Of VMs that were destroyed before that.
DELETE FROM usage_minute WHERE vm_id IN (SELECT id FROM vm WHERE gone_at < :before_at) LIMIT :max;

-- usage_minute_count_gone(before_at int) row (total int, oldest_at int) across teams
SELECT count(*) AS total, ifnull(min(v.gone_at), 0) AS oldest_at
FROM vm v JOIN usage_minute x ON x.vm_id = v.id WHERE v.gone_at < :before_at;
