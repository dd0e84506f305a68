-- What a VM may reach, which its owner chooses. At each start the worker tells the hosts again.
ALTER TABLE vm ADD COLUMN internet TEXT NOT NULL DEFAULT 'on' -- which part of the internet it may reach: all, some names, nothing | contract | vm | export | delete
    CHECK (internet IN ('on', 'names', 'off'));
ALTER TABLE vm ADD COLUMN internet_names TEXT; -- the names that it may reach, with spaces between them; NULL: not chosen by name | contract | vm | export | delete
ALTER TABLE vm ADD COLUMN internet_pending INTEGER NOT NULL DEFAULT 1; -- 1: its host has not been told yet | contract | vm | withhold | delete
CREATE INDEX vm_internet ON vm(internet_pending) WHERE internet_pending = 1 AND gone_at IS NULL;
