-- erasure_add(id text, subject text, address_hash blob, person_id int?, requested_by text, now_at int, due_at int) done
INSERT INTO erasure (id, subject, address_hash, person_id, requested_by, requested_at, due_at, state)
VALUES (:id, :subject, :address_hash, :person_id, :requested_by, :now_at, :due_at, 'waiting');

-- erasure_add_step(erasure_id text, position int, name text) done
INSERT INTO erasure_step (erasure_id, position, name, state, attempts)
VALUES (:erasure_id, :position, :name, 'waiting', 0);

-- erasure_add_team(erasure_id text, team_id int) done
INSERT INTO erasure_team (erasure_id, team_id) VALUES (:erasure_id, :team_id);

-- erasure_get(id text) row
SELECT id, subject, person_id, requested_by, requested_at, due_at, state, ended_at, salt FROM erasure
WHERE id = :id;

-- erasure_of_person(person_id int) row (asked_at int)
-- `asked_at`: when a request by email to delete the account was answered, in the transaction that closed it or
-- later; 0: there was none.
SELECT e.id, e.requested_by, e.requested_at, e.due_at, e.state,
       ifnull((SELECT max(r.ended_at) FROM rights_request r JOIN person p ON p.id = e.person_id
               WHERE lower(r.email) = lower(p.email) AND r.kind = 'deletion' AND r.outcome = 'answered'
                 AND r.ended_at >= e.requested_at /* scan ok */), 0) AS asked_at
FROM erasure e WHERE e.person_id = :person_id;

-- erasure_of_team(team_id int) row
SELECT e.id, e.subject, e.requested_by, e.due_at, e.state FROM erasure_team t JOIN erasure e ON e.id = t.erasure_id
WHERE t.team_id = :team_id;

-- erasure_by_address(address_hash blob) row
SELECT id, subject, person_id, requested_by, requested_at, due_at, state, ended_at, undone_at FROM erasure
WHERE address_hash = :address_hash
   OR id = (SELECT erasure_id FROM erasure_address WHERE hash = :address_hash);

-- erasure_add_address(hash blob, erasure_id text) done
INSERT INTO erasure_address (hash, erasure_id) VALUES (:hash, :erasure_id);

-- erasure_address_count(erasure_id text) row (total int)
SELECT count(*) AS total FROM erasure_address WHERE erasure_id = :erasure_id;

-- erasure_keep_closed(id text, requested_by text) done
-- Closed by somebody else meanwhile: it can no longer be undone.
UPDATE erasure SET requested_by = :requested_by
WHERE id = :id AND state = 'waiting' AND requested_by = 'person';

-- erasure_remove(id text) one
DELETE FROM erasure WHERE id = :id;

-- erasure_end_undone(id text, now_at int) one
-- It has ended and is of nobody: what it would have deleted stays.
UPDATE erasure SET state = 'done', ended_at = :now_at, undone_at = :now_at, person_id = NULL
WHERE id = :id AND state = 'waiting';

-- erasure_forget_teams(erasure_id text) done across teams
DELETE FROM erasure_team WHERE erasure_id = :erasure_id;

-- erasure_open() rows
SELECT id FROM erasure WHERE state <> 'done' ORDER BY due_at /* scan ok */;

-- erasure_begin(id text, salt blob) one
UPDATE erasure SET state = 'running', salt = :salt WHERE id = :id;

-- erasure_end(id text, now_at int) one
UPDATE erasure SET state = 'done', ended_at = :now_at WHERE id = :id;

-- erasure_teams(erasure_id text) rows across teams
SELECT e.team_id, t.workos_organization_id FROM erasure_team e JOIN team t ON t.id = e.team_id
WHERE e.erasure_id = :erasure_id ORDER BY e.team_id;

-- erasure_steps(erasure_id text) rows
SELECT position, name, state, attempts, at, answer FROM erasure_step
WHERE erasure_id = :erasure_id ORDER BY position;

-- erasure_step_put(erasure_id text, position int, state text, answer text?, now_at int) one
UPDATE erasure_step SET state = :state, answer = :answer, at = :now_at, attempts = attempts + 1
WHERE erasure_id = :erasure_id AND position = :position;

-- erasure_step_count(erasure_id text, position int, rows int) one
-- In the transaction that has changed so many rows.
UPDATE erasure_step SET deleted = deleted + :rows WHERE erasure_id = :erasure_id AND position = :position;

