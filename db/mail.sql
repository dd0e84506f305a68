-- mail_add(id text, kind text, to_email text, once text, amount text?, vm_name text?, browser text?, promise text?, url text?, note text?, request_number int?, change_id text?, is_transient int, happened_at int?, until_at int?, now_at int) done
-- Adds nothing if there is a mail with the same `once`.
INSERT INTO mail (id, kind, to_email, once, amount, vm_name, browser, promise, url, note, request_number,
                  change_id, is_transient, happened_at, until_at, state, attempts, due_at, created_at)
VALUES (:id, :kind, :to_email, :once, :amount, :vm_name, :browser, :promise, :url, :note,
        :request_number, :change_id, :is_transient, :happened_at, :until_at, 'queued', 0, :now_at, :now_at)
ON CONFLICT (once) DO NOTHING;

-- mail_count_since(to_email text, kind text, since_at int) row (total int)
SELECT count(*) AS total FROM mail
WHERE to_email = :to_email AND kind = :kind AND created_at > :since_at;

-- mail_next(now_at int) row
-- The longest due mail. A single thread of one worker sends, so there is no concurrent taker.
SELECT id FROM mail WHERE state = 'queued' AND due_at <= :now_at ORDER BY due_at LIMIT 1;

-- mail_take(id text, now_at int) row
-- Mark as being sent: after a restart the worker can see that it may have been delivered. Some mails name days.
UPDATE mail SET taken_at = :now_at, attempts = attempts + 1 WHERE id = :id AND state = 'queued'
RETURNING id, kind, to_email, amount, vm_name, browser, promise, url, note,
          request_number, change_id, happened_at, until_at, happened_at AS happened_day_at,
          until_at AS until_day_at, attempts, created_at;

-- mail_end(id text, state text, reason text?, now_at int) done
-- Its content is no longer needed and is cleared. There is no such row if what it was about was deleted meanwhile.
UPDATE mail SET state = :state, reason = :reason, taken_at = NULL,
                sent_at = CASE WHEN :state = 'sent' THEN :now_at END,
                amount = NULL, vm_name = NULL, browser = NULL, promise = NULL, url = NULL,
                note = NULL, request_number = NULL, change_id = NULL,
                happened_at = NULL, until_at = NULL
WHERE id = :id;

-- mail_drop(id text) done
-- After mail_end.
DELETE FROM mail WHERE id = :id AND is_transient = 1;

-- mail_forget(to_email text) done
-- What was sent to an address that nobody has here.
DELETE FROM mail WHERE to_email = :to_email AND state <> 'queued'
  AND NOT EXISTS (SELECT 1 FROM person p WHERE lower(p.email) = lower(:to_email) /* scan ok */);

-- mail_forget_later(to_email text) done
-- And what is not sent yet, once it was.
UPDATE mail SET is_transient = 1 WHERE to_email = :to_email AND state = 'queued'
  AND NOT EXISTS (SELECT 1 FROM person p WHERE lower(p.email) = lower(:to_email) /* scan ok */);

-- mail_waiting(to_email text) row (total int)
-- What tells somebody that the account is deleted, and is not sent yet. The law wants an answer to a request; the
-- others are tried once, so that a mail server that is away keeps nobody's data here.
SELECT count(*) AS total FROM mail WHERE to_email = :to_email AND state = 'queued'
  AND (kind = 'request_answered'
       OR (kind IN ('account_deletion', 'account_closed') AND (attempts = 0 OR taken_at IS NOT NULL)));

-- mail_later(id text, due_at int, reason text) done
UPDATE mail SET due_at = :due_at, reason = :reason, taken_at = NULL WHERE id = :id;

-- mail_recover(now_at int) done
-- At worker startup, requeue mails that were being sent: it is unknown whether the mail server had
-- accepted them.
UPDATE mail SET taken_at = NULL, due_at = :now_at
WHERE state = 'queued' AND taken_at IS NOT NULL /* scan ok */;

-- mail_problems(search text, state text, sort text, skip int, max int) rows
-- For the operator: failed mails, and those waiting for a retry. A page of those with `search` in
-- them, of one state or, if it is "", of both; by address, or else newest first.
SELECT kind, to_email, state, attempts, created_at, due_at, reason FROM mail
WHERE state IN ('queued', 'failed') AND reason IS NOT NULL AND (:state = '' OR state = :state)
  AND (:search = '' OR instr(lower(to_email || ' ' || reason), lower(:search)))
ORDER BY CASE :sort WHEN 'address' THEN lower(to_email) END, created_at DESC, id
LIMIT :max OFFSET :skip /* scan ok */ /* sort ok */;

-- mail_problem_count(search text) row (total int, failed int, queued int)
-- How many of them have `search` in them, and how many of these are in which state.
SELECT count(*) AS total, ifnull(sum(state = 'failed'), 0) AS failed,
       ifnull(sum(state = 'queued'), 0) AS queued
FROM mail WHERE state IN ('queued', 'failed') AND reason IS NOT NULL
  AND (:search = '' OR instr(lower(to_email || ' ' || reason), lower(:search))) /* scan ok */;

-- mail_delete_old(before_at int, max int) done
DELETE FROM mail WHERE created_at < :before_at LIMIT :max /* scan ok */;

-- mail_count_old(before_at int) row (total int, oldest_at int)
SELECT count(*) AS total, ifnull(min(created_at), 0) AS oldest_at FROM mail
WHERE created_at < :before_at /* scan ok */;
