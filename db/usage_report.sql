-- usage_report_add(team_id int, hour_at int, identifier text, value int, now_at int) done
INSERT INTO usage_report (team_id, hour_at, identifier, value, state, attempts, due_at)
VALUES (:team_id, :hour_at, :identifier, :value, 'new', 0, :now_at);

-- usage_report_due(now_at int, max int) rows (customer_id text) across teams
-- Due reports, longest waiting first.
SELECT p.team_id, p.hour_at, p.identifier, p.value, p.state, p.sent_at, p.attempts,
       b.customer_id AS customer_id
FROM usage_report p JOIN billing b ON b.team_id = p.team_id
WHERE p.state IN ('new', 'sent') AND p.due_at <= :now_at AND b.customer_id IS NOT NULL
ORDER BY p.due_at LIMIT :max;

-- usage_report_try(team_id int, hour_at int, now_at int, due_at int) one
-- Recorded before sending: after a crash it counts as sent with no response.
UPDATE usage_report SET state = 'sent', sent_at = ifnull(sent_at, :now_at), attempts = attempts + 1,
                      due_at = :due_at
WHERE team_id = :team_id AND hour_at = :hour_at;

-- usage_report_again(team_id int, hour_at int) one
-- Stripe has no record of it: reset to never sent.
UPDATE usage_report SET state = 'new', sent_at = NULL WHERE team_id = :team_id AND hour_at = :hour_at;

-- usage_report_set(team_id int, hour_at int, state text, reason text?) one
UPDATE usage_report SET state = :state, reason = :reason
WHERE team_id = :team_id AND hour_at = :hour_at;

-- usage_report_by_identifier(identifier text) row across teams
SELECT team_id, hour_at, state FROM usage_report WHERE identifier = :identifier;

-- usage_report_list(team_id int, from_at int, until_at int) rows
SELECT hour_at, value, state, reason FROM usage_report
WHERE team_id = :team_id AND hour_at >= :from_at AND hour_at < :until_at ORDER BY hour_at;

-- usage_report_delete_old(before_at int, max int) done across teams
DELETE FROM usage_report WHERE hour_at < :before_at LIMIT :max /* scan ok */;

-- usage_report_count_old(before_at int) row (total int, oldest_at int) across teams
SELECT count(*) AS total, ifnull(min(hour_at), 0) AS oldest_at FROM usage_report
WHERE hour_at < :before_at /* scan ok */;
