-- access_request_add(id text, email text, note text, now_at int) done
-- Nothing, if there is one of this address.
INSERT INTO access_request (id, email, note, since_at) VALUES (:id, :email, :note, :now_at) ON CONFLICT (email) DO NOTHING;

-- access_request_count(hour_at int) row (total int, lately int)
SELECT count(*) AS total, ifnull(sum(since_at > :hour_at), 0) AS lately
FROM access_request /* scan ok */;

-- access_request_list(max int) rows
-- The oldest first.
SELECT id, email, note, since_at FROM access_request ORDER BY since_at LIMIT :max /* scan ok */;

-- access_request_get(id text) row
SELECT email FROM access_request WHERE id = :id;

-- access_request_delete(id text) one
DELETE FROM access_request WHERE id = :id;

-- access_request_done(email text) done
-- There is an account with this address now.
DELETE FROM access_request WHERE email = :email;

-- access_request_delete_old(before_at int, max int) done
DELETE FROM access_request WHERE since_at < :before_at LIMIT :max;

-- access_request_count_old(before_at int) row (total int, oldest_at int)
SELECT count(*) AS total, ifnull(min(since_at), 0) AS oldest_at FROM access_request WHERE since_at < :before_at;
