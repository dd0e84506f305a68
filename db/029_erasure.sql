-- Deletion of accounts and teams as a sequence of steps (cgi/worker/erasure.c), and receipts that are
-- signed and chained (cgi/worker/receipt_sign.c).

CREATE TABLE erasure (
    id TEXT PRIMARY KEY,           -- names it on its receipt and in the log | legal | 7 years | withhold | keep
    address_hash BLOB NOT NULL UNIQUE, -- SHA-256 of the secret in the address of its page | legal | 7 years | withhold | keep
    person_id INTEGER UNIQUE       -- whose account; NULL: a team alone, or erased by now | contract | account | withhold | delete
        REFERENCES person(id) ON DELETE SET NULL,
    requested_by TEXT NOT NULL     -- whether the person, the operator or the identity provider has closed it | legal | 7 years | withhold | keep
        CHECK (requested_by IN ('person', 'operator', 'identity')),
    requested_at INTEGER NOT NULL, -- when | legal | 7 years | withhold | keep
    due_at INTEGER NOT NULL,       -- until when it can be undone | legal | 7 years | withhold | keep
    state TEXT NOT NULL            -- whether it can be undone, is under way or has ended | legal | 7 years | withhold | keep
        CHECK (state IN ('waiting', 'running', 'done')),
    ended_at INTEGER,              -- when it ended | legal | 7 years | withhold | keep
    salt BLOB                      -- of its erasure_print; NULL: the search has not begun, or is over | legal | 1 days | withhold | keep
) STRICT, WITHOUT ROWID;
CREATE INDEX erasure_open ON erasure(due_at) WHERE state <> 'done';

CREATE TABLE erasure_step (
    erasure_id TEXT NOT NULL       -- of which sequence | legal | 7 years | withhold | keep
        REFERENCES erasure(id) ON DELETE CASCADE,
    position INTEGER NOT NULL,     -- order of the steps, from 0 | legal | 7 years | withhold | keep
    name TEXT NOT NULL             -- what is done | legal | 7 years | withhold | keep
        CHECK (name IN ('billing', 'vms', 'access', 'services', 'rows', 'log', 'search', 'receipt')),
    state TEXT NOT NULL            -- whether it is done, or its last attempt has failed | legal | 7 years | withhold | keep
        CHECK (state IN ('waiting', 'failed', 'done')),
    attempts INTEGER NOT NULL,     -- number of attempts | legal | 7 years | withhold | keep
    at INTEGER,                    -- of the last one | legal | 7 years | withhold | keep
    answer TEXT,                   -- what the system that it asked has answered | legal | 7 years | withhold | keep
    PRIMARY KEY (erasure_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE erasure_team (
    erasure_id TEXT NOT NULL       -- of which sequence | contract | account | withhold | delete
        REFERENCES erasure(id) ON DELETE CASCADE,
    team_id INTEGER NOT NULL       -- a team that is deleted with it | contract | account | withhold | delete
        REFERENCES team(id) ON DELETE CASCADE,
    PRIMARY KEY (erasure_id, team_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX erasure_team_by_team ON erasure_team(team_id);

-- What the search looks for: no text, but what recognizes it (cgi/model/byte_print.h).
CREATE TABLE erasure_print (
    erasure_id TEXT NOT NULL       -- of which sequence | legal | 1 days | withhold | keep
        REFERENCES erasure(id) ON DELETE CASCADE,
    head INTEGER NOT NULL,         -- salted 32 bits of its first 8 bytes | legal | 1 days | withhold | keep
    length INTEGER NOT NULL,       -- its length in bytes | legal | 1 days | withhold | keep
    hash BLOB NOT NULL,            -- salted SHA-256 of it | legal | 1 days | withhold | keep
    PRIMARY KEY (erasure_id, hash)
) STRICT, WITHOUT ROWID;

-- What the law keeps of the teams, as the receipt says.
CREATE TABLE erasure_rest (
    erasure_id TEXT NOT NULL       -- of which sequence | legal | 7 years | withhold | keep
        REFERENCES erasure(id) ON DELETE CASCADE,
    what TEXT NOT NULL             -- kind of record | legal | 7 years | withhold | keep
        CHECK (what IN ('usage', 'invoices', 'receipts', 'subscriptions', 'reports')),
    total INTEGER NOT NULL,        -- how many | legal | 7 years | withhold | keep
    until_at INTEGER NOT NULL,     -- when the last of them is deleted | legal | 7 years | withhold | keep
    PRIMARY KEY (erasure_id, what)
) STRICT, WITHOUT ROWID;

CREATE TABLE signed_receipt (
    number INTEGER PRIMARY KEY,    -- counts them | legal | 7 years | withhold | keep
    kind TEXT NOT NULL             -- of a destroyed VM or a deleted account | legal | 7 years | withhold | keep
        CHECK (kind IN ('vm', 'account')),
    subject_id TEXT NOT NULL UNIQUE, -- id of the VM or of the erasure | legal | 7 years | withhold | keep
    team_id INTEGER,               -- whose VM it was; NULL: of an account | legal | 7 years | withhold | keep
    body TEXT NOT NULL,            -- JSON with the hash of the receipt before it, which is what is signed | legal | 7 years | export | keep
    hash BLOB NOT NULL,            -- SHA-256 of the body | legal | 7 years | withhold | keep
    signature BLOB NOT NULL,       -- Ed25519, of the body | legal | 7 years | withhold | keep
    key_id TEXT NOT NULL           -- which key has signed it | legal | 7 years | withhold | keep
        REFERENCES signing_key(id),
    created_at INTEGER NOT NULL    -- when it was signed | legal | 7 years | withhold | keep
) STRICT;
CREATE INDEX signed_receipt_by_team ON signed_receipt(team_id);

-- Accounts and teams that are closed already: a person's and its team's are one.
INSERT INTO erasure_team
SELECT replace(replace(replace(replace(lower(hex(randomblob(8))), '0', 'g'), '1', 'h'), '8', 'i'),
    '9', 'j'), id FROM team WHERE closed_at IS NOT NULL;
INSERT INTO erasure (id, address_hash, person_id, requested_by, requested_at, due_at, state)
SELECT e.erasure_id, randomblob(32), t.personal_of, 'identity', t.closed_at, t.closed_at + 2592000,
    'waiting' FROM erasure_team e JOIN team t ON t.id = e.team_id;
INSERT INTO erasure_step (erasure_id, position, name, state, attempts)
SELECT e.id, s.key, s.value, 'waiting', 0 FROM erasure e, json_each('["billing", "vms", "access",
    "services", "rows", "log", "search", "receipt"]') s;
