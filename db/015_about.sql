-- What the server measures of itself, for /about (worker/about.c).
CREATE TABLE about (
    id INTEGER PRIMARY KEY         -- there is one row | none | forever | withhold | keep
        CHECK (id = 1),
    started_at INTEGER NOT NULL,   -- when the server started | none | forever | withhold | keep
    measured_at INTEGER NOT NULL,  -- when the rest was measured; 0: not yet | none | forever | withhold | keep
    programs INTEGER NOT NULL,     -- running programs of the server, without VMs | none | forever | withhold | keep
    memory_kb INTEGER NOT NULL,    -- their private memory, together | none | forever | withhold | keep
    page_files INTEGER NOT NULL,   -- files of a first visit to the start page; 0: unknown | none | forever | withhold | keep
    page_bytes INTEGER NOT NULL    -- their size as sent | none | forever | withhold | keep
) STRICT;
