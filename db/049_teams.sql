-- Teams of several people: who may look alone, and invites. The mails are in the next migration.
CREATE TABLE membership_new (
    team_id INTEGER NOT NULL               -- which team | contract | account | withhold | delete
        REFERENCES team(id) ON DELETE CASCADE,
    person_id INTEGER NOT NULL             -- which person | contract | account | withhold | delete
        REFERENCES person(id) ON DELETE CASCADE,
    role TEXT NOT NULL                     -- what the person may do in the team | contract | account | export | delete
        CHECK (role IN ('viewer', 'member', 'owner')),
    created_at INTEGER NOT NULL,           -- when they joined | contract | account | export | delete
    workos_membership_id TEXT,             -- the corresponding WorkOS membership | contract | account | withhold | delete
    PRIMARY KEY (team_id, person_id)
) STRICT, WITHOUT ROWID;
INSERT INTO membership_new (team_id, person_id, role, created_at, workos_membership_id)
SELECT team_id, person_id, role, created_at, workos_membership_id FROM membership;
DROP TABLE membership;
ALTER TABLE membership_new RENAME TO membership;
CREATE INDEX membership_by_person ON membership(person_id);
CREATE UNIQUE INDEX membership_by_workos ON membership(workos_membership_id) WHERE workos_membership_id IS NOT NULL;

-- An invite into a team: by mail to an address, which alone may use it, or by a link that an owner passes on. Rows stay
-- for the whole term, whatever became of them: the limits are counted in them.
CREATE TABLE invite (
    id TEXT PRIMARY KEY,          -- names it on the team's page, in its mail and in the activity | contract | 7 days | export | delete
    team_id INTEGER NOT NULL      -- into which team | contract | 7 days | withhold | delete
        REFERENCES team(id) ON DELETE CASCADE,
    person_id INTEGER NOT NULL    -- who invites | contract | 7 days | withhold | delete
        REFERENCES person(id) ON DELETE CASCADE,
    email TEXT,                   -- whom: who has this address, and may have no account; NULL: whoever has the link | interest | 7 days | export | delete
    role TEXT NOT NULL            -- what they will be in the team | contract | 7 days | export | delete
        CHECK (role IN ('viewer', 'member')),
    token_hash BLOB UNIQUE,       -- SHA-256 of the link's secret, to verify it; NULL: its mail was not sent yet | contract | 7 days | withhold | delete
    state TEXT NOT NULL           -- what became of it | contract | 7 days | export | delete
        CHECK (state IN ('open', 'accepted', 'revoked')),
    signin_mails INTEGER NOT NULL DEFAULT 0, -- how many sign-in links people without an account requested with it | contract | 7 days | withhold | delete
    created_at INTEGER NOT NULL,  -- when it was made | contract | 7 days | export | delete
    expires_at INTEGER NOT NULL   -- until when it can be used | contract | 7 days | export | delete
) STRICT, WITHOUT ROWID;
CREATE INDEX invite_by_team ON invite(team_id, created_at);
CREATE INDEX invite_by_person ON invite(person_id, created_at);
CREATE INDEX invite_by_address ON invite(email, created_at) WHERE email IS NOT NULL;
CREATE INDEX invite_by_time ON invite(created_at);

ALTER TABLE session ADD COLUMN invite_hash BLOB; -- SHA-256 of the secret of the invite whose link was opened, until it is accepted | contract | session | withhold | delete
