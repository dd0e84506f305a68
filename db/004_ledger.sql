-- Money: prices with their effective dates, the ledger of VM usage, and spend caps.

-- Never changed once in effect; the worker adds future prices from domicile.conf.
CREATE TABLE price (
    item TEXT NOT NULL,                -- a size, stopped_disk_gb or snapshot_gb | none | forever | withhold | keep
    from_at INTEGER NOT NULL,          -- effective date | none | forever | withhold | keep
    millicents INTEGER NOT NULL        -- hourly price in 1/1000 cent | none | forever | withhold | keep
        CHECK (millicents >= 0),
    PRIMARY KEY (from_at, item)
) STRICT, WITHOUT ROWID;

-- One row per interval of a VM's life in which nothing that affects the cost has changed, without
-- gaps from creation to destruction. A row never crosses the end of a month. No foreign keys to VM
-- or team: rows outlive both, as billing records.
CREATE TABLE ledger (
    team_id INTEGER NOT NULL,          -- whose usage | legal | 7 years | withhold | keep
    month_at INTEGER NOT NULL,         -- start of the month that contains it | legal | 7 years | withhold | keep
    vm_id TEXT NOT NULL,               -- of which VM | legal | 7 years | export | keep
    from_at INTEGER NOT NULL,          -- when it started | legal | 7 years | export | keep
    until_at INTEGER NOT NULL,         -- when it ended, or was last observed | legal | 7 years | export | keep
    is_open INTEGER NOT NULL,          -- whether it is still open | legal | 7 years | withhold | keep
    vm_name TEXT NOT NULL,             -- name of the VM, kept after its row is deleted | legal | 7 years | export | keep
    state TEXT NOT NULL                -- observed state, or unreachable | legal | 7 years | export | keep
        CHECK (state IN ('absent', 'stopped', 'running', 'paused', 'unreachable')),
    size TEXT NOT NULL,                -- which entry of the price list | legal | 7 years | export | keep
    disk_gb INTEGER NOT NULL,          -- disk size | legal | 7 years | export | keep
    snapshot_gb INTEGER NOT NULL,      -- disks of its snapshots, together | legal | 7 years | export | keep
    PRIMARY KEY (team_id, month_at, vm_id, from_at),
    CHECK (until_at >= from_at)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX ledger_open ON ledger(vm_id) WHERE is_open = 1;
CREATE INDEX ledger_by_age ON ledger(month_at);

ALTER TABLE team ADD COLUMN cap_cents INTEGER CHECK (cap_cents > 0); -- monthly spend cap; NULL: none | contract | account | export | delete
ALTER TABLE vm DROP COLUMN price_millicents;
