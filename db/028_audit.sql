-- The activity becomes one history of all that happens in a team, and of what the operator does: what is over has a
-- place in a chain of hashes (model/audit.h).
CREATE TABLE activity_new (
    team_id INTEGER NOT NULL,          -- whose history; 0: the operator's | contract | account | withhold | delete
    owner_id INTEGER                   -- the same team, so that its rows go with it | none | account | withhold | delete
        AS (nullif(team_id, 0)) REFERENCES team(id) ON DELETE CASCADE,
    at_ms INTEGER NOT NULL,            -- when | contract | account | export | delete
    id TEXT NOT NULL,                  -- tiebreaker within one millisecond | contract | account | withhold | delete
    seq INTEGER,                       -- its place in the chain; NULL: it is not over | contract | account | export | delete
    action TEXT NOT NULL,              -- what happened, as a code: sign_in | contract | account | export | delete
    vm_id TEXT                         -- to which VM; NULL: to none | contract | vm | export | delete
        REFERENCES vm(id) ON DELETE CASCADE,
    object TEXT,                       -- id of what else it is about, or who | contract | account | export | delete
    what TEXT NOT NULL,                -- what happened, as text: "Started" | contract | account | export | delete
    detail TEXT,                       -- more of it, e.g. the cause | contract | account | export | delete
    actor TEXT NOT NULL                -- who did it | contract | account | export | delete
        CHECK (actor IN ('person', 'system', 'operator')),
    person_id INTEGER                  -- which person; NULL: none, or one who is erased | contract | account | withhold | anonymise
        REFERENCES person(id) ON DELETE SET NULL,
    salt BLOB,                         -- random, beside the person in their hash | contract | account | export | anonymise
    person_hash TEXT,                  -- what the chain holds of the person: SHA-256 of salt and id; says nothing once the salt is erased | contract | account | export | delete
    result TEXT NOT NULL               -- how it ended; open: it is not over | contract | account | export | delete
        CHECK (result IN ('open', 'done', 'failed', 'refused', 'dropped')),
    job_number INTEGER                 -- the job that it tells of; NULL: none | contract | vm | export | delete
        REFERENCES job(number) ON DELETE SET NULL,
    took_ms INTEGER,                   -- how long that took; NULL: it is not done | contract | vm | export | delete
    PRIMARY KEY (team_id, at_ms DESC, id)
) STRICT, WITHOUT ROWID;
INSERT INTO activity_new (team_id, at_ms, id, action, vm_id, what, detail, actor, person_id, result, job_number, took_ms)
SELECT a.team_id, a.at_ms, a.id, ifnull(j.kind, 'vm'), a.vm_id, a.what, a.detail,
       CASE WHEN a.person_id IS NULL THEN 'system' ELSE 'person' END, a.person_id,
       CASE WHEN j.state IN ('queued', 'running') THEN 'open'
            WHEN j.state IN ('failed', 'dropped') THEN j.state ELSE 'done' END, a.job_number, a.took_ms
FROM activity a LEFT JOIN job j ON j.number = a.job_number;
DROP TABLE activity;
ALTER TABLE activity_new RENAME TO activity;
CREATE INDEX activity_by_vm ON activity(vm_id, at_ms) WHERE vm_id IS NOT NULL;
CREATE UNIQUE INDEX activity_by_job ON activity(job_number) WHERE job_number IS NOT NULL;
CREATE INDEX activity_unchained ON activity(team_id, at_ms, id) WHERE seq IS NULL;
CREATE INDEX activity_by_person ON activity(person_id) WHERE person_id IS NOT NULL;

