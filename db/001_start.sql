-- The first schema. Each column says, in a comment that sqlc reads:
--   why it is held | legal basis | how long | export or withhold | what erasure does
-- Times are UTC seconds (..._at) or milliseconds (..._at_ms). Ids are 16 characters of [a-z2-7].

CREATE TABLE person (
    id INTEGER PRIMARY KEY,        -- number of the person, which hashes in the activity are made of | contract | account | export | delete
    identity TEXT NOT NULL UNIQUE, -- sign-in identity: "local:EMAIL" or "workos:USER_ID" | contract | account | export | delete
    email TEXT NOT NULL,           -- to show who is signed in and to write to them | contract | account | export | delete
    name TEXT NOT NULL,            -- display name | contract | account | export | delete
    created_at INTEGER NOT NULL    -- when the account was created | contract | account | export | delete
) STRICT;

-- Every resource belongs to a team. Each person has a personal one from the first sign-in.
CREATE TABLE team (
    id INTEGER PRIMARY KEY,                -- number of the team, which hashes and signatures of its activity name | contract | account | export | delete
    name TEXT NOT NULL,                    -- display name | contract | account | export | delete
    personal_of INTEGER UNIQUE             -- whose personal team it is | contract | account | withhold | delete
        REFERENCES person(id) ON DELETE CASCADE,
    workos_organization_id TEXT UNIQUE,    -- the WorkOS organisation synced to this team | contract | account | export | delete
    created_at INTEGER NOT NULL            -- when the team was created | contract | account | export | delete
) STRICT;

