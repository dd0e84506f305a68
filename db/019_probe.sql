-- The guest that measures isolation from inside (worker/probe.c): a row for as long as one may be on
-- a host. It belongs to nobody and is no VM.
CREATE TABLE probe (
    region TEXT PRIMARY KEY,     -- where it runs | none | forever | withhold | keep
    ssh_port INTEGER,            -- its port, which no VM gets; NULL: none yet | none | forever | withhold | keep
    started_at INTEGER NOT NULL  -- when it was started | none | forever | withhold | keep
) STRICT, WITHOUT ROWID;
