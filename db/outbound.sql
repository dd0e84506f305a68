-- outbound_add(day_at int, host text, purpose text, fields text, team_id int?, was_listed int, transfers int, answered int, sent_bytes int, received_bytes int, now_at int) done across teams
-- To the day's row. Of a team that has been deleted meanwhile, to the row without one.
INSERT INTO outbound (day_at, host, purpose, fields, team_id, was_listed, transfers, answered,
                      sent_bytes, received_bytes, first_at, last_at)
VALUES (:day_at, :host, :purpose, :fields, (SELECT id FROM team WHERE id = :team_id), :was_listed,
        :transfers, :answered, :sent_bytes, :received_bytes, :now_at, :now_at)
ON CONFLICT (day_at, host, purpose, fields, ifnull(team_id, 0)) DO UPDATE SET
    was_listed = min(was_listed, :was_listed), transfers = transfers + :transfers,
    answered = answered + :answered, sent_bytes = sent_bytes + :sent_bytes,
    received_bytes = received_bytes + :received_bytes, last_at = max(last_at, :now_at);

-- outbound_hosts() rows (was_listed int, last_at int) across teams
-- Every host, and whether it was listed each time.
SELECT host, min(was_listed) AS was_listed, max(last_at) AS last_at
FROM outbound GROUP BY host ORDER BY host /* scan ok */ /* sort ok */;

-- outbound_kinds() rows (last_at int) across teams
-- What was sent to whom, of all teams.
SELECT host, purpose, fields, max(last_at) AS last_at
FROM outbound GROUP BY host, purpose, fields ORDER BY host, purpose, fields /* scan ok */ /* sort ok */;

-- outbound_delete_old(before_at int, max int) done across teams
DELETE FROM outbound WHERE last_at < :before_at LIMIT :max /* scan ok */;

-- outbound_count_old(before_at int) row (total int, oldest_at int) across teams
SELECT count(*) AS total, ifnull(min(last_at), 0) AS oldest_at FROM outbound
WHERE last_at < :before_at /* scan ok */;
