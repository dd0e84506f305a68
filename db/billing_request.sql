-- billing_request_add(id text, team_id int, person_id int?, kind text, subject text?, now_at int, expires_at int) done
INSERT INTO billing_request (id, team_id, person_id, kind, subject, state, attempts, due_at_ms,
                            created_at, expires_at)
VALUES (:id, :team_id, :person_id, :kind, :subject, 'queued', 0, 0, :now_at, :expires_at);

-- billing_request_get(team_id int, person_id int, id text) row
SELECT id, kind, state, url, problem, created_at FROM billing_request
WHERE id = :id AND team_id = :team_id AND person_id = :person_id;

-- billing_request_waiting(team_id int) row (total int)
SELECT count(*) AS total FROM billing_request WHERE team_id = :team_id AND state = 'queued';

-- billing_request_next(now_at_ms int) row across teams
SELECT id, team_id, person_id, kind, subject, attempts, created_at, expires_at FROM billing_request
WHERE state = 'queued' AND due_at_ms <= :now_at_ms ORDER BY due_at_ms LIMIT 1;

-- billing_request_end(team_id int, id text, state text, url text?, problem text?) done
UPDATE billing_request SET state = :state, url = :url, problem = :problem
WHERE team_id = :team_id AND id = :id;

-- billing_request_later(team_id int, id text, due_at_ms int) done
UPDATE billing_request SET attempts = attempts + 1, due_at_ms = :due_at_ms
WHERE team_id = :team_id AND id = :id;

-- billing_request_forget(now_at int, old_at int) done across teams
-- Addresses that have run out, and what was ended long ago.
DELETE FROM billing_request
WHERE (expires_at <= :now_at AND url IS NOT NULL)
   OR (created_at <= :old_at AND state <> 'queued') /* scan ok */;
