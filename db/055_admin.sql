-- What the admin does about people and teams: suspensions, quotas, invites of new people, announcements. The mails are in
-- the next migration.
ALTER TABLE person ADD COLUMN suspended_at INTEGER; -- since when the admin has the account suspended | interest | account | export | delete
ALTER TABLE person ADD COLUMN suspended_reason TEXT; -- why, as the person reads it; deleted when the suspension ends | interest | account | export | delete
ALTER TABLE person ADD COLUMN signed_in_at INTEGER; -- when they last signed in | interest | account | export | delete
UPDATE person SET signed_in_at = (SELECT max(created_at) FROM session WHERE session.person_id = person.id);
UPDATE person SET signed_in_at = created_at WHERE signed_in_at IS NULL AND identity LIKE 'local:%';
ALTER TABLE team ADD COLUMN suspended_at INTEGER; -- since when the admin has the team suspended | interest | account | export | delete
ALTER TABLE team ADD COLUMN suspended_reason TEXT; -- why, as its people read it; deleted when the suspension ends | interest | account | export | delete
ALTER TABLE team ADD COLUMN quota_vms INTEGER; -- how many VMs it may have; NULL: the server's default | contract | account | export | delete
ALTER TABLE team ADD COLUMN quota_vcpus INTEGER; -- how many vCPUs they may have together; the same | contract | account | export | delete
ALTER TABLE team ADD COLUMN quota_memory_mb INTEGER; -- how much memory; the same | contract | account | export | delete
ALTER TABLE team ADD COLUMN quota_disk_gb INTEGER; -- how much disk, with snapshots; the same | contract | account | export | delete

-- An invite of the admin leads into no team: whom it is for gets their own.
CREATE TABLE invite_new (
    id TEXT PRIMARY KEY,          -- names it on the team's page, in its mail and in the activity | contract | 7 days | export | delete
    team_id INTEGER               -- into which team; NULL: into none, an account | contract | 7 days | withhold | delete
        REFERENCES team(id) ON DELETE CASCADE,
    person_id INTEGER NOT NULL    -- who invites | contract | 7 days | withhold | delete
        REFERENCES person(id) ON DELETE CASCADE,
    email TEXT,                   -- whom: who has this address, and may have no account; NULL: whoever has the link | interest | 7 days | export | delete
    role TEXT NOT NULL            -- what they will be in the team, or in their own | contract | 7 days | export | delete
        CHECK (role IN ('viewer', 'member', 'owner')),
    token_hash BLOB UNIQUE,       -- SHA-256 of the link's secret, to verify it; NULL: its mail was not sent yet | contract | 7 days | withhold | delete
    state TEXT NOT NULL           -- what became of it | contract | 7 days | export | delete
        CHECK (state IN ('open', 'accepted', 'revoked')),
    signin_mails INTEGER NOT NULL DEFAULT 0, -- how many sign-in links people without an account requested with it | contract | 7 days | withhold | delete
    created_at INTEGER NOT NULL,  -- when it was made | contract | 7 days | export | delete
    expires_at INTEGER NOT NULL,  -- until when it can be used | contract | 7 days | export | delete
    CHECK ((team_id IS NULL) = (role = 'owner')),
    CHECK (team_id IS NOT NULL OR email IS NOT NULL)
) STRICT, WITHOUT ROWID;
INSERT INTO invite_new (id, team_id, person_id, email, role, token_hash, state, signin_mails, created_at, expires_at)
SELECT id, team_id, person_id, email, role, token_hash, state, signin_mails, created_at, expires_at FROM invite;
DROP TABLE invite;
ALTER TABLE invite_new RENAME TO invite;
CREATE INDEX invite_by_team ON invite(team_id, created_at);
CREATE INDEX invite_by_person ON invite(person_id, created_at);
CREATE INDEX invite_by_address ON invite(email, created_at) WHERE email IS NOT NULL;
CREATE INDEX invite_by_time ON invite(created_at);

-- What the admin tells everybody, on their pages and on the status page.
CREATE TABLE announcement (
    id INTEGER PRIMARY KEY,       -- names it | none | forever | withhold | keep
    text TEXT NOT NULL,           -- what it says | none | forever | withhold | keep
    level TEXT NOT NULL           -- whether it is a warning | none | forever | withhold | keep
        CHECK (level IN ('info', 'warning')),
    from_at INTEGER NOT NULL,     -- from when it is shown | none | forever | withhold | keep
    until_at INTEGER NOT NULL,    -- until when | none | forever | withhold | keep
    created_at INTEGER NOT NULL   -- when it was written | none | forever | withhold | keep
) STRICT;
CREATE INDEX announcement_by_end ON announcement(until_at);

-- Who no longer wants to see which announcement.
CREATE TABLE announcement_seen (
    person_id INTEGER NOT NULL    -- who | contract | account | withhold | delete
        REFERENCES person(id) ON DELETE CASCADE,
    announcement_id INTEGER NOT NULL -- which | contract | account | export | delete
        REFERENCES announcement(id) ON DELETE CASCADE,
    PRIMARY KEY (person_id, announcement_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX announcement_seen_by_announcement ON announcement_seen(announcement_id);
