-- passkey_challenge_take(hash blob, expires_at int) done
-- Changes a row exactly once, even with concurrent requests.
INSERT INTO passkey_challenge (hash, expires_at) VALUES (:hash, :expires_at) ON CONFLICT (hash) DO NOTHING;

-- passkey_challenge_delete_old(before_at int, max int) done
DELETE FROM passkey_challenge WHERE expires_at < :before_at LIMIT :max;

-- passkey_challenge_count_old(before_at int) row (total int, oldest_at int)
SELECT count(*) AS total, ifnull(min(expires_at), 0) AS oldest_at FROM passkey_challenge
WHERE expires_at < :before_at;
