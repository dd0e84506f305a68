-- Money: prices with the day they hold from, the ledger of what VMs were, and what a team may spend.

-- Never changed once their day has begun; the worker adds what domicile.conf says of later days.
CREATE TABLE price (
    item TEXT NOT NULL,                -- a size, stopped_disk_gb or snapshot_gb | none | forever | withhold | keep
    from_at INTEGER NOT NULL,          -- from when on | none | forever | withhold | keep
    millicents INTEGER NOT NULL        -- of an hour, in 1/1000 cent | none | forever | withhold | keep
        CHECK (millicents >= 0),
    PRIMARY KEY (from_at, item)
) STRICT, WITHOUT ROWID;

-- One row for each stretch of a VM's life in which nothing that costs has changed, without gaps from
-- its creation to its end. A row never crosses the end of a month. Nothing points at VM or team: rows
-- outlive both, as billing records.
CREATE TABLE ledger (
    team_id INTEGER NOT NULL,          -- whose use | legal | 7 years | withhold | keep
    month_at INTEGER NOT NULL,         -- beginning of the month in which it lies | legal | 7 years | withhold | keep
    vm_id TEXT NOT NULL,               -- of which VM | legal | 7 years | export | keep
    from_at INTEGER NOT NULL,          -- when it began | legal | 7 years | export | keep
    until_at INTEGER NOT NULL,         -- when it ended, or was last seen | legal | 7 years | export | keep
    is_open INTEGER NOT NULL,          -- whether it goes on | legal | 7 years | withhold | keep
    vm_name TEXT NOT NULL,             -- how the VM was called then, for when it is forgotten | legal | 7 years | export | keep
    state TEXT NOT NULL                -- what the host said, or that nobody could ask | legal | 7 years | export | keep
        CHECK (state IN ('absent', 'stopped', 'running', 'paused', 'unreachable')),
    size TEXT NOT NULL,                -- which entry of the price list | legal | 7 years | export | keep
    disk_gb INTEGER NOT NULL,          -- disk kept | legal | 7 years | export | keep
    snapshot_gb INTEGER NOT NULL,      -- disks of its snapshots, together | legal | 7 years | export | keep
    PRIMARY KEY (team_id, month_at, vm_id, from_at),
    CHECK (until_at >= from_at)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX ledger_open ON ledger(vm_id) WHERE is_open = 1;
CREATE INDEX ledger_by_age ON ledger(month_at);

ALTER TABLE team ADD COLUMN cap_cents INTEGER CHECK (cap_cents > 0); -- what the team may spend in a month; NULL: as much as it likes | contract | account | export | delete
ALTER TABLE vm DROP COLUMN price_millicents;
