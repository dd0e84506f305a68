-- policy_version_now(now_at int) row
-- The one in force.
SELECT number, effective_at, content_hash FROM policy_version
WHERE effective_at <= :now_at AND withdrawn_at IS NULL
ORDER BY effective_at DESC, number DESC LIMIT 1;

-- policy_version_get(number int) row
SELECT number, body, hash, signature, key_id, changes, announced_at, effective_at, withdrawn_at
FROM policy_version WHERE number = :number;

-- policy_version_before(number int) row
-- The one that it was made from: the last before it that was not withdrawn.
SELECT number, body FROM policy_version WHERE number < :number AND withdrawn_at IS NULL
ORDER BY number DESC LIMIT 1;

-- policy_version_list() rows
-- Newest first.
SELECT number, hash, titles, changes, announced_at, effective_at, withdrawn_at
FROM policy_version ORDER BY number DESC LIMIT 100 /* scan ok */;

-- policy_version_next(now_at int) row
-- The first that is announced and not in force yet.
SELECT number, changes, announced_at, effective_at FROM policy_version
WHERE effective_at > :now_at AND withdrawn_at IS NULL ORDER BY effective_at, number LIMIT 1;

-- policy_version_last() row (number int, effective_at int)
-- 0: there is none.
SELECT ifnull(max(number), 0) AS number, ifnull(max(effective_at), 0) AS effective_at
FROM policy_version /* scan ok */;

-- policy_version_add(number int, body text, content_hash blob, hash blob, signature blob, key_id text, titles text, changes text, announced_at int, effective_at int) done
INSERT INTO policy_version (number, body, content_hash, hash, signature, key_id, titles, changes,
                            announced_at, effective_at)
VALUES (:number, :body, :content_hash, :hash, :signature, :key_id, :titles, :changes,
        :announced_at, :effective_at);

-- policy_version_weakest() row
-- The last that weakens something.
SELECT number FROM policy_version WHERE changes <> '' AND withdrawn_at IS NULL
ORDER BY number DESC LIMIT 1 /* scan ok */;

-- policy_version_days() rows
SELECT number, announced_at, effective_at, withdrawn_at FROM policy_version
ORDER BY number /* scan ok */;

-- policy_version_withdraw(number int, now_at int) one
-- Before its day.
UPDATE policy_version SET withdrawn_at = :now_at
WHERE number = :number AND effective_at > :now_at AND withdrawn_at IS NULL;