-- The chains of the activity: a place and a hash for each entry that is over, also when the entry itself is erased.
CREATE TABLE audit_link (
    team_id INTEGER NOT NULL,          -- whose chain; 0: the operator's | contract | account | withhold | delete
    owner_id INTEGER                   -- the same team, so that its rows go with it | none | account | withhold | delete
        AS (nullif(team_id, 0)) REFERENCES team(id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,              -- place in the chain, from 1 | contract | account | export | delete
    hash BLOB NOT NULL,                -- SHA-256 of the hash before and the entry | contract | account | export | delete
    at_ms INTEGER,                     -- which entry; NULL: it is erased | contract | account | withhold | delete
    id TEXT,                           -- the same | contract | account | withhold | delete
    PRIMARY KEY (team_id, seq)
) STRICT, WITHOUT ROWID;

-- The signed end of each chain, by day.
CREATE TABLE audit_head (
    team_id INTEGER NOT NULL,          -- whose chain; 0: the operator's | contract | account | withhold | delete
    owner_id INTEGER                   -- the same team, so that its rows go with it | none | account | withhold | delete
        AS (nullif(team_id, 0)) REFERENCES team(id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,              -- the last place | contract | account | export | delete
    hash BLOB NOT NULL,                -- the hash of that place | contract | account | export | delete
    at INTEGER NOT NULL,               -- when it was signed | contract | account | export | delete
    key_id TEXT NOT NULL               -- which key has signed it | contract | account | export | delete
        REFERENCES signing_key(id),
    signature BLOB NOT NULL,           -- Ed25519 of five netstrings: domicile-audit-head-1, number of the team, place, hash, time | contract | account | export | delete
    is_start INTEGER NOT NULL          -- 1: all before has been deleted by age, and the chain begins behind it | contract | account | export | delete
        DEFAULT 0,
    PRIMARY KEY (team_id, seq)
) STRICT, WITHOUT ROWID;

-- What is published of all signed ends, by day.
CREATE TABLE audit_publication (
    at INTEGER PRIMARY KEY,            -- when | none | forever | withhold | keep
    hash BLOB NOT NULL,                -- SHA-256 of the ends of all chains | none | forever | withhold | keep
    key_id TEXT NOT NULL               -- which key has signed it | none | forever | withhold | keep
        REFERENCES signing_key(id),
    signature BLOB NOT NULL            -- Ed25519 of three netstrings: domicile-audit-ends-1, hash, time | none | forever | withhold | keep
) STRICT;

-- Owners are told of each look at a console.
CREATE TABLE mail_new (
    id TEXT PRIMARY KEY,          -- used in its Message-ID | contract | 30 days | withhold | delete
    kind TEXT NOT NULL            -- subject or occasion | contract | 30 days | export | delete
        CHECK (kind IN ('signin_link', 'new_signin', 'payment_failed', 'suspended',
                        'vm_destroyed', 'promise_broken', 'policy_change', 'vm_look')),
    to_email TEXT NOT NULL,       -- recipient, also to find it for support questions | contract | 30 days | export | delete
    once TEXT NOT NULL UNIQUE,    -- deduplication key: one mail per occasion | contract | 30 days | withhold | delete
    amount TEXT,                  -- money as written in it | contract | 2 days | export | delete
    vm_name TEXT,                 -- the VM that it is about | contract | 2 days | export | delete
    browser TEXT,                 -- browser family of a sign-in | contract | 2 days | export | delete
    promise TEXT,                 -- the promise that is no longer kept, how promises change, or why the admin looks | contract | 2 days | export | delete
    url TEXT,                     -- the page that it leads to | contract | 2 days | export | delete
    happened_at INTEGER,          -- when the reported event happened | contract | 2 days | export | delete
    until_at INTEGER,             -- expiry or deadline stated in it | contract | 2 days | export | delete
    state TEXT NOT NULL           -- outcome; off: this server sends no mail | contract | 30 days | export | delete
        CHECK (state IN ('queued', 'sent', 'failed', 'off')),
    attempts INTEGER NOT NULL,    -- number of attempts | contract | 30 days | export | delete
    taken_at INTEGER,             -- when sending started | contract | 30 days | withhold | delete
    due_at INTEGER NOT NULL,      -- earliest attempt | contract | 30 days | withhold | delete
    created_at INTEGER NOT NULL,  -- when it was requested | contract | 30 days | export | delete
    sent_at INTEGER,              -- when the mail server accepted it | contract | 30 days | export | delete
    reason TEXT                   -- why the last attempt failed | contract | 30 days | withhold | delete
) STRICT, WITHOUT ROWID;
INSERT INTO mail_new (id, kind, to_email, once, amount, vm_name, browser, promise, url,
    happened_at, until_at, state, attempts, taken_at, due_at, created_at, sent_at, reason)
SELECT id, kind, to_email, once, amount, vm_name, browser, promise, url, happened_at, until_at,
    state, attempts, taken_at, due_at, created_at, sent_at, reason FROM mail;
DROP TABLE mail;
ALTER TABLE mail_new RENAME TO mail;
CREATE INDEX mail_due ON mail(due_at) WHERE state = 'queued';
CREATE INDEX mail_open ON mail(created_at) WHERE state IN ('queued', 'failed');
CREATE INDEX mail_by_address ON mail(to_email, created_at);
