-- What a team's closed intervals add up to, so that no page reads every interval of a month. The
-- worker adds to both tables in the transaction that closes an interval (cgi/model/ledger.c); the
-- open ones are read as they are. Sums of a team go with it, because its id can be used again; the
-- ledger stays.

-- One row per VM and month, from the VM's first interval in that month on.
CREATE TABLE ledger_sum (
    team_id INTEGER NOT NULL           -- whose usage | contract | 7 years | withhold | delete
        REFERENCES team(id) ON DELETE CASCADE,
    month_at INTEGER NOT NULL,         -- which month | contract | 7 years | withhold | delete
    vm_id TEXT NOT NULL,               -- of which VM | contract | 7 years | withhold | delete
    until_at INTEGER NOT NULL,         -- end of its last closed interval, where the open one begins | contract | 7 years | withhold | delete
    running_s INTEGER NOT NULL,        -- seconds in which it was running | contract | 7 years | withhold | delete
    stopped_s INTEGER NOT NULL,        -- seconds in which it was stopped | contract | 7 years | withhold | delete
    unbilled_s INTEGER NOT NULL,       -- seconds in any other state | contract | 7 years | withhold | delete
    stretches INTEGER NOT NULL,        -- times of one hourly price, the lines of the file of costs | contract | 7 years | withhold | delete
    parts INTEGER NOT NULL             -- its cost, in 1/3600 of 1/1000 cent | contract | 7 years | withhold | delete
        CHECK (parts >= 0),
    PRIMARY KEY (team_id, month_at, vm_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_sum_by_age ON ledger_sum(month_at);

-- One row per team and day with any cost.
CREATE TABLE ledger_day (
    team_id INTEGER NOT NULL           -- whose usage | contract | 7 years | withhold | delete
        REFERENCES team(id) ON DELETE CASCADE,
    month_at INTEGER NOT NULL,         -- which month | contract | 7 years | withhold | delete
    day INTEGER NOT NULL,              -- which day of it (UTC), from 0 | contract | 7 years | withhold | delete
    parts INTEGER NOT NULL             -- cost of its VMs, in 1/3600 of 1/1000 cent | contract | 7 years | withhold | delete
        CHECK (parts > 0),
    storage_parts INTEGER NOT NULL     -- how much of that is not for running | contract | 7 years | withhold | delete
        CHECK (storage_parts >= 0),
    PRIMARY KEY (team_id, month_at, day)
) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_day_by_age ON ledger_day(month_at);

-- The same reckoned from the intervals: fills the tables here, and again where a price is altered
-- that should already hold (cgi/model/price_store.c).

-- Intervals cut where a day ends and where a price changes, with what an hour costs as in
-- cgi/model/ledger_cost.c. Of an open interval only its begin.
CREATE VIEW ledger_piece AS
WITH RECURSIVE day(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM day WHERE n < 30),
interval AS (
    SELECT l.team_id, l.month_at, l.vm_id, l.from_at, max(l.from_at, t.created_at) AS begin_at,
           CASE l.is_open WHEN 1 THEN l.from_at ELSE l.until_at END AS until_at,
           l.state, l.size, l.disk_gb, l.snapshot_gb
    FROM ledger l JOIN team t ON t.id = l.team_id),
cut AS (
    SELECT i.*, min(i.begin_at, i.until_at) AS at FROM interval i
    UNION SELECT i.*, i.month_at + 86400 * d.n FROM interval i JOIN day d
      ON i.month_at + 86400 * d.n > i.begin_at AND i.month_at + 86400 * d.n < i.until_at
    UNION SELECT i.*, p.from_at FROM interval i JOIN price p
      ON p.from_at > i.begin_at AND p.from_at < i.until_at)
SELECT c.team_id, c.month_at, c.vm_id, c.from_at, c.state, c.at,
       min(c.until_at, c.month_at + 86400 * ((c.at - c.month_at) / 86400 + 1),
           ifnull((SELECT min(p.from_at) FROM price p WHERE p.from_at > c.at), c.until_at)) AS end_at,
       CASE c.state WHEN 'running' THEN ifnull((SELECT p.millicents FROM price p
         WHERE p.item = c.size AND p.from_at <= c.at ORDER BY p.from_at DESC LIMIT 1), 0)
         ELSE 0 END AS running_rate,
       CASE c.state WHEN 'stopped' THEN c.disk_gb * ifnull((SELECT p.millicents FROM price p
         WHERE p.item = 'stopped_disk_gb' AND p.from_at <= c.at ORDER BY p.from_at DESC LIMIT 1), 0)
         ELSE 0 END +
       CASE WHEN c.state IN ('running', 'stopped') THEN c.snapshot_gb * ifnull((SELECT p.millicents
         FROM price p WHERE p.item = 'snapshot_gb' AND p.from_at <= c.at
         ORDER BY p.from_at DESC LIMIT 1), 0) ELSE 0 END AS storage_rate
FROM cut c;

CREATE VIEW ledger_sum_reckoned AS
SELECT team_id, month_at, vm_id, max(end_at) AS until_at,
       sum(CASE state WHEN 'running' THEN end_at - at ELSE 0 END) AS running_s,
       sum(CASE state WHEN 'stopped' THEN end_at - at ELSE 0 END) AS stopped_s,
       sum(CASE WHEN state IN ('running', 'stopped') THEN 0 ELSE end_at - at END) AS unbilled_s,
       sum(end_at > at AND rate IS NOT rate_before) AS stretches,
       sum(rate * (end_at - at)) AS parts
FROM (SELECT *, running_rate + storage_rate AS rate, lag(running_rate + storage_rate)
        OVER (PARTITION BY team_id, month_at, vm_id, from_at ORDER BY at) AS rate_before
      FROM ledger_piece)
GROUP BY team_id, month_at, vm_id;

CREATE VIEW ledger_day_reckoned AS
SELECT team_id, month_at, (at - month_at) / 86400 AS day,
       sum((running_rate + storage_rate) * (end_at - at)) AS parts,
       sum(storage_rate * (end_at - at)) AS storage_parts
FROM ledger_piece GROUP BY team_id, month_at, day HAVING parts > 0;

INSERT INTO ledger_sum SELECT * FROM ledger_sum_reckoned;
INSERT INTO ledger_day SELECT * FROM ledger_day_reckoned;
