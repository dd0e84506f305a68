-- usage_day_put(quarter_at int, until_at int) done across teams
-- Sums up the minutes of a quarter of an hour, for all VMs, until now; again with each further one.
-- What a quarter looks like is in 021_usage_day.sql.
INSERT INTO usage_day (team_id, vm_id, day_at, from_at, quarters)
SELECT team_id, vm_id, :quarter_at / 86400 * 86400, :quarter_at,
       CAST(zeroblob(:quarter_at % 86400 / 900 * 144)
         || printf('%016d%016d%016d%016d%016d%016d%016d%016d%016d', count(*), sum(cpu_ms),
                   max(cpu_ms), max(memory_mb), max(disk_bytes), sum(read_bytes),
                   sum(written_bytes), sum(received_bytes), sum(sent_bytes))
         || zeroblob(13680 - :quarter_at % 86400 / 900 * 144) AS BLOB)
FROM usage_minute WHERE minute_at >= :quarter_at AND minute_at < :until_at
GROUP BY team_id, vm_id /* sort ok */
ON CONFLICT (team_id, vm_id, day_at) DO UPDATE SET from_at = min(from_at, excluded.from_at),
    quarters = CAST(substr(quarters, 1, :quarter_at % 86400 / 900 * 144)
         || substr(excluded.quarters, :quarter_at % 86400 / 900 * 144 + 1, 144)
         || substr(quarters, :quarter_at % 86400 / 900 * 144 + 145) AS BLOB);

-- usage_day_list(team_id int, vm_id text, since_at int, until_at int) rows
-- The days that have quarters of a span; model/usage_day.h takes them apart.
SELECT day_at, quarters FROM usage_day INDEXED BY sqlite_autoindex_usage_day_1
WHERE team_id = :team_id AND vm_id = :vm_id
  AND day_at > :since_at - 86400 AND day_at < :until_at;

-- usage_day_delete_of_team(team_id int) done
DELETE FROM usage_day WHERE team_id = :team_id /* scan ok */;

-- usage_day_delete_old(before_at int, max int) done across teams
-- All quarters of a day are old if its last one is.
DELETE FROM usage_day WHERE from_at < :before_at AND day_at < :before_at - 85500 LIMIT :max;

-- usage_day_count_old(before_at int) row (total int, oldest_at int) across teams
SELECT count(*) AS total, ifnull(min(from_at), 0) AS oldest_at FROM usage_day
WHERE from_at < :before_at AND day_at < :before_at - 85500;

-- usage_day_delete_gone(before_at int, max int) done across teams
-- Of VMs that were destroyed before that.
DELETE FROM usage_day WHERE vm_id IN (SELECT id FROM vm WHERE gone_at < :before_at) LIMIT :max;

-- usage_day_count_gone(before_at int) row (total int, oldest_at int) across teams
SELECT count(*) AS total, ifnull(min(v.gone_at), 0) AS oldest_at
FROM vm v JOIN usage_day x ON x.vm_id = v.id WHERE v.gone_at < :before_at;
