-- What lists, counts and quotas read of the existing VMs comes from an index alone, not from their
-- rows. SQLite never takes a generated column from an index, so the expression moves to a view;
-- gone_at is in the index because its condition would be looked up in the row otherwise.

ALTER TABLE vm DROP COLUMN standing;
CREATE INDEX vm_entries ON vm(team_id, gone_at, created_at DESC, id, name, state, unresponsive_at,
                              last_error, vcpus, memory_mb, disk_gb) WHERE gone_at IS NULL;
CREATE VIEW vm_entry AS -- existing VMs; standing: how one is doing, in four words
SELECT team_id, created_at, id, name, state, vcpus, memory_mb, disk_gb,
       CASE WHEN state IN ('failed', 'paused') OR unresponsive_at IS NOT NULL
                OR (state = 'destroying' AND last_error IS NOT NULL) THEN 'attention'
            WHEN state IN ('running', 'stopped') THEN state
            ELSE 'busy' END AS standing
FROM vm INDEXED BY vm_entries WHERE gone_at IS NULL;

-- Minutes are summed up in quarters of an hour, which the charts of a day and longer read, and are
-- kept for a day.
CREATE TABLE usage_minute_new (
    team_id INTEGER NOT NULL           -- whose VM | contract | 1 days | withhold | delete
        REFERENCES team(id) ON DELETE CASCADE,
    vm_id TEXT NOT NULL                -- which VM | contract | 1 days | export | delete
        REFERENCES vm(id) ON DELETE CASCADE,
    minute_at INTEGER NOT NULL,        -- which minute | contract | 1 days | export | delete
    cpu_ms INTEGER NOT NULL,           -- processor time used in it | contract | 1 days | export | delete
    memory_mb INTEGER,                 -- memory in use at its end | contract | 1 days | export | delete
    disk_bytes INTEGER NOT NULL,       -- disk taken on the host at its end | contract | 1 days | export | delete
    read_bytes INTEGER NOT NULL,       -- read from disk in it | contract | 1 days | export | delete
    written_bytes INTEGER NOT NULL,    -- written to disk in it | contract | 1 days | export | delete
    received_bytes INTEGER,            -- received by network in it | contract | 1 days | export | delete
    sent_bytes INTEGER,                -- sent by network in it | contract | 1 days | export | delete
    PRIMARY KEY (team_id, vm_id, minute_at)
) STRICT, WITHOUT ROWID;
CREATE TABLE usage_quarter (
    team_id INTEGER NOT NULL           -- whose VM | contract | 30 days | withhold | delete
        REFERENCES team(id) ON DELETE CASCADE,
    vm_id TEXT NOT NULL                -- which VM | contract | 30 days | export | delete
        REFERENCES vm(id) ON DELETE CASCADE,
    quarter_at INTEGER NOT NULL,       -- which quarter of an hour | contract | 30 days | export | delete
    minutes INTEGER NOT NULL,          -- how many of its minutes were measured | contract | 30 days | export | delete
    cpu_ms INTEGER NOT NULL,           -- processor time used in it | contract | 30 days | export | delete
    cpu_most_ms INTEGER NOT NULL,      -- the same, in its busiest minute | contract | 30 days | export | delete
    memory_mb INTEGER,                 -- most memory in use at the end of a minute | contract | 30 days | export | delete
    disk_bytes INTEGER NOT NULL,       -- most disk taken on the host | contract | 30 days | export | delete
    read_bytes INTEGER NOT NULL,       -- read from disk in it | contract | 30 days | export | delete
    written_bytes INTEGER NOT NULL,    -- written to disk in it | contract | 30 days | export | delete
    received_bytes INTEGER,            -- received by network in it | contract | 30 days | export | delete
    sent_bytes INTEGER,                -- sent by network in it | contract | 30 days | export | delete
    PRIMARY KEY (team_id, vm_id, quarter_at)
) STRICT, WITHOUT ROWID;
INSERT INTO usage_quarter (team_id, vm_id, quarter_at, minutes, cpu_ms, cpu_most_ms, memory_mb,
    disk_bytes, read_bytes, written_bytes, received_bytes, sent_bytes)
SELECT team_id, vm_id, minute_at / 900 * 900, count(*), sum(cpu_ms), max(cpu_ms), max(memory_mb),
    max(disk_bytes), sum(read_bytes), sum(written_bytes), sum(received_bytes), sum(sent_bytes)
FROM usage_minute GROUP BY 1, 2, 3;
INSERT INTO usage_minute_new (team_id, vm_id, minute_at, cpu_ms, memory_mb, disk_bytes, read_bytes,
    written_bytes, received_bytes, sent_bytes)
SELECT team_id, vm_id, minute_at, cpu_ms, memory_mb, disk_bytes, read_bytes, written_bytes,
    received_bytes, sent_bytes
FROM usage_minute WHERE minute_at >= unixepoch() - 86400;
DROP TABLE usage_minute;
ALTER TABLE usage_minute_new RENAME TO usage_minute;
CREATE INDEX usage_minute_by_age ON usage_minute(minute_at);
CREATE INDEX usage_minute_by_vm ON usage_minute(vm_id);
CREATE INDEX usage_quarter_by_age ON usage_quarter(quarter_at);
CREATE INDEX usage_quarter_by_vm ON usage_quarter(vm_id);
