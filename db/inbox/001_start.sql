-- The inbox: what services have told us, from the moment that we acknowledged it. A database of its
-- own, so that the programs that receive can reach nothing else. What became of an event is said in
-- the main database (table event).

CREATE TABLE inbox (
    position INTEGER PRIMARY KEY,  -- order of arrival | contract | 90 days | withhold | keep
    source TEXT NOT NULL           -- who told it | contract | 90 days | withhold | keep
        CHECK (source IN ('stripe', 'workos')),
    id TEXT NOT NULL,              -- the sender's name for it, so that it counts once | contract | 90 days | withhold | keep
    type TEXT NOT NULL,            -- what kind of thing has happened | contract | 90 days | withhold | keep
    received_at INTEGER NOT NULL,  -- when we acknowledged it | contract | 90 days | withhold | keep
    is_fresh INTEGER NOT NULL      -- the worker has not looked at it yet | contract | 90 days | withhold | keep
        CHECK (is_fresh IN (0, 1)),
    body BLOB,                     -- as it came; taken out once it has been worked off | contract | 90 days | withhold | delete
    UNIQUE (source, id)
) STRICT;
CREATE INDEX inbox_fresh ON inbox(position) WHERE is_fresh = 1;