-- erasure_step_deleted(erasure_id text, position int) row
SELECT deleted FROM erasure_step WHERE erasure_id = :erasure_id AND position = :position;

-- erasure_lost_teams(person_id int) rows (is_personal int, others int, vms int) across teams
-- Open teams that nobody else owns whose account is open, and the personal one: they are deleted with the account. `others`: further
-- members.
SELECT t.id, t.name, t.personal_of IS :person_id AS is_personal,
       (SELECT count(*) FROM membership o
        WHERE o.team_id = t.id AND o.person_id <> :person_id
          AND EXISTS (SELECT 1 FROM person q WHERE q.id = o.person_id AND q.closed_at IS NULL)) AS others,
       (SELECT count(*) FROM vm WHERE vm.team_id = t.id AND vm.gone_at IS NULL) AS vms
FROM membership m JOIN team t ON t.id = m.team_id
WHERE m.person_id = :person_id AND t.closed_at IS NULL
  AND (t.personal_of = :person_id OR (m.role = 'owner' AND NOT EXISTS (
    SELECT 1 FROM membership o
    WHERE o.team_id = t.id AND o.person_id <> :person_id AND o.role = 'owner'
      AND EXISTS (SELECT 1 FROM person q WHERE q.id = o.person_id AND q.closed_at IS NULL))))
ORDER BY t.personal_of IS NULL, t.name, t.id /* sort ok */;

-- erasure_lost_team(team_id int, person_id int) row (others int, vms int)
-- A team that is no person's own: what would be deleted of it. `others`: members besides the person.
SELECT t.name, t.workos_organization_id, t.closed_at,
       (SELECT count(*) FROM membership o WHERE o.team_id = t.id AND o.person_id <> :person_id) AS others,
       (SELECT count(*) FROM vm WHERE vm.team_id = t.id AND vm.gone_at IS NULL) AS vms
FROM team t WHERE t.id = :team_id AND t.personal_of IS NULL;

-- erasure_members(team_id int) rows
-- Everybody in the team whose account is open.
SELECT p.id, p.email FROM membership m JOIN person p ON p.id = m.person_id
WHERE m.team_id = :team_id AND p.closed_at IS NULL;

-- erasure_reopen(id text) done across teams
UPDATE team SET closed_at = NULL WHERE id IN (
    SELECT team_id FROM erasure_team WHERE erasure_id = :id);

-- erasure_billing(erasure_id text) rows (open_jobs int, error text) across teams
-- The subscriptions of the teams, and the jobs that end them.
SELECT b.team_id, b.customer_id, b.subscription_id, b.stripe_status,
       (SELECT count(*) FROM job j WHERE j.team_id = b.team_id AND j.kind = 'end'
          AND j.state IN ('queued', 'running')) AS open_jobs,
       (SELECT j.error FROM job j WHERE j.team_id = b.team_id AND j.kind = 'end'
        ORDER BY j.number DESC LIMIT 1) AS error
FROM erasure_team e JOIN billing b ON b.team_id = e.team_id WHERE e.erasure_id = :erasure_id;

-- erasure_vms(erasure_id text) row (alive int, gone int) across teams
SELECT ifnull(sum(v.gone_at IS NULL), 0) AS alive, ifnull(sum(v.gone_at IS NOT NULL), 0) AS gone
FROM erasure_team e JOIN vm v ON v.team_id = e.team_id WHERE e.erasure_id = :erasure_id;

-- erasure_keys_delete(erasure_id text) done across teams
-- SSH keys of the teams, and those that the person added to others.
DELETE FROM ssh_key WHERE team_id IN (
        SELECT team_id FROM erasure_team WHERE erasure_id = :erasure_id)
    OR person_id = (SELECT person_id FROM erasure WHERE id = :erasure_id) /* scan ok */;

-- erasure_vm_keys_empty(erasure_id text) done across teams
-- The same keys in the records of other teams' VMs: that a key is accepted there stays, not whose.
UPDATE vm_key SET name = 'Key of a deleted account', public_line = ''
WHERE team_id NOT IN (SELECT team_id FROM erasure_team WHERE erasure_id = :erasure_id)
  AND (team_id, fingerprint) IN (SELECT k.team_id, k.fingerprint FROM ssh_key k
    WHERE k.person_id = (SELECT person_id FROM erasure WHERE id = :erasure_id) /* scan ok */);

