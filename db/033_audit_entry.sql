-- What is left of an erased entry is bound to the place before it: the hash of a place is one of the hash before and of
-- its entry's, which stays. The chains begin anew, with the entries that there are: the hashes of those that were erased
-- cannot be computed any more.
DROP TABLE audit_link;
CREATE TABLE audit_link (
    team_id INTEGER NOT NULL,          -- whose chain; 0: the operator's | contract | account | withhold | delete
    owner_id INTEGER                   -- the same team, so that its rows go with it | none | account | withhold | delete
        AS (nullif(team_id, 0)) REFERENCES team(id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,              -- place in the chain, from 1 | contract | account | export | delete
    entry_hash BLOB NOT NULL,          -- SHA-256 of the entry, which says nothing once that is erased | contract | account | export | delete
    hash BLOB NOT NULL,                -- SHA-256 of the hash before and the one of the entry | contract | account | export | delete
    at_ms INTEGER,                     -- which entry; NULL: it is erased | contract | account | withhold | delete
    id TEXT,                           -- the same | contract | account | withhold | delete
    PRIMARY KEY (team_id, seq)
) STRICT, WITHOUT ROWID;
DELETE FROM audit_head;
DELETE FROM audit_publication;
UPDATE activity SET seq = NULL, salt = NULL, person_hash = NULL WHERE seq IS NOT NULL;
