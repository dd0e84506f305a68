-- The inbox: events received from services, from the time that we acknowledged them. A separate
-- database, so that the receiving programs have access to nothing else. The outcome is recorded in
-- the main database (table event).

CREATE TABLE inbox (
    position INTEGER PRIMARY KEY,  -- order of arrival | contract | 90 days | withhold | keep
    source TEXT NOT NULL           -- source service | contract | 90 days | withhold | keep
        CHECK (source IN ('stripe', 'workos')),
    id TEXT NOT NULL,              -- event id at the source, for deduplication | contract | 90 days | withhold | keep
    type TEXT NOT NULL,            -- event type | contract | 90 days | withhold | keep
    received_at INTEGER NOT NULL,  -- when we acknowledged it | contract | 90 days | withhold | keep
    is_fresh INTEGER NOT NULL      -- not yet seen by the worker | contract | 90 days | withhold | keep
        CHECK (is_fresh IN (0, 1)),
    body BLOB,                     -- as received; removed once processed | contract | 90 days | withhold | delete
    UNIQUE (source, id)
) STRICT;
CREATE INDEX inbox_fresh ON inbox(position) WHERE is_fresh = 1;
