-- What became of the events in the inbox, and which version of a service's object we hold.

CREATE TABLE event (
    source TEXT NOT NULL,          -- which service told it | contract | 90 days | withhold | keep
    id TEXT NOT NULL,              -- its name there: an event counts once | contract | 90 days | withhold | keep
    type TEXT NOT NULL,            -- what kind of thing has happened | contract | 90 days | withhold | keep
    received_at INTEGER NOT NULL,  -- when it was acknowledged | contract | 90 days | withhold | keep
    state TEXT NOT NULL            -- what became of it | contract | 90 days | withhold | keep
        CHECK (state IN ('waiting', 'applied', 'skipped', 'parked')),
    attempts INTEGER NOT NULL,     -- how often it was tried | contract | 90 days | withhold | keep
    due_at_ms INTEGER NOT NULL,    -- of a waiting one: not before then | contract | 90 days | withhold | keep
    applied_at INTEGER,            -- when it was applied or skipped | contract | 90 days | withhold | keep
    reason TEXT,                   -- why it was skipped, or failed | contract | 90 days | withhold | keep
    PRIMARY KEY (source, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX event_due ON event(due_at_ms) WHERE state = 'waiting';
CREATE INDEX event_parked ON event(received_at) WHERE state = 'parked';

-- The newest state that we have been told of each object of WorkOS: events come in any order, and
-- what was deleted there must not come back by a late one.
CREATE TABLE workos_object (
    id TEXT PRIMARY KEY,           -- "user_...", "org_...", "om_..." | contract | 90 days | withhold | keep
    updated_at_ms INTEGER NOT NULL,-- its updated_at | contract | 90 days | withhold | keep
    is_deleted INTEGER NOT NULL,   -- it is gone for good | contract | 90 days | withhold | keep
    told_at INTEGER NOT NULL       -- when we were told | contract | 90 days | withhold | keep
) STRICT, WITHOUT ROWID;

-- How far a service's own list of events has been read, to find those that never arrived.
CREATE TABLE event_cursor (
    source TEXT PRIMARY KEY,       -- which service | none | forever | withhold | keep
    last_id TEXT NOT NULL,         -- the last event that was read | none | forever | withhold | keep
    read_at INTEGER NOT NULL       -- when | none | forever | withhold | keep
) STRICT, WITHOUT ROWID;

ALTER TABLE person ADD COLUMN closed_at INTEGER; -- since when the account is closed | contract | account | export | delete
ALTER TABLE person ADD COLUMN workos_name TEXT; -- the name at WorkOS, to tell a change there from a name chosen here | contract | account | export | delete
ALTER TABLE team ADD COLUMN closed_at INTEGER; -- since when it is closed: its VMs are stopped, later destroyed | contract | account | export | delete
CREATE INDEX team_closed ON team(closed_at) WHERE closed_at IS NOT NULL;
ALTER TABLE membership ADD COLUMN workos_membership_id TEXT; -- the membership at WorkOS that it mirrors | contract | account | withhold | delete
CREATE UNIQUE INDEX membership_by_workos ON membership(workos_membership_id) WHERE workos_membership_id IS NOT NULL;
