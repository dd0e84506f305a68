-- Quarters of an hour lie together, a row for each VM and day: the charts of a day read two rows
-- instead of 97, those of 30 days 31 instead of 2,880. All rows are equally long, so that SQLite
-- writes a changed quarter where it is and no other page.
CREATE TABLE usage_day (
    id INTEGER PRIMARY KEY,            -- primary key | none | 30 days | withhold | delete
    team_id INTEGER NOT NULL           -- whose VM | contract | 30 days | withhold | delete
        REFERENCES team(id) ON DELETE CASCADE,
    vm_id TEXT NOT NULL                -- which VM | contract | 30 days | export | delete
        REFERENCES vm(id) ON DELETE CASCADE,
    day_at INTEGER NOT NULL            -- which day (UTC) | contract | 30 days | export | delete
        CHECK (day_at % 86400 = 0),
    from_at INTEGER NOT NULL,          -- from when on it holds quarters of an hour | contract | 30 days | export | delete
    quarters BLOB NOT NULL             -- of each quarter of an hour: minutes measured, processor time, also of the busiest minute, most memory and disk in use, disk and network traffic | contract | 30 days | export | delete
        CHECK (length(quarters) = 13824),
    UNIQUE (team_id, vm_id, day_at)
) STRICT;
CREATE INDEX usage_day_by_age ON usage_day(from_at);
CREATE INDEX usage_day_by_vm ON usage_day(vm_id);

-- Each of the 96 takes 144 bytes: nine numbers of 16 decimal digits, and 0 bytes if nothing was
-- measured. db/usage_day.sql writes them, cgi/model/usage_day.c reads them.
WITH RECURSIVE quarter(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM quarter WHERE n < 95)
INSERT INTO usage_day (team_id, vm_id, day_at, from_at, quarters)
SELECT team_id, vm_id, day_at, min(quarter_at), CAST(group_concat(numbers, '') AS BLOB)
FROM (SELECT d.team_id, d.vm_id, d.day_at, u.quarter_at,
             iif(u.minutes, printf('%016d%016d%016d%016d%016d%016d%016d%016d%016d', u.minutes,
                 u.cpu_ms, u.cpu_most_ms, u.memory_mb, u.disk_bytes, u.read_bytes,
                 u.written_bytes, u.received_bytes, u.sent_bytes), zeroblob(144)) AS numbers
      FROM (SELECT DISTINCT team_id, vm_id, quarter_at / 86400 * 86400 AS day_at
            FROM usage_quarter) d
      CROSS JOIN quarter q
      LEFT JOIN usage_quarter u ON u.team_id = d.team_id AND u.vm_id = d.vm_id
                               AND u.quarter_at = d.day_at + 900 * q.n
      ORDER BY d.team_id, d.vm_id, d.day_at, q.n)
GROUP BY team_id, vm_id, day_at;
DROP TABLE usage_quarter;
