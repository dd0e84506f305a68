-- event_get(source text, id text) row
SELECT source, id, type, received_at, state, attempts, due_at_ms, applied_at, reason FROM event
WHERE source = :source AND id = :id;

-- event_applied(source text, id text, type text, received_at int, state text, reason text?, now_at int) done
-- Mark the event as applied; it is never applied again.
INSERT INTO event (source, id, type, received_at, state, attempts, due_at_ms, applied_at, reason)
VALUES (:source, :id, :type, :received_at, :state, 1, 0, :now_at, :reason)
ON CONFLICT (source, id) DO UPDATE SET state = :state, attempts = attempts + 1,
    applied_at = :now_at, reason = :reason;

-- event_failed(source text, id text, type text, received_at int, state text, reason text, due_at_ms int) done
INSERT INTO event (source, id, type, received_at, state, attempts, due_at_ms, reason)
VALUES (:source, :id, :type, :received_at, :state, 1, :due_at_ms, :reason)
ON CONFLICT (source, id) DO UPDATE SET state = :state, attempts = attempts + 1,
    due_at_ms = :due_at_ms, reason = :reason;

-- event_due(source text, now_at_ms int, max int) rows
-- Failed events of a service that are due for a retry.
SELECT id, type, received_at, attempts FROM event
WHERE state = 'waiting' AND due_at_ms <= :now_at_ms AND +source = :source
ORDER BY due_at_ms LIMIT :max;

-- event_retry(id text) done
-- Retry on request of the operator, from any source; resets the number of attempts. Changes nothing
-- if it is not parked, or no longer.
UPDATE event SET state = 'waiting', due_at_ms = 0, attempts = 0
WHERE id = :id AND state = 'parked' /* scan ok */;

-- event_retry_all() done
UPDATE event SET state = 'waiting', due_at_ms = 0, attempts = 0 WHERE state = 'parked' /* scan ok */;

-- event_parked(search text, source text, sort text, skip int, max int) rows
-- A page of those with `search` in them, of one source or, if it is "", of all; by type, or else
-- newest first.
SELECT source, id, type, received_at, attempts, reason FROM event
WHERE state = 'parked' AND (:source = '' OR source = :source)
  AND (:search = '' OR instr(lower(type || ' ' || id || ' ' || ifnull(reason, '')), lower(:search)))
ORDER BY CASE :sort WHEN 'type' THEN type END, received_at DESC, source, id
LIMIT :max OFFSET :skip /* scan ok */ /* sort ok */;

-- event_parked_count(search text) row (total int, stripe int, workos int)
-- How many have `search` in them, and how many of these are of which source.
SELECT count(*) AS total, ifnull(sum(source = 'stripe'), 0) AS stripe,
       ifnull(sum(source = 'workos'), 0) AS workos
FROM event WHERE state = 'parked'
  AND (:search = '' OR instr(lower(type || ' ' || id || ' ' || ifnull(reason, '')), lower(:search)))
  /* scan ok */;

-- event_counts() rows (total int)
SELECT source, state, count(*) AS total FROM event GROUP BY source, state /* scan ok */ /* sort ok */;

-- event_delete_old(before_at int, max int) done
DELETE FROM event WHERE received_at < :before_at AND state <> 'waiting' LIMIT :max /* scan ok */;

-- event_count_old(before_at int) row (total int, oldest_at int)
SELECT count(*) AS total, ifnull(min(received_at), 0) AS oldest_at FROM event
WHERE received_at < :before_at AND state <> 'waiting' /* scan ok */;
