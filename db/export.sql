-- Copies of people's data; see cgi/model/export.h.

-- export_request(id text, person_id int, now_at int, expires_at int) done
-- Changes nothing while another one of the person is under way.
INSERT INTO export (id, person_id, state, requested_at, expires_at)
VALUES (:id, :person_id, 'queued', :now_at, :expires_at)
ON CONFLICT (person_id) WHERE state IN ('queued', 'running') DO NOTHING;

-- export_spent(team_id int, person_id int, with_failed int, since_ms int, most int) row
-- Whether `most` copies were requested since then by whose personal team this is: when the first of these was. Without
-- those that could not be made, or with them.
SELECT at_ms FROM activity a WHERE team_id = :team_id AND at_ms > :since_ms AND action = 'copy'
  AND (:with_failed OR NOT EXISTS (SELECT 1 FROM export x WHERE x.person_id = :person_id
         AND x.requested_at = a.at_ms / 1000 AND x.state = 'failed'))
ORDER BY at_ms DESC LIMIT 1 OFFSET :most - 1;

-- export_forget_ready(person_id int) done
-- The person's earlier copy: a new one takes its place. What failed stays its day, as it does not count.
DELETE FROM export WHERE person_id = :person_id AND state = 'ready';

-- export_latest(person_id int, now_at int) row
SELECT id, state, requested_at, rows_written, file_bytes, expires_at, downloads FROM export
WHERE person_id = :person_id AND expires_at > :now_at
ORDER BY requested_at DESC LIMIT 1;

-- export_count_download(id text, person_id int, now_at int) one
-- NOT_FOUND: expired, another person's, or never there.
UPDATE export SET downloads = downloads + 1
WHERE id = :id AND person_id = :person_id AND state = 'ready' AND expires_at > :now_at;

-- export_next() row
-- The one to be made next.
SELECT id, person_id FROM export WHERE state = 'queued' ORDER BY requested_at, id LIMIT 1 /* scan ok */ /* sort ok */;

-- export_begin(id text) one
UPDATE export SET state = 'running', rows_written = 0 WHERE id = :id AND state = 'queued';

-- export_progress(id text, rows_written int) done
UPDATE export SET rows_written = :rows_written WHERE id = :id;

-- export_ready(id text, rows_written int, file_bytes int, now_at int, expires_at int) one
UPDATE export SET state = 'ready', rows_written = :rows_written, file_bytes = :file_bytes,
                  ready_at = :now_at, expires_at = :expires_at
WHERE id = :id AND state = 'running';

-- export_fail(id text, problem text) done
UPDATE export SET state = 'failed', problem = :problem WHERE id = :id AND state = 'running';

-- export_recover() done
-- What a killed worker was making is made from the start.
UPDATE export SET state = 'queued' WHERE state = 'running' /* scan ok */;

-- export_has_file(id text, now_at int) row (has_file int)
-- Whether there may be a file of that name.
SELECT EXISTS (SELECT 1 FROM export WHERE id = :id AND state IN ('running', 'ready')
               AND expires_at > :now_at) AS has_file;

-- export_teams(person_id int) rows (number int) across teams
-- The teams that a person is in, with its role there; the copy numbers them.
SELECT row_number() OVER (ORDER BY m.team_id) AS number, t.id, t.name, m.role, m.created_at FROM membership m JOIN team t ON t.id = m.team_id
WHERE m.person_id = :person_id ORDER BY m.team_id /* sort ok */;

-- export_sent(team_id int) rows (transfers int, first_at int, last_at int)
-- What was sent to others for a team.
SELECT host, purpose, fields, sum(transfers) AS transfers, min(first_at) AS first_at,
       max(last_at) AS last_at
FROM outbound WHERE team_id = :team_id GROUP BY host, purpose, fields
ORDER BY host, purpose, fields /* scan ok */ /* sort ok */;

-- export_mailed(to_email text) row (transfers int, first_at int, last_at int)
-- The mails to somebody that went to the mail server. The ledger knows no recipients, so this is counted from the
-- mails themselves, as long as they are kept.
SELECT ifnull(sum(attempts), 0) AS transfers, ifnull(min(created_at), 0) AS first_at,
       ifnull(max(coalesce(sent_at, taken_at, created_at)), 0) AS last_at
FROM mail WHERE to_email = :to_email AND state <> 'off' AND attempts > 0;

-- export_mail_servers(since_at int) rows across teams
-- Who got mails since then, and which fields.
SELECT DISTINCT host, fields FROM outbound WHERE purpose = 'mail' AND last_at >= :since_at
ORDER BY host, fields /* scan ok */ /* sort ok */;

-- export_delete_old(before_at int, max int) done
DELETE FROM export WHERE expires_at < :before_at LIMIT :max /* scan ok */;

-- export_count_old(before_at int) row (total int, oldest_at int)
SELECT count(*) AS total, ifnull(min(expires_at), 0) AS oldest_at FROM export
WHERE expires_at < :before_at /* scan ok */;
