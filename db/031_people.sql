-- People correct what is held, and ask for their rights by mail.

-- A person changes the e-mail address that they sign in with: what is waited for until the links in both
-- mailboxes were used (cgi/model/email_change.h).
CREATE TABLE email_change (
    person_id INTEGER PRIMARY KEY   -- whose address | contract | 1 days | withhold | delete
        REFERENCES person(id) ON DELETE CASCADE,
    id TEXT NOT NULL UNIQUE,        -- names it in the queue of mails | contract | 1 days | withhold | delete
    new_email TEXT NOT NULL,        -- the address that it is to become | contract | 1 days | export | delete
    new_hash BLOB UNIQUE,           -- SHA-256 of the secret in the link to that address | contract | 1 days | withhold | delete
    old_hash BLOB UNIQUE,           -- the same of the link to the present one | contract | 1 days | withhold | delete
    new_confirmed_at INTEGER,       -- when the link to the new address was used | contract | 1 days | export | delete
    old_confirmed_at INTEGER,       -- when the link to the present one was used | contract | 1 days | export | delete
    requested_at INTEGER NOT NULL,  -- when it was requested | contract | 1 days | export | delete
    expires_at INTEGER NOT NULL     -- until when the links may be used | contract | 1 days | export | delete
) STRICT;
CREATE INDEX email_change_by_end ON email_change(expires_at);

-- Requests about personal data (GDPR Art. 15 to 22) that did not come by the account page: the operator enters
-- them, with the day on which the answer is due (cgi/model/rights_request.h).
CREATE TABLE rights_request (
    number INTEGER PRIMARY KEY,    -- names it in mails | legal | 3 years | export | keep
    email TEXT,                    -- who asks; NULL: erased | legal | 3 years | export | delete
    kind TEXT NOT NULL             -- what is asked for | legal | 3 years | export | keep
        CHECK (kind IN ('copy', 'correction', 'restriction', 'objection', 'deletion', 'other')),
    received_at INTEGER NOT NULL,  -- start of the day on which it was received | legal | 3 years | export | keep
    due_at INTEGER NOT NULL,       -- last second in which it can be answered in time | legal | 3 years | export | keep
    extended_at INTEGER,           -- when two months were added | legal | 3 years | export | keep
    extended_why TEXT,             -- the reason that the person was told | legal | 3 years | export | delete
    ended_at INTEGER,              -- when it was answered | legal | 3 years | export | keep
    outcome TEXT                   -- whether it was done or refused | legal | 3 years | export | keep
        CHECK (outcome IN ('answered', 'refused')),
    outcome_why TEXT               -- how, or why not, as the person was told | legal | 3 years | export | delete
) STRICT;
CREATE INDEX rights_request_open ON rights_request(due_at) WHERE ended_at IS NULL;
CREATE INDEX rights_request_by_email ON rights_request(email);

-- The mails of both, and the one to the members of a team that is deleted.
CREATE TABLE mail_new (
    id TEXT PRIMARY KEY,          -- used in its Message-ID | contract | 30 days | withhold | delete
    kind TEXT NOT NULL            -- subject or occasion | contract | 30 days | export | delete
        CHECK (kind IN ('signin_link', 'new_signin', 'payment_failed', 'suspended',
                        'vm_destroyed', 'promise_broken', 'policy_change', 'vm_look',
                        'email_confirm', 'email_approve', 'email_taken', 'email_changed',
                        'email_former', 'request_extended', 'request_answered', 'request_refused',
                        'team_deletion', 'vm_disk_look')),
    to_email TEXT NOT NULL,       -- recipient, also to find it for support questions | contract | 30 days | export | delete
    once TEXT NOT NULL UNIQUE,    -- deduplication key: one mail per occasion | contract | 30 days | withhold | delete
    amount TEXT,                  -- money as written in it | contract | 2 days | export | delete
    vm_name TEXT,                 -- the VM that it is about | contract | 2 days | export | delete
    browser TEXT,                 -- browser family of a sign-in | contract | 2 days | export | delete
    promise TEXT,                 -- the promise that is no longer kept, how promises change, why the admin looks, or the team that is deleted | contract | 2 days | export | delete
    url TEXT,                     -- the page that it leads to | contract | 2 days | export | delete
    note TEXT,                    -- what the operator writes in it | contract | 2 days | export | delete
    request_number INTEGER,       -- the request about personal data that it is about | contract | 2 days | export | delete
    change_id TEXT,               -- the change of an address that its link is for | contract | 2 days | withhold | delete
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
