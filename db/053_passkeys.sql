-- Passkeys: public keys that people sign in with instead of a link (WebAuthn).
CREATE TABLE passkey (
    id TEXT PRIMARY KEY,             -- names it in addresses of pages | contract | account | export | delete
    person_id INTEGER NOT NULL       -- whose it is | contract | account | withhold | delete
        REFERENCES person(id) ON DELETE CASCADE,
    credential_id BLOB NOT NULL UNIQUE, -- by which the device names it; of no use to its owner | contract | account | withhold | delete
    algorithm INTEGER NOT NULL       -- of its key, as COSE numbers it | contract | account | withhold | delete
        CHECK (algorithm IN (-7, -8, -257)),
    public_key BLOB NOT NULL,        -- verifies what the device signs; its private half never leaves the device or its keychain | contract | account | withhold | delete
    sign_count INTEGER NOT NULL,     -- how often the device says that it has signed, to notice a copy of it | contract | account | withhold | delete
    name TEXT NOT NULL,              -- what its owner calls it | contract | account | export | delete
    created_at INTEGER NOT NULL,     -- when it was added | contract | account | export | delete
    used_at INTEGER                  -- when it was used last | contract | account | export | delete
) STRICT, WITHOUT ROWID;
CREATE INDEX passkey_by_person ON passkey(person_id, created_at);

-- What a device was given to sign is accepted once; until it would be too old, it is known that it was.
CREATE TABLE passkey_challenge (
    hash BLOB PRIMARY KEY,           -- SHA-256 of random bytes that a device has signed, so that they are accepted once | none | 1 days | withhold | keep
    expires_at INTEGER NOT NULL      -- when they are too old anyway | none | 1 days | withhold | keep
) STRICT, WITHOUT ROWID;
CREATE INDEX passkey_challenge_by_time ON passkey_challenge(expires_at);

-- Mails about passkeys, and about requests for access.
CREATE TABLE mail_new (
    id TEXT PRIMARY KEY,          -- used in its Message-ID | contract | 30 days | withhold | delete
    kind TEXT NOT NULL            -- subject or occasion | contract | 30 days | export | delete
        CHECK (kind IN ('signin_link', 'new_signin', 'payment_failed', 'suspended',
                        'vm_destroyed', 'promise_broken', 'policy_change', 'vm_look',
                        'email_confirm', 'email_approve', 'email_taken', 'email_changed',
                        'email_former', 'request_extended', 'request_answered', 'request_refused',
                        'team_deletion', 'vm_disk_look', 'account_deletion', 'account_closed',
                        'team_closed', 'vm_stops_soon', 'vm_ends_soon', 'account_kept', 'team_kept',
                        'invited', 'role_changed', 'member_removed', 'passkey_added',
                        'passkey_removed', 'passkey_refused', 'access_requested')),
    to_email TEXT NOT NULL,       -- recipient, also to find it for support questions | contract | 30 days | export | delete
    once TEXT NOT NULL UNIQUE,    -- deduplication key: one mail per occasion | contract | 30 days | withhold | delete
    amount TEXT,                  -- money as written in it | contract | 2 days | export | delete
    vm_name TEXT,                 -- the VM that it is about | contract | 2 days | export | delete
    browser TEXT,                 -- browser family of a sign-in | contract | 2 days | export | delete
    promise TEXT,                 -- the promise that is no longer kept, how promises change, why the admin looks, the team that it is about, the name of a passkey, who asks for access, or what was requested | contract | 2 days | export | delete
    url TEXT,                     -- the page that it leads to; of a deletion, its secret address | contract | 2 days | export | delete
    note TEXT,                    -- what the operator writes in it, who has closed the account, who invites and as what, or why somebody asks for access | contract | 2 days | export | delete
    request_number INTEGER,       -- the request about personal data that it is about | contract | 2 days | export | delete
    change_id TEXT,               -- the change of an address, or the invite, that its link is for | contract | 2 days | withhold | delete
    happened_at INTEGER,          -- when the reported event happened | contract | 2 days | export | delete
    until_at INTEGER,             -- expiry or deadline stated in it | contract | 2 days | export | delete
    state TEXT NOT NULL           -- outcome; off: this server sends no mail | contract | 30 days | export | delete
        CHECK (state IN ('queued', 'sent', 'failed', 'off')),
    attempts INTEGER NOT NULL,    -- number of attempts | contract | 30 days | export | delete
    taken_at INTEGER,             -- when sending started | contract | 30 days | withhold | delete
    due_at INTEGER NOT NULL,      -- earliest attempt | contract | 30 days | withhold | delete
    created_at INTEGER NOT NULL,  -- when it was requested | contract | 30 days | export | delete
    sent_at INTEGER,              -- when the mail server accepted it | contract | 30 days | export | delete
    reason TEXT,                  -- why the last attempt failed | contract | 30 days | withhold | delete
    is_transient INTEGER NOT NULL DEFAULT 0 -- whether this row is deleted once it was sent or has failed | contract | 30 days | withhold | delete
) STRICT, WITHOUT ROWID;
INSERT INTO mail_new (id, kind, to_email, once, amount, vm_name, browser, promise, url, note, request_number,
    change_id, happened_at, until_at, state, attempts, taken_at, due_at, created_at, sent_at, reason, is_transient)
SELECT id, kind, to_email, once, amount, vm_name, browser, promise, url, note, request_number,
    change_id, happened_at, until_at, state, attempts, taken_at, due_at, created_at, sent_at, reason, is_transient
FROM mail;
DROP TABLE mail;
ALTER TABLE mail_new RENAME TO mail;
CREATE INDEX mail_due ON mail(due_at) WHERE state = 'queued';
CREATE INDEX mail_open ON mail(created_at) WHERE state IN ('queued', 'failed');
CREATE INDEX mail_by_address ON mail(to_email, created_at);
CREATE INDEX mail_by_change ON mail(change_id) WHERE change_id IS NOT NULL;
