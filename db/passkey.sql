-- passkey_add(id text, person_id int, credential_id blob, algorithm int, public_key blob, sign_count int, name text, now_at int) done
-- Nothing, if it is known already: see db_changes().
INSERT INTO passkey (id, person_id, credential_id, algorithm, public_key, sign_count, name, created_at)
VALUES (:id, :person_id, :credential_id, :algorithm, :public_key, :sign_count, :name, :now_at)
ON CONFLICT (credential_id) DO NOTHING;

-- passkey_list(person_id int) rows
SELECT id, credential_id, name, created_at, used_at FROM passkey WHERE person_id = :person_id ORDER BY created_at, id;

-- passkey_get(person_id int, id text) row
SELECT id, name, created_at, used_at FROM passkey WHERE id = :id AND person_id = :person_id;

-- passkey_find(credential_id blob) row (identity text, email text, person_name text, person_at int)
-- Whoever signs in with it is not known before.
SELECT k.id, k.person_id, k.algorithm, k.public_key, k.sign_count, k.name,
       p.identity AS identity, p.email AS email, p.name AS person_name, p.created_at AS person_at
FROM passkey k JOIN person p ON p.id = k.person_id WHERE k.credential_id = :credential_id;

-- passkey_used(id text, sign_count int, now_at int) one
UPDATE passkey SET sign_count = :sign_count, used_at = :now_at WHERE id = :id;

-- passkey_rename(person_id int, id text, name text) one
UPDATE passkey SET name = :name WHERE id = :id AND person_id = :person_id;

-- passkey_remove(person_id int, id text) one
DELETE FROM passkey WHERE id = :id AND person_id = :person_id;
