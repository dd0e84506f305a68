-- Copies of their data that people have asked for: a ZIP file each in STATE/exports, made by the
-- worker (worker/export.c) and deleted after a day.
CREATE TABLE export (
    id TEXT PRIMARY KEY,           -- names the copy and its file | contract | 1 days | withhold | delete
    person_id INTEGER NOT NULL     -- whose data, and who may download it | contract | 1 days | withhold | delete
        REFERENCES person(id) ON DELETE CASCADE,
    state TEXT NOT NULL            -- how far it is | contract | 1 days | export | delete
        CHECK (state IN ('queued', 'running', 'ready', 'failed')),
    requested_at INTEGER NOT NULL, -- when it was requested | contract | 1 days | export | delete
    rows_written INTEGER NOT NULL  -- how many rows are in it so far | contract | 1 days | export | delete
        DEFAULT 0,
    file_bytes INTEGER,            -- size of the file | contract | 1 days | export | delete
    ready_at INTEGER,              -- when it was complete | contract | 1 days | export | delete
    expires_at INTEGER NOT NULL,   -- when it is deleted | contract | 1 days | export | delete
    downloads INTEGER NOT NULL     -- how often it was downloaded | contract | 1 days | export | delete
        DEFAULT 0,
    problem TEXT                   -- why it could not be made | contract | 1 days | withhold | delete
) STRICT, WITHOUT ROWID;
-- One at a time for each person.
CREATE UNIQUE INDEX export_under_way ON export(person_id) WHERE state IN ('queued', 'running');
CREATE INDEX export_by_person ON export(person_id, requested_at);
CREATE INDEX export_by_end ON export(expires_at);
