-- email_change_put(person_id int, id text, new_email text, now_at int, expires_at int) done
INSERT INTO email_change (person_id, id, new_email, requested_at, expires_at)
VALUES (:person_id, :id, :new_email, :now_at, :expires_at);

-- email_change_of_person(person_id int, now_at int) row
-- What the account page shows.
SELECT id, new_email, new_confirmed_at, old_confirmed_at, expires_at FROM email_change
WHERE person_id = :person_id AND expires_at > :now_at;

-- email_change_set_link(id text, is_new int, hash blob) row
-- The worker is about to send it. NOT_FOUND: the change was cancelled meanwhile.
UPDATE email_change SET new_hash = CASE WHEN :is_new THEN :hash ELSE new_hash END,
                        old_hash = CASE WHEN :is_new THEN old_hash ELSE :hash END
WHERE id = :id RETURNING expires_at;

-- email_change_by_hash(hash blob, now_at int) row (is_new int, old_email text, identity text)
-- Whose link it is, while it is valid and the account open.
SELECT c.person_id, c.id, c.new_email, c.new_confirmed_at, c.old_confirmed_at, c.expires_at,
       ifnull(c.new_hash = :hash, 0) AS is_new, p.email AS old_email, p.identity AS identity
FROM email_change c JOIN person p ON p.id = c.person_id
WHERE (c.new_hash = :hash OR c.old_hash = :hash) AND c.expires_at > :now_at AND p.closed_at IS NULL;

-- email_change_confirm(person_id int, is_new int, now_at int) one
UPDATE email_change
SET new_confirmed_at = CASE WHEN :is_new THEN ifnull(new_confirmed_at, :now_at) ELSE new_confirmed_at END,
    old_confirmed_at = CASE WHEN :is_new THEN old_confirmed_at ELSE ifnull(old_confirmed_at, :now_at) END
WHERE person_id = :person_id;

-- email_change_mails_delete(person_id int) done
-- Those that were not sent; what is just being sent leaves no row, and a link to nothing.
DELETE FROM mail WHERE change_id = (SELECT id FROM email_change WHERE person_id = :person_id);

-- email_change_delete(person_id int) done
DELETE FROM email_change WHERE person_id = :person_id;

-- email_change_links_delete(email text) done
-- Sign-in links to an address that is nobody's any more would make a new account.
DELETE FROM signin_link WHERE lower(email) = lower(:email) /* scan ok */;

-- email_change_mails_move(old_email text, new_email text) done
-- What was not sent yet, unless another account has the address, too. What is just being sent may arrive at the
-- former one: no row says afterwards that it went to the new one.
UPDATE mail SET to_email = :new_email, is_transient = max(is_transient, taken_at IS NOT NULL)
WHERE to_email = :old_email AND state = 'queued'
  AND NOT EXISTS (SELECT 1 FROM person p WHERE lower(p.email) = lower(:old_email) /* scan ok */);

-- email_change_delete_old(before_at int, max int) done
DELETE FROM email_change WHERE expires_at < :before_at LIMIT :max;

-- email_change_count_old(before_at int) row (total int, oldest_at int)
SELECT count(*) AS total, ifnull(min(expires_at), 0) AS oldest_at FROM email_change
WHERE expires_at < :before_at;
