-- For sqlite3 in tests: the quarters of an hour of usage_day as rows, which can also be inserted, again if need be.
-- The server's own connections run no trigger.
CREATE TEMP VIEW usage_quarter AS
WITH RECURSIVE quarter(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM quarter WHERE n < 95)
SELECT team_id, vm_id, day_at + 900 * n AS quarter_at,
       CAST(substr(quarters, 144 * n + 1, 16) AS INTEGER) AS minutes,
       CAST(substr(quarters, 144 * n + 17, 16) AS INTEGER) AS cpu_ms,
       CAST(substr(quarters, 144 * n + 33, 16) AS INTEGER) AS cpu_most_ms,
       CAST(substr(quarters, 144 * n + 49, 16) AS INTEGER) AS memory_mb,
       CAST(substr(quarters, 144 * n + 65, 16) AS INTEGER) AS disk_bytes,
       CAST(substr(quarters, 144 * n + 81, 16) AS INTEGER) AS read_bytes,
       CAST(substr(quarters, 144 * n + 97, 16) AS INTEGER) AS written_bytes,
       CAST(substr(quarters, 144 * n + 113, 16) AS INTEGER) AS received_bytes,
       CAST(substr(quarters, 144 * n + 129, 16) AS INTEGER) AS sent_bytes
FROM usage_day CROSS JOIN quarter WHERE substr(quarters, 144 * n + 1, 1) <> x'00';

CREATE TEMP TRIGGER usage_quarter_put INSTEAD OF INSERT ON usage_quarter BEGIN
    INSERT INTO usage_day (team_id, vm_id, day_at, from_at, quarters)
    VALUES (NEW.team_id, NEW.vm_id, NEW.quarter_at / 86400 * 86400, NEW.quarter_at, zeroblob(13824))
    ON CONFLICT (team_id, vm_id, day_at) DO UPDATE SET from_at = min(from_at, excluded.from_at);
    UPDATE usage_day SET quarters = CAST(
        substr(quarters, 1, NEW.quarter_at % 86400 / 900 * 144)
        || printf('%016d%016d%016d%016d%016d%016d%016d%016d%016d', NEW.minutes, NEW.cpu_ms,
                  NEW.cpu_most_ms, NEW.memory_mb, NEW.disk_bytes, NEW.read_bytes,
                  NEW.written_bytes, NEW.received_bytes, NEW.sent_bytes)
        || substr(quarters, NEW.quarter_at % 86400 / 900 * 144 + 145) AS BLOB)
    WHERE team_id = NEW.team_id AND vm_id = NEW.vm_id
      AND day_at = NEW.quarter_at / 86400 * 86400;
END;
