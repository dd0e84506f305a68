-- session_get(id_hash blob, now_at int) row (authenticated_at int, email text, name text, theme text, is_uncounted int, restricted_at int, team_name text, role text, is_shared int, policy_at int, suspended_reason text) across teams
-- The browser's session unless expired. Person and role are current: a removed
-- member loses access at the next request. `policy_at` is from when a change of the policy is in
-- force that this person has not acknowledged; 0: none. `suspended_reason`: why the team is suspended; NULL: it is not.
SELECT s.id_hash, s.handle, s.person_id, s.current_team_id, s.csrf_secret, ifnull(s.authenticated_at, s.created_at) AS authenticated_at, s.seen_at, s.expires_at,
       s.notice, s.workos_session_id, s.workos_state_hash, s.workos_verifier, s.return_path,
       p.email AS email, p.name AS name, p.theme AS theme,
       ifnull(p.is_uncounted, 0) AS is_uncounted, ifnull(p.restricted_at, 0) AS restricted_at, t.name AS team_name, m.role AS role,
       t.personal_of IS NULL AS is_shared,
       ifnull((SELECT v.effective_at FROM policy_version v
               WHERE v.changes <> '' AND v.effective_at > p.created_at AND v.withdrawn_at IS NULL AND NOT EXISTS (
                   SELECT 1 FROM policy_ack a WHERE a.person_id = p.id AND a.version >= v.number)
               ORDER BY v.number DESC LIMIT 1 /* scan ok */), 0) AS policy_at,
       t.suspended_reason AS suspended_reason
FROM session s
LEFT JOIN person p ON p.id = s.person_id
LEFT JOIN team t ON t.id = s.current_team_id
LEFT JOIN membership m ON m.team_id = s.current_team_id AND m.person_id = s.person_id
WHERE s.id_hash = :id_hash AND s.idle_at > :now_at AND s.expires_at > :now_at;

-- session_create(id_hash blob, handle text, person_id int?, team_id int?, csrf_secret blob, browser text, workos_session_id text?, authenticated_at int, now_at int, idle_at int, expires_at int) done
INSERT INTO session (id_hash, handle, person_id, current_team_id, csrf_secret, browser,
                     workos_session_id, authenticated_at, created_at, seen_at, idle_at, expires_at)
VALUES (:id_hash, :handle, :person_id, :team_id, :csrf_secret, :browser,
        :workos_session_id, nullif(min(:authenticated_at, :now_at), 0), :now_at, :now_at, :idle_at, :expires_at);

-- session_seen(id_hash blob, now_at int, idle_at int) done
UPDATE session SET seen_at = :now_at, idle_at = min(:idle_at, expires_at) WHERE id_hash = :id_hash;

-- session_delete(id_hash blob) done
DELETE FROM session WHERE id_hash = :id_hash;

-- session_set_notice(id_hash blob, notice text?) done
UPDATE session SET notice = :notice WHERE id_hash = :id_hash;

-- session_set_return(id_hash blob, return_path text?) done
UPDATE session SET return_path = :return_path WHERE id_hash = :id_hash;

-- session_set_workos(id_hash blob, state_hash blob, verifier text, expires_at int) done
-- Start a sign-in: resets the expiry of a signed-out session to that of a new one.
UPDATE session SET workos_state_hash = :state_hash, workos_verifier = :verifier,
                   idle_at = CASE WHEN person_id IS NULL THEN :expires_at ELSE idle_at END,
                   expires_at = CASE WHEN person_id IS NULL THEN :expires_at ELSE expires_at END
WHERE id_hash = :id_hash;

-- session_clear_workos(id_hash blob, state_hash blob) done
-- Changes the row exactly once, even with concurrent callbacks.
UPDATE session SET workos_state_hash = NULL, workos_verifier = NULL
WHERE id_hash = :id_hash AND workos_state_hash = :state_hash;

-- session_list(person_id int, id_hash blob, now_at int, max int) rows
-- The sessions of a person: this one (id_hash), then the newest first.
SELECT handle, browser, created_at, seen_at, id_hash FROM session
WHERE person_id = :person_id AND idle_at > :now_at AND expires_at > :now_at
ORDER BY id_hash = :id_hash DESC, created_at DESC LIMIT :max /* sort ok */;

-- session_delete_by_handle(person_id int, handle text) one
DELETE FROM session WHERE person_id = :person_id AND handle = :handle;

-- session_delete_others(person_id int, id_hash blob) done
DELETE FROM session WHERE person_id = :person_id AND id_hash <> :id_hash;

-- session_delete_old(before_at int, max int) done
DELETE FROM session WHERE min(expires_at, idle_at) < :before_at LIMIT :max /* scan ok */;

-- session_count_old(before_at int) row (total int, oldest_at int)
SELECT count(*) AS total, ifnull(min(min(expires_at, idle_at)), 0) AS oldest_at FROM session
WHERE min(expires_at, idle_at) < :before_at /* scan ok */;

-- session_delete_of_person(person_id int) done
DELETE FROM session WHERE person_id = :person_id;

-- session_delete_of_member(person_id int, team_id int) done
-- Delete the sessions in a team of a person who has left it.
DELETE FROM session WHERE person_id = :person_id AND current_team_id = :team_id;

-- session_delete_of_team(team_id int) done
DELETE FROM session WHERE current_team_id = :team_id /* scan ok */;

-- session_of_workos(workos_session_id text) row
-- Who is signed in by it.
SELECT person_id FROM session WHERE workos_session_id = :workos_session_id AND person_id IS NOT NULL LIMIT 1 /* scan ok */;

-- session_delete_of_workos(workos_session_id text) done
DELETE FROM session WHERE workos_session_id = :workos_session_id /* scan ok */;

-- session_of_member(person_id int, team_id int) rows
SELECT id_hash FROM session WHERE person_id = :person_id AND current_team_id = :team_id;

-- session_switch(id_hash blob, new_hash blob, handle text, csrf_secret blob, team_id int?, notice text?) one
-- To another team: with another name and secret, so that no page or form of the former team acts in this one.
UPDATE session SET id_hash = :new_hash, handle = :handle, csrf_secret = :csrf_secret, current_team_id = :team_id,
                   notice = :notice
WHERE id_hash = :id_hash;

-- session_set_invite(id_hash blob, invite_hash blob?) done
UPDATE session SET invite_hash = :invite_hash WHERE id_hash = :id_hash;

-- session_invite(id_hash blob) row
SELECT invite_hash FROM session WHERE id_hash = :id_hash;

-- session_move_invite(from_hash blob, to_hash blob) done
-- To the session that a sign-in begins.
UPDATE session SET invite_hash = (SELECT f.invite_hash FROM session f WHERE f.id_hash = :from_hash) WHERE id_hash = :to_hash;