-- erasure_links_delete(erasure_id text) done
DELETE FROM signin_link WHERE email = (SELECT p.email FROM erasure e JOIN person p ON p.id = e.person_id
    WHERE e.id = :erasure_id) /* scan ok */;

-- erasure_sessions_delete(erasure_id text) done
DELETE FROM session WHERE person_id = (SELECT person_id FROM erasure WHERE id = :erasure_id);

-- erasure_sessions_move(erasure_id text) done across teams
-- Of others, who look at one of the teams: to their own.
UPDATE session SET current_team_id = (SELECT t.id FROM team t WHERE t.personal_of = session.person_id)
WHERE current_team_id IN (SELECT team_id FROM erasure_team WHERE erasure_id = :erasure_id) /* scan ok */;

-- erasure_strings(erasure_id text) rows (text text) across teams
-- What must be found nowhere afterwards: texts of 8 bytes or more of the person and the teams, unless they
-- are also in what belongs to others, or is kept: names of VMs, ids of WorkOS's objects, the texts of the policies.
-- A short text of small letters alone may be a word of the server's own, as "dashboard" in its logs.
WITH who(id) AS (SELECT person_id FROM erasure WHERE id = :erasure_id),
ours(id) AS (SELECT team_id FROM erasure_team WHERE erasure_id = :erasure_id),
gone_key AS (SELECT id, name, comment, fingerprint, substr(public_line, instr(public_line, ' ') + 1) AS rest
             FROM ssh_key WHERE team_id IN ours OR person_id IN who
             UNION ALL SELECT '', name, '', fingerprint, substr(public_line, instr(public_line, ' ') + 1)
             FROM vm_key WHERE team_id IN ours),
other_key AS (SELECT name, comment, fingerprint, public_line FROM ssh_key
              WHERE team_id NOT IN ours AND (person_id IS NULL OR person_id NOT IN who)
              UNION ALL SELECT '', '', v.fingerprint, '' FROM vm_key v WHERE v.team_id NOT IN ours
              UNION ALL SELECT v.name, '', '', v.public_line FROM vm_key v
              WHERE v.team_id NOT IN ours AND NOT EXISTS (SELECT 1 FROM ssh_key k
                WHERE k.team_id = v.team_id AND k.fingerprint = v.fingerprint AND k.person_id IN who)),
candidate(text) AS (
    SELECT j.value FROM person p, json_each(json_array(p.email, p.identity, p.name, p.workos_name,
        substr(p.identity, instr(p.identity, ':') + 1))) j WHERE p.id IN who
    UNION SELECT j.value FROM team t, json_each(json_array(t.name, t.workos_organization_id)) j
    WHERE t.id IN ours
    UNION SELECT new_email FROM email_request WHERE person_id IN who
    UNION SELECT workos_membership_id FROM membership WHERE person_id IN who
    UNION SELECT j.value FROM gone_key k, json_each(json_array(k.id, k.comment, k.fingerprint,
        substr(k.rest, 1, instr(k.rest || ' ', ' ') - 1))) j)
SELECT text FROM candidate c WHERE length(CAST(text AS BLOB)) >= 8
  AND (length(text) >= 16 OR text GLOB '*[^a-z_-]*')
  AND NOT EXISTS (SELECT 1 FROM activity a WHERE a.team_id NOT IN ours AND (instr(a.what, c.text)
    OR instr(ifnull(a.detail, ''), c.text)))
  AND NOT EXISTS (SELECT 1 FROM snapshot s WHERE s.team_id NOT IN ours AND instr(s.name, c.text))
  AND NOT EXISTS (SELECT 1 FROM person o WHERE o.id NOT IN who AND (instr(o.email, c.text)
    OR instr(o.identity, c.text) OR instr(o.name, c.text) OR instr(ifnull(o.workos_name, ''), c.text)))
  AND NOT EXISTS (SELECT 1 FROM email_request o WHERE o.person_id NOT IN who AND instr(o.new_email, c.text))
  AND NOT EXISTS (SELECT 1 FROM team o WHERE o.id NOT IN ours AND instr(o.name, c.text))
  AND NOT EXISTS (SELECT 1 FROM other_key o WHERE instr(o.name, c.text) OR instr(o.comment, c.text)
    OR instr(o.fingerprint, c.text) OR instr(o.public_line, c.text))
  AND NOT EXISTS (SELECT 1 FROM vm o WHERE instr(o.name, c.text))
  AND NOT EXISTS (SELECT 1 FROM receipt o WHERE instr(o.name, c.text))
  AND NOT EXISTS (SELECT 1 FROM ledger o WHERE instr(o.vm_name, c.text))
  AND NOT EXISTS (SELECT 1 FROM workos_object o WHERE instr(c.text, o.id))
  AND NOT EXISTS (SELECT 1 FROM policy_version o WHERE instr(o.body, c.text))
  AND NOT EXISTS (SELECT 1 FROM sqlite_schema o WHERE instr(o.sql, c.text))
