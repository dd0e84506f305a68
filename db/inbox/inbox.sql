-- subject of inbox: none, because a body is a service's and goes once it is applied; who it is about is only inside.

-- inbox_add(source text, id text, type text, received_at int, body blob) done
-- Idempotent: a duplicate changes nothing.
INSERT INTO inbox (source, id, type, received_at, is_fresh, body)
VALUES (:source, :id, :type, :received_at, 1, :body)
ON CONFLICT (source, id) DO NOTHING;

-- inbox_fresh(source text, max int) rows
-- Events not yet seen by the worker, in order of arrival: those behind the last that it has settled,
-- looked for from the end. The source is that of the file: what a receiver writes under another name
-- is nobody's event.
SELECT position, source, id, type, received_at FROM inbox
WHERE position > ifnull((SELECT position FROM inbox WHERE is_fresh = 0
                         ORDER BY position DESC LIMIT 1 /* scan ok */), 0)
  AND is_fresh = 1 AND +source = :source ORDER BY position LIMIT :max;

-- inbox_get(source text, id text) row
SELECT position, source, id, type, received_at, body FROM inbox
WHERE source = :source AND id = :id;

-- inbox_settle(position int, has_body int) done
-- The outcome is recorded in the main database. The body is kept only for a retry.
UPDATE inbox SET is_fresh = 0, body = CASE WHEN :has_body THEN body END
WHERE position = :position;

-- inbox_page(source text, after int, max int) rows
-- All events of the file's source, in order of arrival.
SELECT position, source, id, type, received_at FROM inbox
WHERE position > :after AND +source = :source ORDER BY position LIMIT :max;

-- inbox_delete_old(before_at int, max int) done
DELETE FROM inbox WHERE received_at < :before_at AND is_fresh = 0 LIMIT :max /* scan ok */;
