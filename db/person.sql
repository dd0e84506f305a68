-- person_by_identity(identity text) row
SELECT id, identity, email, name, created_at, closed_at, workos_name FROM person
WHERE identity = :identity;

-- person_get(id int) row
SELECT id, identity, email, name, created_at, restricted_at, suspended_at, closed_at FROM person WHERE id = :id;

-- person_create(identity text, email text, name text, now_at int) row
INSERT INTO person (identity, email, name, created_at) VALUES (:identity, :email, :name, :now_at)
RETURNING id;

-- person_by_email(email text) rows
-- Who has this address: several, if they sign in by different services.
SELECT id, identity, closed_at FROM person WHERE lower(email) = lower(:email) ORDER BY id /* scan ok */;

-- person_rename(id int, name text) one
UPDATE person SET name = :name WHERE id = :id;

-- person_set_theme(id int, theme text?) one
UPDATE person SET theme = :theme WHERE id = :id;

-- person_set_uncounted(id int, is_uncounted int) one
UPDATE person SET is_uncounted = :is_uncounted WHERE id = :id;

-- person_restrict(id int, now_at int) one
UPDATE person SET restricted_at = ifnull(restricted_at, :now_at) WHERE id = :id;

-- person_end_restriction(id int) one
UPDATE person SET restricted_at = NULL WHERE id = :id;

-- person_set_email(id int, email text) one
UPDATE person SET email = :email WHERE id = :id;

-- person_move(id int, identity text, email text) one
-- The person signs in with another address from now on. CONFLICT: somebody else does.
UPDATE person SET identity = :identity, email = :email WHERE id = :id;

-- person_signed_in(id int, now_at int) one
UPDATE person SET signed_in_at = :now_at WHERE id = :id;

-- person_set_workos_name(id int, workos_name text) one
UPDATE person SET workos_name = :workos_name WHERE id = :id;

-- person_close(id int, now_at int) one
UPDATE person SET closed_at = ifnull(closed_at, :now_at) WHERE id = :id;

-- person_open(id int) one
-- Its deletion was undone.
UPDATE person SET closed_at = NULL WHERE id = :id;

-- person_other_than(email text) row
-- Somebody; in any case but that address.
SELECT id FROM person WHERE lower(email) <> lower(:email) LIMIT 1 /* scan ok */;

-- person_reachable() rows (email text)
-- All whose account is open.
SELECT id, email FROM person WHERE closed_at IS NULL ORDER BY id /* scan ok */;

-- person_first_other(email text) row (created_at int)
-- When the first one came whose address is not that; 0: nobody did.
SELECT ifnull(min(created_at), 0) AS created_at FROM person
WHERE lower(email) <> lower(:email) /* scan ok */;
