-- What remains of the logs where the profile has it: counts of at least ten teams each, or of ten requests of visitors
-- (worker/log_count.c). Nothing in them is about a person.
CREATE TABLE request_count (
    day_at INTEGER NOT NULL,       -- the day (UTC) | none | forever | withhold | keep
    from_at INTEGER NOT NULL,      -- the first day of the count, if earlier days had too few | none | forever | withhold | keep
    who TEXT NOT NULL              -- signed in, or not | none | forever | withhold | keep
        CHECK (who IN ('teams', 'visitors')),
    program TEXT NOT NULL,         -- program of this server; empty: several | none | forever | withhold | keep
    route TEXT NOT NULL,           -- kind of page or command, without ids; empty: several | none | forever | withhold | keep
    status_class INTEGER NOT NULL, -- first digit of the answer; 0: several | none | forever | withhold | keep
    requests INTEGER NOT NULL,     -- how many | none | forever | withhold | keep
    took_ms INTEGER NOT NULL,      -- how long they took together | none | forever | withhold | keep
    crowd INTEGER NOT NULL,        -- of at least so many teams; of visitors, each request counts | none | forever | withhold | keep
    PRIMARY KEY (day_at, who, program, route, status_class)
) STRICT, WITHOUT ROWID;

-- Which days of the logs have been counted.
CREATE TABLE log_day (
    day_at INTEGER NOT NULL,       -- the day (UTC) | none | forever | withhold | keep
    who TEXT NOT NULL              -- signed in, or not | none | forever | withhold | keep
        CHECK (who IN ('teams', 'visitors')),
    state TEXT NOT NULL            -- counted, too few until now, or not counted | none | forever | withhold | keep
        CHECK (state IN ('counted', 'pending', 'lost')),
    PRIMARY KEY (day_at, who)
) STRICT, WITHOUT ROWID;

-- From which other sites visitors came, where the profile has it.
CREATE TABLE source_count (
    day_at INTEGER NOT NULL,       -- the day (UTC) | none | forever | withhold | keep
    host TEXT NOT NULL,            -- of the other site; empty: several | none | forever | withhold | keep
    visits INTEGER NOT NULL,       -- how often somebody came from there | none | forever | withhold | keep
    PRIMARY KEY (day_at, host)
) STRICT, WITHOUT ROWID;

ALTER TABLE person ADD COLUMN is_uncounted INTEGER NOT NULL DEFAULT 0 -- whether they opted out of statistics | contract | account | export | delete
    CHECK (is_uncounted IN (0, 1));
