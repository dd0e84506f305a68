-- Policy texts as they were published: each version is immutable, signed, and in force from its day (worker/policy_publish.c).
CREATE TABLE policy_version (
    number INTEGER PRIMARY KEY,    -- counts the versions | none | forever | withhold | keep
    body TEXT NOT NULL,            -- its documents and facts as canonical JSON, which is what is signed | none | forever | withhold | keep
    content_hash BLOB NOT NULL,    -- SHA-256 of the documents and facts alone, to see whether they have changed | none | forever | withhold | keep
    hash BLOB NOT NULL,            -- SHA-256 of the body | none | forever | withhold | keep
    signature BLOB NOT NULL,       -- Ed25519, of the body | none | forever | withhold | keep
    key_id TEXT NOT NULL           -- which key has signed it | none | forever | withhold | keep
        REFERENCES signing_key(id),
    titles TEXT NOT NULL,          -- the documents that differ from the version before | none | forever | withhold | keep
    changes TEXT NOT NULL,         -- what it weakens, in sentences; empty: nothing | none | forever | withhold | keep
    announced_at INTEGER NOT NULL, -- when it was published | none | forever | withhold | keep
    effective_at INTEGER NOT NULL  -- from when it is in force | none | forever | withhold | keep
) STRICT;
CREATE INDEX policy_version_effective ON policy_version(effective_at, number);
CREATE INDEX policy_version_weaker ON policy_version(number) WHERE changes <> '';

-- What a version says that can be compared: periods, recipients, places, columns, sentences.
CREATE TABLE policy_fact (
    version INTEGER NOT NULL       -- of which version | none | forever | withhold | keep
        REFERENCES policy_version(number),
    name TEXT NOT NULL,            -- what is compared: log_days, recipient | none | forever | withhold | keep
    member TEXT NOT NULL,          -- one of several; empty: it is a number | none | forever | withhold | keep
    number INTEGER NOT NULL,       -- the number; 1 of a member | none | forever | withhold | keep
    PRIMARY KEY (version, name, member)
) STRICT, WITHOUT ROWID;

-- What is weaker than the policy in force and has not been announced, for the admin.
CREATE TABLE policy_unannounced (
    text TEXT PRIMARY KEY          -- a sentence | none | forever | withhold | keep
) STRICT, WITHOUT ROWID;

-- Public keys that this server has signed with.
CREATE TABLE signing_key (
    id TEXT PRIMARY KEY,           -- names it: the first bytes of its SHA-256 | none | forever | withhold | keep
    public_key BLOB NOT NULL,      -- Ed25519 | none | forever | withhold | keep
    since_at INTEGER NOT NULL      -- when it was first used | none | forever | withhold | keep
) STRICT, WITHOUT ROWID;

-- Who has agreed to which version, at sign-up, or acknowledged a change.
CREATE TABLE policy_ack (
    person_id INTEGER NOT NULL     -- who | contract | account | withhold | delete
        REFERENCES person(id) ON DELETE CASCADE,
    version INTEGER NOT NULL       -- to which version | contract | account | export | delete
        REFERENCES policy_version(number),
    at INTEGER NOT NULL,           -- when | contract | account | export | delete
    PRIMARY KEY (person_id, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE mail_new (
    id TEXT PRIMARY KEY,          -- used in its Message-ID | contract | 30 days | withhold | delete
    kind TEXT NOT NULL            -- subject or occasion | contract | 30 days | export | delete
        CHECK (kind IN ('signin_link', 'new_signin', 'payment_failed', 'suspended',
                        'vm_destroyed', 'promise_broken', 'policy_change')),
    to_email TEXT NOT NULL,       -- recipient, also to find it for support questions | contract | 30 days | export | delete
    once TEXT NOT NULL UNIQUE,    -- deduplication key: one mail per occasion | contract | 30 days | withhold | delete
    amount TEXT,                  -- money as written in it | contract | 2 days | export | delete
    vm_name TEXT,                 -- the VM that it is about | contract | 2 days | export | delete
    browser TEXT,                 -- browser family of a sign-in | contract | 2 days | export | delete
    promise TEXT,                 -- the promise that is no longer kept, or how promises change | contract | 2 days | export | delete
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
