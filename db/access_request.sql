-- access_request_add(id text, email text, note text, now_at int) done
-- Nothing, if there is one of this address.
INSERT INTO access_request (id, email, note, since_at) VALUES (:id, :email, :note, :now_at) ON CONFLICT (email) DO NOTHING;

-- access_request_count(hour_at int) row (total int, lately int, waiting int)
SELECT count(*) AS total, ifnull(sum(since_at > :hour_at), 0) AS lately, ifnull(sum(1 - is_invited), 0) AS waiting
FROM access_request /* scan ok */;

-- access_request_list(max int) rows
-- Those that wait, the oldest first; then those that were invited.
SELECT id, email, note, is_invited, since_at FROM access_request ORDER BY is_invited, since_at LIMIT :max /* scan ok */ /* sort ok */;

-- access_request_invite(id text, now_at int) row
UPDATE access_request SET is_invited = 1, since_at = :now_at WHERE id = :id AND is_invited = 0 RETURNING email;

-- access_request_delete(id text) one
DELETE FROM access_request WHERE id = :id;

-- access_request_invited(email text, after_at int) row (total int)
-- Whether who has this address may make an account.
SELECT count(*) AS total FROM access_request WHERE email = :email AND is_invited = 1 AND since_at > :after_at;

-- access_request_done(email text) done
-- There is an account with this address now.
DELETE FROM access_request WHERE email = :email;

-- access_request_delete_old(before_at int, max int) done
DELETE FROM access_request WHERE since_at < :before_at LIMIT :max;

-- access_request_count_old(before_at int) row (total int, oldest_at int)
SELECT count(*) AS total, ifnull(min(since_at), 0) AS oldest_at FROM access_request WHERE since_at < :before_at;
