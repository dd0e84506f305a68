-- invite_add(id text, team_id int?, person_id int, email text?, role text, token_hash blob?, now_at int, expires_at int) done
INSERT INTO invite (id, team_id, person_id, email, role, token_hash, state, created_at, expires_at)
VALUES (:id, :team_id, :person_id, :email, :role, :token_hash, 'open', :now_at, :expires_at);

-- invite_list(team_id int, now_at int, max int) rows (who text)
-- Those that can still be used, the newest first.
SELECT i.id, i.email, i.role, i.created_at, i.expires_at, i.mail_problem, p.name AS who
FROM invite i JOIN person p ON p.id = i.person_id
WHERE i.team_id = :team_id AND i.state = 'open' AND i.expires_at > :now_at
ORDER BY i.created_at DESC, i.id LIMIT :max /* sort ok */;

-- invite_count(team_id int, person_id int, email text?, now_at int, hour_at int, day_at int) row (people int, hour_mails int, team_day int, total_day int)
-- What the limits are about: the people of the team and its open invites; mails that the person had sent since hour_at;
-- those to the address since day_at, by this team and by all.
SELECT (SELECT count(*) FROM membership m WHERE m.team_id = :team_id)
       + (SELECT count(*) FROM invite o WHERE o.team_id = :team_id AND o.state = 'open' AND o.expires_at > :now_at) AS people,
       (SELECT count(*) FROM invite h WHERE h.person_id = :person_id AND h.email IS NOT NULL AND h.created_at > :hour_at) AS hour_mails,
       (SELECT count(*) FROM invite d WHERE d.email = :email AND d.team_id = :team_id AND d.created_at > :day_at) AS team_day,
       (SELECT count(*) FROM invite a WHERE a.email = :email AND a.created_at > :day_at) AS total_day;

-- invite_set_link(id text, token_hash blob) row across teams
-- The worker is about to send its mail. NOT_FOUND: it was revoked meanwhile.
UPDATE invite SET token_hash = :token_hash WHERE id = :id AND state = 'open' RETURNING expires_at;

-- invite_mail_failed(id text, problem text) done across teams
UPDATE invite SET mail_problem = :problem WHERE id = :id AND state = 'open';

-- invite_by_hash(token_hash blob) row (team text, team_closed_at int, inviter text, inviter_email text) across teams
-- Without a team it is for an account.
SELECT i.id, i.team_id, i.person_id, i.email, i.role, i.state, i.expires_at, t.name AS team,
       ifnull(t.closed_at, 0) AS team_closed_at, p.name AS inviter, p.email AS inviter_email
FROM invite i LEFT JOIN team t ON t.id = i.team_id JOIN person p ON p.id = i.person_id
WHERE i.token_hash = :token_hash;

-- invite_accept(id text, now_at int) one across teams
-- Once, also of two requests at the same time.
UPDATE invite SET state = 'accepted' WHERE id = :id AND state = 'open' AND expires_at > :now_at;

-- invite_revoke(team_id int, id text) one
UPDATE invite SET state = 'revoked' WHERE team_id = :team_id AND id = :id AND state = 'open';

-- invite_revoke_address(team_id int, email text) done
-- A new invite takes the place of those before.
UPDATE invite SET state = 'revoked' WHERE team_id = :team_id AND email = :email AND state = 'open';

-- invite_accounts(now_at int, max int) rows across teams
-- Those of the admin for accounts that can still be used, the newest first.
SELECT id, email, created_at, expires_at, mail_problem FROM invite
WHERE team_id IS NULL AND state = 'open' AND expires_at > :now_at ORDER BY created_at DESC, id LIMIT :max /* scan ok */ /* sort ok */;

-- invite_account_counts(person_id int, email text, hour_at int, day_at int) row (hour_mails int, total_day int) across teams
-- What the limits are about: mails that the person had sent since hour_at; those to the address since day_at.
SELECT (SELECT count(*) FROM invite h WHERE h.person_id = :person_id AND h.email IS NOT NULL AND h.created_at > :hour_at) AS hour_mails,
       (SELECT count(*) FROM invite a WHERE a.email = :email AND a.created_at > :day_at) AS total_day;

-- invite_account_revoke(id text) one across teams
UPDATE invite SET state = 'revoked' WHERE id = :id AND team_id IS NULL AND state = 'open';

-- invite_account_revoke_address(email text) done across teams
-- A new invite takes the place of those before.
UPDATE invite SET state = 'revoked' WHERE email = :email AND team_id IS NULL AND state = 'open';

-- invite_revoke_made(team_id int, person_id int) done
-- Of somebody who may no longer invite into the team.
UPDATE invite SET state = 'revoked' WHERE team_id = :team_id AND person_id = :person_id AND state = 'open';

-- invite_revoke_all(person_id int) done across teams
-- Of somebody whose account is closed.
UPDATE invite SET state = 'revoked' WHERE person_id = :person_id AND state = 'open';

-- invite_forget_address(email text) done across teams
-- Of an address that its person no longer uses.
DELETE FROM invite WHERE email = :email;

-- invite_mails_drop() done across teams
-- What was not sent yet of invites that can no longer be used.
DELETE FROM mail WHERE kind = 'invited' AND state = 'queued'
  AND NOT EXISTS (SELECT 1 FROM invite i WHERE i.id = mail.change_id AND i.state = 'open') /* scan ok */;

-- invite_signin_mail(token_hash blob, now_at int, max int) done across teams
-- Somebody without an account requests a sign-in link, having opened the link of an invite to nobody in particular.
UPDATE invite SET signin_mails = signin_mails + 1
WHERE token_hash = :token_hash AND state = 'open' AND expires_at > :now_at AND email IS NULL AND signin_mails < :max;

-- invite_delete_old(before_at int, max int) done across teams
DELETE FROM invite WHERE created_at < :before_at LIMIT :max;

-- invite_count_old(before_at int) row (total int, oldest_at int) across teams
SELECT count(*) AS total, ifnull(min(created_at), 0) AS oldest_at FROM invite WHERE created_at < :before_at;
