-- rights_request_add(email text, kind text, received_at int, due_at int) row
INSERT INTO rights_request (email, kind, received_at, due_at) VALUES (:email, :kind, :received_at, :due_at)
RETURNING number;

-- rights_request_get(number int) row
SELECT number, email, kind, received_at, due_at, extended_at, ended_at, outcome FROM rights_request
WHERE number = :number;

-- rights_request_list() rows
-- Those that wait for an answer first, the next due one at the top.
SELECT number, email, kind, received_at, due_at, extended_at, ended_at, outcome FROM rights_request
ORDER BY ended_at IS NOT NULL, CASE WHEN ended_at IS NULL THEN due_at END, ended_at DESC, number
/* scan ok */ /* sort ok */;

-- rights_request_waiting(max int) rows
SELECT number, email, kind, received_at, due_at, extended_at FROM rights_request
WHERE ended_at IS NULL ORDER BY due_at LIMIT :max /* scan ok */ /* sort ok */;

-- rights_request_extend(number int, due_at int, why text, now_at int) one
UPDATE rights_request SET due_at = :due_at, extended_why = :why, extended_at = :now_at
WHERE number = :number AND ended_at IS NULL AND extended_at IS NULL;

-- rights_request_end(number int, outcome text, why text, now_at int) one
UPDATE rights_request SET outcome = :outcome, outcome_why = :why, ended_at = :now_at
WHERE number = :number AND ended_at IS NULL;

-- rights_request_end_erased(email text, now_at int) done
-- Nobody waits for an answer any more.
UPDATE rights_request SET ended_at = :now_at WHERE email = :email AND ended_at IS NULL;

-- rights_request_forget(number int) one
-- Whoever wanted to be deleted is not named in the record of that.
UPDATE rights_request SET email = NULL, extended_why = NULL, outcome_why = NULL WHERE number = :number;

-- rights_request_move(old_email text, new_email text) done
-- The requests of somebody whose address has changed, unless another account has the former one, too.
UPDATE rights_request SET email = :new_email WHERE email = :old_email
  AND NOT EXISTS (SELECT 1 FROM person p WHERE lower(p.email) = lower(:old_email) /* scan ok */);

-- rights_request_overdue(now_at int) row (total int)
SELECT count(*) AS total FROM rights_request WHERE ended_at IS NULL AND due_at < :now_at;

-- rights_request_delete_old(before_at int, max int) done
DELETE FROM rights_request WHERE ended_at < :before_at LIMIT :max /* scan ok */;

-- rights_request_count_old(before_at int) row (total int, oldest_at int)
SELECT count(*) AS total, ifnull(min(ended_at), 0) AS oldest_at FROM rights_request
WHERE ended_at < :before_at /* scan ok */;

-- rights_request_totals(urgent_received_at int, urgent_due_at int) row (waiting int, urgent int)
-- How many wait for an answer, and how many of them are urgent (model/rights_request.h).
SELECT count(*) AS waiting, ifnull(sum(CASE WHEN extended_at IS NULL THEN received_at <= :urgent_received_at
                                            ELSE due_at < :urgent_due_at END), 0) AS urgent
FROM rights_request WHERE ended_at IS NULL /* scan ok */;
