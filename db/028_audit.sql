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
    job_number INTEGER                 -- the job that it tells of; NULL: none | contract | vm | withhold | delete
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
    signature BLOB NOT NULL,           -- Ed25519, see model/audit_head.h | contract | account | export | delete
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
    signature BLOB NOT NULL            -- Ed25519, see model/audit_head.h | none | forever | withhold | keep
) STRICT;