/* scan ok */;

-- erasure_key_strings(team_id int, ids text) rows (text text)
-- Fingerprints and bodies of keys that are about to be deleted (a JSON array of ids), unless another key or a VM
-- has them too.
WITH gone(id, fingerprint, rest) AS (
    SELECT id, fingerprint, substr(public_line, instr(public_line, ' ') + 1) FROM ssh_key
    WHERE team_id = :team_id AND id IN (SELECT value FROM json_each(:ids))),
candidate(text) AS (SELECT j.value FROM gone g, json_each(json_array(g.fingerprint,
    substr(g.rest, 1, instr(g.rest || ' ', ' ') - 1))) j)
SELECT text FROM candidate c WHERE length(text) >= 8
  AND NOT EXISTS (SELECT 1 FROM ssh_key o WHERE (instr(o.fingerprint, c.text) OR instr(o.public_line, c.text))
    AND NOT (o.team_id = :team_id AND o.id IN (SELECT id FROM gone)))
  AND NOT EXISTS (SELECT 1 FROM vm_key o WHERE instr(o.fingerprint, c.text) OR instr(o.public_line, c.text))
/* scan ok */;

-- erasure_key_add(erasure_id text, team_id int, total int) done
INSERT INTO erasure_key (erasure_id, team_id, total) VALUES (:erasure_id, :team_id, :total);

-- erasure_key_waiting(team_id int) row
-- A deletion of keys whose search begins later: it is preceded by the log.
SELECT e.id, e.salt FROM erasure_key k JOIN erasure e ON e.id = k.erasure_id
JOIN erasure_step s ON s.erasure_id = e.id AND s.name = 'log'
WHERE k.team_id = :team_id AND s.state <> 'done' LIMIT 1;

-- erasure_key_more(erasure_id text, total int) one across teams
UPDATE erasure_key SET total = total + :total WHERE erasure_id = :erasure_id;

-- erasure_key_get(erasure_id text) row across teams
SELECT team_id, total FROM erasure_key WHERE erasure_id = :erasure_id;

-- erasure_key_list(team_id int) rows
-- Deletions of keys that are not over, each with its present step.
SELECT k.total, e.requested_at, s.name, s.state, s.answer
FROM erasure_key k JOIN erasure e ON e.id = k.erasure_id
JOIN erasure_step s ON s.erasure_id = e.id AND s.position = (SELECT min(n.position) FROM erasure_step n
    WHERE n.erasure_id = e.id AND n.state <> 'done')
WHERE k.team_id = :team_id ORDER BY e.requested_at /* sort ok */;

-- erasure_texts(after text, max int) rows (text text) across teams
-- Once the rows are gone: texts of everybody else where one that was erased may stand again, in their order.
SELECT text FROM (
    SELECT j.value AS text FROM person p LEFT JOIN email_request r ON r.person_id = p.id
        LEFT JOIN invite i ON i.person_id = p.id,
        json_each(json_array(p.email, p.identity, p.name, p.workos_name, r.new_email, i.email)) j
    UNION SELECT j.value FROM team t, json_each(json_array(t.name, t.workos_organization_id)) j
    UNION SELECT j.value FROM ssh_key k, json_each(json_array(k.name, k.comment, k.fingerprint, k.public_line)) j
    UNION SELECT j.value FROM vm_key k, json_each(json_array(k.name, k.fingerprint, k.public_line)) j
    UNION SELECT j.value FROM (SELECT json_array(email, extended_why, outcome_why) AS texts FROM rights_request
        UNION ALL SELECT json_array(to_email, vm_name, promise, url, note) FROM mail
        UNION ALL SELECT json_array(email) FROM signin_link
        UNION ALL SELECT json_array(email, note) FROM access_request
        UNION ALL SELECT json_array(name) FROM vm UNION ALL SELECT json_array(name) FROM snapshot) o, json_each(o.texts) j
    UNION SELECT j.value FROM activity a, json_each(json_array(a.what, a.detail)) j)
