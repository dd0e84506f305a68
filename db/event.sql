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

-- event_retry(id text) one
-- Retry on request of the operator, from any source; resets the number of attempts.
UPDATE event SET state = 'waiting', due_at_ms = 0, attempts = 0
WHERE id = :id AND state = 'parked' /* scan ok */;

-- event_retry_all() done
UPDATE event SET state = 'waiting', due_at_ms = 0, attempts = 0 WHERE state = 'parked' /* scan ok */;

-- event_parked(max int) rows
SELECT source, id, type, received_at, attempts, reason FROM event
WHERE state = 'parked' ORDER BY received_at LIMIT :max /* scan ok */;

-- event_counts() rows (total int)
SELECT source, state, count(*) AS total FROM event GROUP BY source, state /* scan ok */ /* sort ok */;

-- event_delete_old(source text, received_at int) done
DELETE FROM event WHERE source = :source AND received_at < :received_at AND state <> 'waiting' /* scan ok */;
