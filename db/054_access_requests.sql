-- Strangers who ask for an account, where the configuration lets them (access_requests = on), until the admin answers.
CREATE TABLE access_request (
    id TEXT PRIMARY KEY,          -- names it on the admin's page | contract | 30 days | withhold | delete
    email TEXT NOT NULL UNIQUE,   -- who asks, and gets the invite | contract | 30 days | export | delete
    note TEXT NOT NULL,           -- why, in their own words | contract | 30 days | export | delete
    since_at INTEGER NOT NULL     -- when they asked | contract | 30 days | export | delete
) STRICT, WITHOUT ROWID;
CREATE INDEX access_request_by_time ON access_request(since_at);
