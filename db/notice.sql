-- notice_person(person_id int, kind text) row (is_off int)
-- Where a person is written to, and whether that is turned off: nobody whose account is restricted or suspended gets what
-- can be turned off (`kind` not empty).
SELECT p.email, p.closed_at,
       :kind <> '' AND (p.restricted_at IS NOT NULL OR p.suspended_at IS NOT NULL)
       OR EXISTS (SELECT 1 FROM mail_off o WHERE o.person_id = p.id AND o.kind = :kind) AS is_off
FROM person p WHERE p.id = :person_id;

-- notice_list(person_id int) row (is_budget_off int, is_idle_off int, weekly_at int)
-- What a person chose; `weekly_at`: since when the weekly summary is on, 0: it is off.
SELECT EXISTS (SELECT 1 FROM mail_off WHERE person_id = :person_id AND kind = 'budget') AS is_budget_off,
       EXISTS (SELECT 1 FROM mail_off WHERE person_id = :person_id AND kind = 'idle') AS is_idle_off,
       ifnull((SELECT since_at FROM weekly_summary WHERE person_id = :person_id), 0) AS weekly_at;

-- notice_turn_off(person_id int, kind text, now_at int) done
INSERT INTO mail_off (person_id, kind, off_at) VALUES (:person_id, :kind, :now_at)
ON CONFLICT (person_id, kind) DO NOTHING;

-- notice_turn_on(person_id int, kind text) done
DELETE FROM mail_off WHERE person_id = :person_id AND kind = :kind;

-- notice_owners(team_id int) rows
-- Who is told what concerns a team as a whole.
SELECT m.person_id FROM membership m WHERE m.team_id = :team_id AND m.role = 'owner';

-- notice_weekly_add(person_id int, token text, now_at int) done
-- The first summary is that of the next Monday.
INSERT INTO weekly_summary (person_id, token, since_at, done_at)
VALUES (:person_id, :token, :now_at, :now_at) ON CONFLICT (person_id) DO NOTHING;

-- notice_weekly_delete(person_id int) done
DELETE FROM weekly_summary WHERE person_id = :person_id;

-- notice_weekly_of(person_id int) row
SELECT token FROM weekly_summary WHERE person_id = :person_id;

-- notice_weekly_by_token(token text) row
SELECT person_id FROM weekly_summary WHERE token = :token;

-- notice_weekly_due(due_at int, max int) rows
-- Whose summary of that Monday is not queued yet.
SELECT person_id FROM weekly_summary WHERE done_at < :due_at ORDER BY done_at LIMIT :max;

-- notice_weekly_done(person_id int, due_at int) one
-- NOT_FOUND: it is, or the person has turned it off.
UPDATE weekly_summary SET done_at = :due_at WHERE person_id = :person_id AND done_at < :due_at;

-- notice_week(team_id int, from_at int, until_at int) row (vms int, failed int, silent int, created int, destroyed int, snapshots int, snapshot_gb int)
-- What a summary says of a team's VMs, besides usage: those that there are, and what became of them in that time. The
-- record of a destroyed VM may be gone already; its receipt is not.
SELECT (SELECT count(*) FROM vm_entry v WHERE v.team_id = :team_id AND v.created_at < :until_at) AS vms,
       (SELECT count(*) FROM vm v WHERE v.team_id = :team_id AND v.gone_at IS NULL AND v.state = 'failed') AS failed,
       (SELECT count(*) FROM vm v WHERE v.team_id = :team_id AND v.gone_at IS NULL AND v.unresponsive_at IS NOT NULL) AS silent,
       (SELECT count(*) FROM vm v WHERE v.team_id = :team_id AND v.gone_at IS NULL
          AND v.created_at >= :from_at AND v.created_at < :until_at)
       + (SELECT count(*) FROM receipt r WHERE r.team_id = :team_id AND r.gone_at >= :from_at
          AND r.created_at >= :from_at AND r.created_at < :until_at) AS created,
       (SELECT count(*) FROM receipt r WHERE r.team_id = :team_id
          AND r.gone_at >= :from_at AND r.gone_at < :until_at) AS destroyed,
       (SELECT count(*) FROM snapshot s WHERE s.team_id = :team_id AND s.state <> 'failed') AS snapshots,
       ifnull((SELECT sum(s.disk_gb) FROM snapshot s WHERE s.team_id = :team_id AND s.state <> 'failed'), 0) AS snapshot_gb;
