-- signin_link_create(token_hash blob, email text, now_at int, expires_at int) done
INSERT INTO signin_link (token_hash, email, created_at, expires_at)
VALUES (:token_hash, :email, :now_at, :expires_at);

-- signin_link_get(token_hash blob) row
SELECT email, expires_at, used_at FROM signin_link WHERE token_hash = :token_hash;

-- signin_link_use(token_hash blob, now_at int) done
-- Changes the row exactly once, even with concurrent requests.
UPDATE signin_link SET used_at = :now_at
WHERE token_hash = :token_hash AND used_at IS NULL AND expires_at > :now_at;

-- signin_link_delete_old(before_at int, max int) done
DELETE FROM signin_link WHERE expires_at < :before_at LIMIT :max /* scan ok */;

-- signin_link_count_old(before_at int) row (total int, oldest_at int)
SELECT count(*) AS total, ifnull(min(expires_at), 0) AS oldest_at FROM signin_link
WHERE expires_at < :before_at /* scan ok */;
