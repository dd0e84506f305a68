-- workos_object_get(id text) row
SELECT updated_at_ms, is_deleted FROM workos_object WHERE id = :id;

-- workos_object_put(id text, updated_at_ms int, is_deleted int, now_at int) done
-- A deleted object stays deleted.
INSERT INTO workos_object (id, updated_at_ms, is_deleted, told_at)
VALUES (:id, :updated_at_ms, :is_deleted, :now_at)
ON CONFLICT (id) DO UPDATE SET updated_at_ms = :updated_at_ms, told_at = :now_at,
    is_deleted = max(is_deleted, :is_deleted);

-- workos_object_deleted(user_id text, session_id text) row (total int)
-- Whether one of them is known to be deleted.
SELECT count(*) AS total FROM workos_object
WHERE id IN (:user_id, :session_id) AND is_deleted = 1;

-- workos_object_delete_old(before_at int, max int) done
DELETE FROM workos_object WHERE told_at < :before_at LIMIT :max /* scan ok */;

-- workos_object_count_old(before_at int) row (total int, oldest_at int)
SELECT count(*) AS total, ifnull(min(told_at), 0) AS oldest_at FROM workos_object
WHERE told_at < :before_at /* scan ok */;