CREATE TABLE membership (
    team_id INTEGER NOT NULL               -- which team | contract | account | withhold | delete
        REFERENCES team(id) ON DELETE CASCADE,
    person_id INTEGER NOT NULL             -- which person | contract | account | withhold | delete
        REFERENCES person(id) ON DELETE CASCADE,
    role TEXT NOT NULL                     -- what the person may do in the team | contract | account | export | delete
        CHECK (role IN ('member', 'owner')),
    created_at INTEGER NOT NULL,           -- when they joined | contract | account | export | delete
    PRIMARY KEY (team_id, person_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX membership_by_person ON membership(person_id);

-- A single-use sign-in link of the "local" identity.
CREATE TABLE signin_link (
    token_hash BLOB PRIMARY KEY,  -- SHA-256 of the link's secret, to verify it | contract | 1 days | withhold | delete
    email TEXT NOT NULL,          -- who it was created for | contract | 1 days | withhold | delete
    created_at INTEGER NOT NULL,  -- when it was created | contract | 1 days | withhold | delete
    expires_at INTEGER NOT NULL,  -- until when it may be used | contract | 1 days | withhold | delete
    used_at INTEGER               -- when it was used, so that a second use can be explained | contract | 1 days | withhold | delete
) STRICT, WITHOUT ROWID;

-- A browser: signed in (person_id set), or on its way through sign-in (person_id NULL).
CREATE TABLE session (
    id_hash BLOB PRIMARY KEY,         -- SHA-256 of the cookie's value | contract | session | withhold | delete
    handle TEXT NOT NULL UNIQUE,      -- names the session on the account page | contract | session | withhold | delete
    person_id INTEGER                 -- who is signed in | contract | session | withhold | delete
        REFERENCES person(id) ON DELETE CASCADE,
    current_team_id INTEGER           -- the team whose resources the pages show | contract | session | withhold | delete
        REFERENCES team(id) ON DELETE CASCADE,
    csrf_secret BLOB NOT NULL,        -- secret for CSRF tokens | contract | session | withhold | delete
    browser TEXT NOT NULL,            -- browser family, to tell sessions apart | contract | session | export | delete
    created_at INTEGER NOT NULL,      -- when the browser signed in | contract | session | export | delete
    seen_at INTEGER NOT NULL,         -- last use, to the minute | contract | session | export | delete
    idle_at INTEGER NOT NULL,         -- expiry if idle | contract | session | withhold | delete
    expires_at INTEGER NOT NULL,      -- absolute expiry | contract | session | withhold | delete
    notice TEXT,                      -- one line for the next page, e.g. "Key added" | contract | session | withhold | delete
    workos_session_id TEXT,           -- to end the session at WorkOS as well | contract | session | withhold | delete
    workos_state_hash BLOB,           -- SHA-256 of the OAuth state of the sign-in under way | contract | 10 minutes | withhold | delete
    workos_verifier TEXT,             -- PKCE verifier of the sign-in under way | contract | 10 minutes | withhold | delete
    return_path TEXT                  -- local page to show after sign-in | contract | 10 minutes | withhold | delete
) STRICT, WITHOUT ROWID;
CREATE INDEX session_by_person ON session(person_id, created_at);
CREATE INDEX session_by_end ON session(expires_at);

CREATE TABLE ssh_key (
    team_id INTEGER NOT NULL           -- whose key it is | contract | account | withhold | delete
        REFERENCES team(id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,       -- when it was added | contract | account | export | delete
    id TEXT NOT NULL UNIQUE,           -- names the key in links | contract | account | export | delete
    person_id INTEGER                  -- who added it | contract | account | withhold | delete
        REFERENCES person(id) ON DELETE SET NULL,
    name TEXT NOT NULL,                -- name given by the team | contract | account | export | delete
    type TEXT NOT NULL,                -- algorithm and size, to show | contract | account | export | delete
    fingerprint TEXT NOT NULL,         -- SHA256:..., to compare with ssh-add -l | contract | account | export | delete
    comment TEXT NOT NULL,             -- comment of the key, to show | contract | account | export | delete
    public_line TEXT NOT NULL,         -- line installed in the VM | contract | account | export | delete
    PRIMARY KEY (team_id, created_at DESC, id),
    UNIQUE (team_id, fingerprint)
) STRICT, WITHOUT ROWID;

-- Desired state, last observed state, and the progress of reconciling the two.
CREATE TABLE vm (
    team_id INTEGER NOT NULL           -- whose VM it is | contract | vm | withhold | delete
        REFERENCES team(id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,       -- when it was requested | contract | vm | export | delete
    id TEXT NOT NULL UNIQUE,           -- names it in links and on the host | contract | vm | export | delete
    person_id INTEGER                  -- who requested it | contract | vm | withhold | delete
        REFERENCES person(id) ON DELETE SET NULL,
    name TEXT NOT NULL,                -- name given by the team, also its host name | contract | vm | export | delete
    region TEXT NOT NULL,              -- where it runs | contract | vm | export | delete
    image TEXT NOT NULL,               -- image it was created from | contract | vm | export | delete
    size TEXT NOT NULL,                -- entry of the price list | contract | vm | export | delete
    vcpus INTEGER NOT NULL,            -- its size, counted in the quota | contract | vm | export | delete
    memory_mb INTEGER NOT NULL,        -- its size, counted in the quota | contract | vm | export | delete
    disk_gb INTEGER NOT NULL,          -- its size, counted in the quota | contract | vm | export | delete
    price_millicents INTEGER NOT NULL, -- price of a running hour as agreed, in 1/1000 cent | contract | vm | export | delete
    wanted TEXT NOT NULL               -- desired state | contract | vm | export | delete
        CHECK (wanted IN ('running', 'stopped', 'gone')),
    wanted_at INTEGER NOT NULL,        -- when the desired state was set | contract | vm | export | delete
    state TEXT NOT NULL,               -- what the pages show | contract | vm | export | delete
    state_at INTEGER NOT NULL,         -- since when | contract | vm | export | delete
    observed TEXT NOT NULL             -- last state observed on the host | contract | vm | export | delete
        CHECK (observed IN ('absent', 'stopped', 'running', 'paused')),
    observed_at INTEGER NOT NULL,      -- when it was observed | contract | vm | export | delete
    silent_at INTEGER,                 -- since when the running guest has not responded | contract | vm | export | delete
    ssh_port INTEGER,                  -- host port forwarded to its SSH | contract | vm | export | delete
    host_key_public TEXT,              -- for the known_hosts line | contract | vm | export | delete
    host_key_fingerprint TEXT,         -- to compare at the first login | contract | vm | export | delete
    source_vm_id TEXT,                 -- the VM whose snapshot it was cloned from | contract | vm | export | delete
    source_snapshot_id TEXT,           -- that snapshot | contract | vm | export | delete
    last_error TEXT,                   -- why the last operation failed | contract | vm | export | delete
    gone_at INTEGER,                   -- when it was completely destroyed | contract | vm | export | delete
    PRIMARY KEY (team_id, created_at DESC, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX vm_by_name ON vm(team_id, name) WHERE gone_at IS NULL;
CREATE UNIQUE INDEX vm_by_port ON vm(region, ssh_port) WHERE gone_at IS NULL AND ssh_port IS NOT NULL;
CREATE INDEX vm_alive ON vm(region, id) WHERE gone_at IS NULL;

-- Which keys a VM was made with. They stay in the VM when a key is removed from the team.
CREATE TABLE vm_key (
    team_id INTEGER NOT NULL           -- whose VM | contract | vm | withhold | delete
        REFERENCES team(id) ON DELETE CASCADE,
    vm_id TEXT NOT NULL                -- which VM | contract | vm | export | delete
        REFERENCES vm(id) ON DELETE CASCADE,
    fingerprint TEXT NOT NULL,         -- which key | contract | vm | export | delete
    name TEXT NOT NULL,                -- name of the key at that time | contract | vm | export | delete
    public_line TEXT NOT NULL,         -- line installed in the VM | contract | vm | export | delete
    PRIMARY KEY (team_id, vm_id, fingerprint)
) STRICT, WITHOUT ROWID;
CREATE INDEX vm_key_by_fingerprint ON vm_key(team_id, fingerprint);
CREATE INDEX vm_key_by_vm ON vm_key(vm_id);

CREATE TABLE snapshot (
    team_id INTEGER NOT NULL           -- whose snapshot | contract | vm | withhold | delete
        REFERENCES team(id) ON DELETE CASCADE,
    vm_id TEXT NOT NULL                -- of which VM | contract | vm | export | delete
        REFERENCES vm(id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,       -- when it was requested | contract | vm | export | delete
    id TEXT NOT NULL UNIQUE,           -- names it in links and on the host | contract | vm | export | delete
    name TEXT NOT NULL,                -- name given by the team | contract | vm | export | delete
    state TEXT NOT NULL                -- whether it can be used | contract | vm | export | delete
        CHECK (state IN ('taking', 'ready', 'deleting', 'failed')),
    has_memory INTEGER NOT NULL,       -- taken while running, so restoring continues from there | contract | vm | export | delete
    size_bytes INTEGER NOT NULL,       -- of the saved memory | contract | vm | export | delete
    vcpus INTEGER NOT NULL,            -- the VM's size then: memory can only be restored into it | contract | vm | export | delete
    memory_mb INTEGER NOT NULL,        -- the VM's size then | contract | vm | export | delete
    disk_gb INTEGER NOT NULL,          -- the disk's size then: a clone needs as much | contract | vm | export | delete
    PRIMARY KEY (team_id, vm_id, created_at DESC, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX snapshot_by_vm ON snapshot(vm_id);

-- A job, executed step by step.
CREATE TABLE job (
    id INTEGER PRIMARY KEY,            -- order in which jobs were requested | contract | vm | withhold | delete
    team_id INTEGER NOT NULL           -- whose job | contract | vm | withhold | delete
        REFERENCES team(id) ON DELETE CASCADE,
    vm_id TEXT NOT NULL                -- of which VM | contract | vm | withhold | delete
        REFERENCES vm(id) ON DELETE CASCADE,
    kind TEXT NOT NULL                 -- what is to be done | contract | vm | export | delete
        CHECK (kind IN ('create', 'start', 'stop', 'restart', 'resize', 'snapshot', 'restore',
                        'snapshot_delete', 'destroy')),
    state TEXT NOT NULL                -- processing state | contract | vm | export | delete
        CHECK (state IN ('queued', 'running', 'done', 'failed', 'dropped')),
    person_id INTEGER                  -- who requested it | contract | vm | withhold | delete
        REFERENCES person(id) ON DELETE SET NULL,
    snapshot_id TEXT,                  -- of snapshot, restore, snapshot_delete | contract | vm | withhold | delete
    requested_at_ms INTEGER NOT NULL,  -- when it was requested | contract | vm | export | delete
    due_at_ms INTEGER NOT NULL,        -- earliest start (delayed for a retry) | contract | vm | withhold | delete
    attempts INTEGER NOT NULL,         -- number of attempts | contract | vm | export | delete
    ended_at_ms INTEGER,               -- when it was done or given up | contract | vm | export | delete
    error TEXT                         -- why the last attempt failed | contract | vm | export | delete
) STRICT;
CREATE UNIQUE INDEX job_queued ON job(vm_id) WHERE state = 'queued';
CREATE UNIQUE INDEX job_running ON job(vm_id) WHERE state = 'running';
CREATE INDEX job_due ON job(due_at_ms) WHERE state = 'queued';
CREATE INDEX job_by_vm ON job(vm_id, id);
CREATE INDEX job_done ON job(kind, id) WHERE state = 'done';

CREATE TABLE job_step (
    team_id INTEGER NOT NULL           -- whose job | contract | vm | withhold | delete
        REFERENCES team(id) ON DELETE CASCADE,
    job_id INTEGER NOT NULL            -- which job | contract | vm | withhold | delete
        REFERENCES job(id) ON DELETE CASCADE,
    position INTEGER NOT NULL,         -- order of the steps, from 0 | contract | vm | export | delete
    name TEXT NOT NULL,                -- what is being done | contract | vm | export | delete
    started_at_ms INTEGER,             -- last start | contract | vm | export | delete
    ended_at_ms INTEGER,               -- when it was done | contract | vm | export | delete
    PRIMARY KEY (job_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX job_step_by_team ON job_step(team_id);

-- What happened, for the activity pages.
CREATE TABLE vm_event (
    team_id INTEGER NOT NULL           -- whose event | contract | vm | withhold | delete
        REFERENCES team(id) ON DELETE CASCADE,
    at_ms INTEGER NOT NULL,            -- when | contract | vm | export | delete
    id TEXT NOT NULL,                  -- tiebreaker within one millisecond | contract | vm | withhold | delete
    vm_id TEXT NOT NULL                -- to which VM | contract | vm | export | delete
        REFERENCES vm(id) ON DELETE CASCADE,
    what TEXT NOT NULL,                -- what happened, as text: "started" | contract | vm | export | delete
    detail TEXT,                       -- more of it, e.g. the cause | contract | vm | export | delete
    person_id INTEGER                  -- who did it; NULL: Domicile itself | contract | vm | withhold | anonymise
        REFERENCES person(id) ON DELETE SET NULL,
    PRIMARY KEY (team_id, at_ms DESC, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX vm_event_by_vm ON vm_event(vm_id, at_ms);

-- The host's responses when the VM's parts were removed.
CREATE TABLE receipt (
    team_id INTEGER NOT NULL           -- whose VM it was | contract | vm | withhold | delete
        REFERENCES team(id) ON DELETE CASCADE,
    vm_id TEXT NOT NULL                -- which VM | contract | vm | export | delete
        REFERENCES vm(id) ON DELETE CASCADE,
    position INTEGER NOT NULL,         -- order on the page | contract | vm | withhold | delete
    thing TEXT NOT NULL,               -- domain, snapshots, disk, seed, port | contract | vm | export | delete
    answer TEXT NOT NULL,              -- response of the host | contract | vm | export | delete
    removed_at INTEGER NOT NULL,       -- when the host confirmed it | contract | vm | export | delete
    PRIMARY KEY (team_id, vm_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX receipt_by_vm ON receipt(vm_id);

CREATE TABLE usage_minute (
    team_id INTEGER NOT NULL           -- whose VM | contract | 30 days | withhold | delete
        REFERENCES team(id) ON DELETE CASCADE,
    vm_id TEXT NOT NULL                -- which VM | contract | 30 days | export | delete
        REFERENCES vm(id) ON DELETE CASCADE,
    minute_at INTEGER NOT NULL,        -- which minute | contract | 30 days | export | delete
    cpu_ms INTEGER NOT NULL,           -- processor time used in it | contract | 30 days | export | delete
    memory_mb INTEGER,                 -- memory in use at its end | contract | 30 days | export | delete
    disk_bytes INTEGER NOT NULL,       -- disk taken on the host at its end | contract | 30 days | export | delete
    read_bytes INTEGER NOT NULL,       -- read from disk in it | contract | 30 days | export | delete
    written_bytes INTEGER NOT NULL,    -- written to disk in it | contract | 30 days | export | delete
    received_bytes INTEGER,            -- received by network in it | contract | 30 days | export | delete
    sent_bytes INTEGER,                -- sent by network in it | contract | 30 days | export | delete
    PRIMARY KEY (team_id, vm_id, minute_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX usage_minute_by_age ON usage_minute(minute_at);
CREATE INDEX usage_minute_by_vm ON usage_minute(vm_id);

-- Last state of each region as observed by the worker, for the pages and for the operator.
CREATE TABLE region_status (
    region TEXT PRIMARY KEY,           -- which region | none | forever | withhold | keep
    accelerator TEXT NOT NULL,         -- kvm or tcg ("emulated, slow") | none | forever | withhold | keep
    checked_at INTEGER NOT NULL,       -- last reconciliation | none | forever | withhold | keep
    error TEXT                         -- why the host could not be reached | none | forever | withhold | keep
) STRICT, WITHOUT ROWID;

-- Orphans: resources on a host that are not in the database, for the operator.
CREATE TABLE leftover (
    region TEXT NOT NULL,              -- where | none | forever | withhold | keep
    kind TEXT NOT NULL,                -- domain, disk or seed | none | forever | withhold | keep
    name TEXT NOT NULL,                -- name on the host | none | forever | withhold | keep
    seen_at INTEGER NOT NULL,          -- when it was first seen | none | forever | withhold | keep
    PRIMARY KEY (region, kind, name)
) STRICT, WITHOUT ROWID;
