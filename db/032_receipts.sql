-- Receipts know who had a VM destroyed by number, not by a name that nobody can take back; signed receipts keep
-- their place when they are deleted by age, so that their chain stays whole; and a team is deleted by the same
-- sequence as an account.
ALTER TABLE receipt ADD COLUMN person_id INTEGER; -- who had it destroyed; NULL: nobody, unknown, or one who is erased | legal | 7 years | withhold | anonymise
ALTER TABLE receipt ADD COLUMN is_systems INTEGER NOT NULL DEFAULT 0; -- whether the server had it destroyed, by its own rules | legal | 7 years | export | keep
UPDATE receipt SET is_systems = destroyed_by IS 'Domicile', person_id = (
    SELECT CASE WHEN count(*) = 1 THEN max(p.id) END FROM membership m JOIN person p ON p.id = m.person_id
    WHERE m.team_id = receipt.team_id AND p.name = receipt.destroyed_by);
ALTER TABLE receipt DROP COLUMN destroyed_by;

CREATE TABLE signed_receipt_new (
    number INTEGER PRIMARY KEY AUTOINCREMENT, -- counts them; none is given twice | legal | forever | export | keep
    kind TEXT NOT NULL             -- of a destroyed VM, or a deleted account or team | legal | forever | export | keep
        CHECK (kind IN ('vm', 'account', 'team')),
    subject_id TEXT UNIQUE,        -- id of the VM or of the erasure; NULL: deleted by age | legal | 7 years | export | keep
    team_id INTEGER,               -- whose VM it was; NULL: of an account or team, or deleted by age | legal | 7 years | withhold | keep
    body TEXT,                     -- JSON with the hash of the receipt before it, which is what is signed; NULL: deleted by age | legal | 7 years | export | keep
    hash BLOB NOT NULL,            -- SHA-256 of the body, which the next one names | legal | forever | export | keep
    signature BLOB,                -- Ed25519, of the body; NULL: deleted by age | legal | 7 years | export | keep
    key_id TEXT NOT NULL           -- which key has signed it | legal | forever | export | keep
        REFERENCES signing_key(id),
    created_at INTEGER NOT NULL    -- when it was signed | legal | forever | export | keep
) STRICT;
INSERT INTO signed_receipt_new SELECT * FROM signed_receipt ORDER BY number;
DROP TABLE signed_receipt;
ALTER TABLE signed_receipt_new RENAME TO signed_receipt;
CREATE INDEX signed_receipt_by_team ON signed_receipt(team_id);

ALTER TABLE erasure ADD COLUMN subject TEXT NOT NULL DEFAULT 'account' -- what is deleted | legal | 7 years | withhold | keep
    CHECK (subject IN ('account', 'team', 'key'));
UPDATE erasure SET subject = 'team' WHERE person_id IS NULL AND state <> 'done';
ALTER TABLE erasure_step ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0; -- rows that it has deleted or emptied | legal | 7 years | withhold | keep

-- SSH keys whose rows are gone and that are searched for, until that is over.
CREATE TABLE erasure_key (
    erasure_id TEXT PRIMARY KEY    -- which sequence | contract | account | withhold | delete
        REFERENCES erasure(id) ON DELETE CASCADE,
    team_id INTEGER NOT NULL       -- whose keys they were | contract | account | withhold | delete
        REFERENCES team(id) ON DELETE CASCADE,
    total INTEGER NOT NULL         -- how many | contract | account | withhold | delete
) STRICT, WITHOUT ROWID;
CREATE INDEX erasure_key_by_team ON erasure_key(team_id);
