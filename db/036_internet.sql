-- Whether guests reach the internet is a fact of their host, which the worker observes.
ALTER TABLE region_status ADD COLUMN internet INTEGER NOT NULL DEFAULT 0; -- 1: its guests reach the internet | none | forever | withhold | keep
