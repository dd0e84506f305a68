-- suspension_begin_person(id int, reason text, now_at int) done
-- Nothing changes if it is suspended already.
UPDATE person SET suspended_at = :now_at, suspended_reason = :reason WHERE id = :id AND suspended_at IS NULL;

-- suspension_end_person(id int) done
UPDATE person SET suspended_at = NULL, suspended_reason = NULL WHERE id = :id AND suspended_at IS NOT NULL;

-- suspension_begin_team(team_id int, reason text, now_at int) done
UPDATE team SET suspended_at = :now_at, suspended_reason = :reason WHERE id = :team_id AND suspended_at IS NULL;

-- suspension_end_team(team_id int) done
UPDATE team SET suspended_at = NULL, suspended_reason = NULL WHERE id = :team_id AND suspended_at IS NOT NULL;

-- suspension_of_person(id int) row (suspended_at int, reason text)
-- NOT_FOUND: the account is not suspended.
SELECT suspended_at, suspended_reason AS reason FROM person WHERE id = :id AND suspended_at IS NOT NULL;

-- suspension_owners(team_id int) rows (email text)
-- Who is told about their team.
SELECT p.email AS email FROM membership m JOIN person p ON p.id = m.person_id
WHERE m.team_id = :team_id AND m.role = 'owner' AND p.closed_at IS NULL;

-- suspension_clocks(team_id int, now_at int) done
-- When it is over: what was due meanwhile, by the lives and schedules of its VMs, does not count.
UPDATE vm SET clock_at = :now_at, warned_at = NULL, run_done_at = :now_at, snapshot_done_at = :now_at
WHERE team_id = :team_id AND gone_at IS NULL;
