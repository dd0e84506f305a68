-- The schema that every case has unless it brings its own.
CREATE TABLE team (
    id         INTEGER PRIMARY KEY,    -- tells teams apart | none | forever | withhold | keep
    name       TEXT NOT NULL           -- what members call it | contract | account | export | delete
) STRICT;

CREATE TABLE vm (
    id         TEXT PRIMARY KEY,       -- names the VM to its host | none | forever | export | keep
    team_id    INTEGER NOT NULL REFERENCES team (id), -- whose it is | none | vm | export | delete
    name       TEXT NOT NULL,          -- what its owner calls it | contract | vm | export | delete
    note       TEXT,                   -- the owner's own words | consent | 30 days | export | delete
    memory_mb  INTEGER,                -- its size | contract | vm | export | delete
    picture    BLOB,                   -- last screen | contract | 10 minutes | withhold | delete
    created_at INTEGER NOT NULL,       -- to bill it | legal | 10 years | export | anonymise
    CHECK (name <> '' AND
        id <> ''),
    UNIQUE (team_id, name)
) STRICT;

CREATE INDEX vm_by_age ON vm (team_id, created_at);
