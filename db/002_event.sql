-- Outcome of the events in the inbox, and the version of each service's object that we hold.

CREATE TABLE event (
    source TEXT NOT NULL,          -- source service | contract | 90 days | withhold | keep
    id TEXT NOT NULL,              -- event id at the source, for deduplication | contract | 90 days | withhold | keep
    type TEXT NOT NULL,            -- event type | contract | 90 days | withhold | keep
    received_at INTEGER NOT NULL,  -- when it was acknowledged | contract | 90 days | withhold | keep
    state TEXT NOT NULL            -- outcome | contract | 90 days | withhold | keep
        CHECK (state IN ('waiting', 'applied', 'skipped', 'parked')),
    attempts INTEGER NOT NULL,     -- number of attempts | contract | 90 days | withhold | keep
    due_at_ms INTEGER NOT NULL,    -- earliest retry | contract | 90 days | withhold | keep
    applied_at INTEGER,            -- when it was applied or skipped | contract | 90 days | withhold | keep
    reason TEXT,                   -- why it was skipped, or failed | contract | 90 days | withhold | keep
    PRIMARY KEY (source, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX event_due ON event(due_at_ms) WHERE state = 'waiting';
CREATE INDEX event_parked ON event(received_at) WHERE state = 'parked';

-- The newest known state of each WorkOS object: events arrive in any order, and a late one must
-- not restore an object that was deleted.
CREATE TABLE workos_object (
    id TEXT PRIMARY KEY,           -- "user_...", "org_...", "om_..." | contract | 90 days | withhold | keep
    updated_at_ms INTEGER NOT NULL,-- its updated_at | contract | 90 days | withhold | keep
    is_deleted INTEGER NOT NULL,   -- permanently deleted | contract | 90 days | withhold | keep
    told_at INTEGER NOT NULL       -- when the state was received | contract | 90 days | withhold | keep
) STRICT, WITHOUT ROWID;

-- Read position in a service's event list, to find events that were never delivered.
CREATE TABLE event_cursor (
    source TEXT PRIMARY KEY,       -- which service | none | forever | withhold | keep
    last_id TEXT NOT NULL,         -- the last event that was read | none | forever | withhold | keep
    read_at INTEGER NOT NULL       -- when | none | forever | withhold | keep
) STRICT, WITHOUT ROWID;

ALTER TABLE person ADD COLUMN closed_at INTEGER; -- when the account was closed | contract | account | export | delete
ALTER TABLE person ADD COLUMN workos_name TEXT; -- the name at WorkOS, to tell a change there from a name chosen here | contract | account | export | delete
ALTER TABLE team ADD COLUMN closed_at INTEGER; -- when it was closed: its VMs are stopped, later destroyed | contract | account | export | delete
CREATE INDEX team_closed ON team(closed_at) WHERE closed_at IS NOT NULL;
ALTER TABLE membership ADD COLUMN workos_membership_id TEXT; -- the corresponding WorkOS membership | contract | account | withhold | delete
CREATE UNIQUE INDEX membership_by_workos ON membership(workos_membership_id) WHERE workos_membership_id IS NOT NULL;