WHERE length(CAST(text AS BLOB)) >= 8 AND text > :after ORDER BY text LIMIT :max /* scan ok */ /* sort ok */;

-- erasure_print_add(erasure_id text, head int, length int, hash blob) done
INSERT INTO erasure_print (erasure_id, head, length, hash) VALUES (:erasure_id, :head, :length, :hash)
ON CONFLICT DO NOTHING;

-- erasure_prints(erasure_id text) rows
SELECT head, length, hash FROM erasure_print WHERE erasure_id = :erasure_id ORDER BY hash;

-- erasure_prints_delete(erasure_id text) done
DELETE FROM erasure_print WHERE erasure_id = :erasure_id;

-- erasure_salt_clear(id text) one
UPDATE erasure SET salt = NULL WHERE id = :id;

-- erasure_rest_add(erasure_id text, keep_s int) done across teams
-- What the law keeps of the teams: of each kind how much, and by when the last of it is gone. A month of the ledger
-- counts from its end, a receipt from its signature.
INSERT INTO erasure_rest (erasure_id, what, total, until_at)
SELECT :erasure_id, what, count(*), max(at) + :keep_s FROM (
    SELECT 'usage' AS what, unixepoch(l.month_at, 'unixepoch', 'start of month', '+1 month') AS at
    FROM erasure_team e JOIN ledger l ON l.team_id = e.team_id WHERE e.erasure_id = :erasure_id
    UNION ALL SELECT 'invoices', i.created_at
    FROM erasure_team e JOIN invoice i ON i.team_id = e.team_id WHERE e.erasure_id = :erasure_id
    UNION ALL SELECT 'receipts', max(r.gone_at, ifnull((SELECT s.created_at FROM signed_receipt s
        WHERE s.subject_id = r.vm_id), 0))
    FROM erasure_team e JOIN receipt r ON r.team_id = e.team_id WHERE e.erasure_id = :erasure_id
    UNION ALL SELECT 'subscriptions', b.at
    FROM erasure_team e JOIN billing_activity b ON b.team_id = e.team_id WHERE e.erasure_id = :erasure_id
    UNION ALL SELECT 'reports', u.hour_at
    FROM erasure_team e JOIN usage_report u ON u.team_id = e.team_id WHERE e.erasure_id = :erasure_id)
GROUP BY what HAVING true
ON CONFLICT DO NOTHING;

-- erasure_rest(erasure_id text) rows
SELECT what, total, until_at FROM erasure_rest WHERE erasure_id = :erasure_id ORDER BY what;

-- erasure_overdue(before_at int) row (total int)
SELECT count(*) AS total FROM erasure WHERE state <> 'done' AND due_at < :before_at;

-- erasure_left() row (total int) across teams
-- Rows whose person or team is gone, closed accounts that nothing deletes, and what a search has left.
SELECT (SELECT count(*) FROM pragma_foreign_key_check)
     + (SELECT count(*) FROM billing_activity b WHERE b.person_id IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM person p WHERE p.id = b.person_id) /* scan ok */)
     + (SELECT count(*) FROM person p WHERE p.closed_at IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM erasure e WHERE e.person_id = p.id) /* scan ok */)
     + (SELECT count(*) FROM team t WHERE t.closed_at IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM erasure_team e WHERE e.team_id = t.id))
     + (SELECT count(*) FROM erasure e WHERE e.state = 'done' AND (e.person_id IS NOT NULL
        OR e.salt IS NOT NULL OR EXISTS (SELECT 1 FROM erasure_print p WHERE p.erasure_id = e.id)
        OR EXISTS (SELECT 1 FROM erasure_team t WHERE t.erasure_id = e.id)) /* scan ok */) AS total;

-- erasure_delete_old(before_at int, max int) done
DELETE FROM erasure WHERE state = 'done' AND ended_at < :before_at LIMIT :max /* scan ok */;

-- erasure_count_old(before_at int) row (total int, oldest_at int)
SELECT count(*) AS total, ifnull(min(ended_at), 0) AS oldest_at FROM erasure
WHERE state = 'done' AND ended_at < :before_at /* scan ok */;
