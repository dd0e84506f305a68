-- Public keys can be fetched from GitHub: one more purpose for which something is sent to another service.
CREATE TABLE outbound_new (
    day_at INTEGER NOT NULL,         -- the day (UTC) | legal | 90 days | export | delete
    host TEXT NOT NULL,              -- who received it | legal | 90 days | export | delete
    purpose TEXT NOT NULL            -- what for | legal | 90 days | export | delete
        CHECK (purpose IN ('identity', 'billing', 'mail', 'keys')),
    fields TEXT NOT NULL,            -- names of the fields that were sent | legal | 90 days | export | delete
    team_id INTEGER                  -- whom it concerns; NULL: no team, or not known | legal | 90 days | withhold | delete
        REFERENCES team(id) ON DELETE CASCADE,
    was_listed INTEGER NOT NULL      -- whether it was a listed recipient then | legal | 90 days | withhold | delete
        CHECK (was_listed IN (0, 1)),
    transfers INTEGER NOT NULL,      -- how often, counting those that failed | legal | 90 days | export | delete
    answered INTEGER NOT NULL,       -- how many of them were answered | legal | 90 days | export | delete
    sent_bytes INTEGER NOT NULL,     -- bytes of what was sent, without headers | legal | 90 days | export | delete
    received_bytes INTEGER NOT NULL, -- the same of the answers | legal | 90 days | export | delete
    first_at INTEGER NOT NULL,       -- the first of the day | legal | 90 days | export | delete
    last_at INTEGER NOT NULL         -- the last of the day | legal | 90 days | export | delete
) STRICT;
INSERT INTO outbound_new (day_at, host, purpose, fields, team_id, was_listed, transfers, answered, sent_bytes,
    received_bytes, first_at, last_at)
SELECT day_at, host, purpose, fields, team_id, was_listed, transfers, answered, sent_bytes,
    received_bytes, first_at, last_at
FROM outbound;
DROP TABLE outbound;
ALTER TABLE outbound_new RENAME TO outbound;
CREATE UNIQUE INDEX outbound_by_kind ON outbound(day_at, host, purpose, fields, ifnull(team_id, 0));
CREATE INDEX outbound_by_team ON outbound(team_id);
