-- inbox_add(source text, id text, type text, received_at int, body blob) done
-- What comes a second time changes nothing.
INSERT INTO inbox (source, id, type, received_at, is_fresh, body)
VALUES (:source, :id, :type, :received_at, 1, :body)
ON CONFLICT (source, id) DO NOTHING;

-- inbox_fresh(most int) rows
-- What the worker has not looked at yet, in the order of arrival.
SELECT position, source, id, type, received_at FROM inbox
WHERE is_fresh = 1 ORDER BY position LIMIT :most /* scan ok */;

-- inbox_get(source text, id text) row
SELECT position, source, id, type, received_at, body FROM inbox
WHERE source = :source AND id = :id;

-- inbox_settle(position int, has_body int) done
-- The main database now says what became of it. The body stays only for another try.
UPDATE inbox SET is_fresh = 0, body = CASE WHEN :has_body THEN body END
WHERE position = :position;

-- inbox_page(after int, most int) rows
-- All of it, in the order of arrival.
SELECT position, source, id, type, received_at FROM inbox
WHERE position > :after ORDER BY position LIMIT :most;

-- inbox_delete_old(received_at int) done
DELETE FROM inbox WHERE received_at < :received_at AND is_fresh = 0 /* scan ok */;
