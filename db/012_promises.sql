-- What is promised about data and isolation, as last measured (worker/promise.c). Each row is
-- complete, so that pages need no list of their own.
CREATE TABLE promise (
    id TEXT PRIMARY KEY,           -- names it in links, in the log and for the operator | none | forever | withhold | keep
    position INTEGER NOT NULL,     -- its place among the others | none | forever | withhold | keep
    topic TEXT NOT NULL,           -- heading that it is shown below | none | forever | withhold | keep
    sentence TEXT NOT NULL,        -- what is promised, with this server's periods | none | forever | withhold | keep
    mechanism TEXT NOT NULL,       -- what enforces it | none | forever | withhold | keep
    every_s INTEGER NOT NULL,      -- how often it is measured | none | forever | withhold | keep
    state TEXT NOT NULL            -- whether it is kept | none | forever | withhold | keep
        CHECK (state IN ('green', 'red', 'unknown')),
    unit TEXT NOT NULL             -- of the figure and its limit | none | forever | withhold | keep
        CHECK (unit IN ('seconds', 'count')),
    figure INTEGER NOT NULL,       -- what was measured | none | forever | withhold | keep
    figure_max INTEGER NOT NULL,   -- up to which figure it is kept | none | forever | withhold | keep
    evidence TEXT NOT NULL,        -- how, or why not; nothing about a person | none | forever | withhold | keep
    checked_at INTEGER NOT NULL,   -- when | none | forever | withhold | keep
    changed_at INTEGER NOT NULL    -- since when it has this state | none | forever | withhold | keep
) STRICT, WITHOUT ROWID;
