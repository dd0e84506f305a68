-- ledger_sum_add(team_id int, month_at int, vm_id text, until_at int, running_s int, stopped_s int, unbilled_s int, stretches int, parts int) done
-- A sum that is too large stays at the largest integer, as in ledger_cost.c.
INSERT INTO ledger_sum (team_id, month_at, vm_id, until_at, running_s, stopped_s, unbilled_s,
                        stretches, parts)
VALUES (:team_id, :month_at, :vm_id, :until_at, :running_s, :stopped_s, :unbilled_s, :stretches,
        :parts)
ON CONFLICT (team_id, month_at, vm_id) DO UPDATE SET until_at = :until_at,
    running_s = running_s + :running_s, stopped_s = stopped_s + :stopped_s,
    unbilled_s = unbilled_s + :unbilled_s, stretches = stretches + :stretches,
    parts = parts + min(:parts, 9223372036854775807 - parts);

-- ledger_sum_list(team_id int, month_at int, first_vm_id text, max int) rows
-- A team's month from a VM on, by VM.
SELECT vm_id, running_s, stopped_s, unbilled_s, stretches, parts FROM ledger_sum
WHERE team_id = :team_id AND month_at = :month_at AND vm_id >= :first_vm_id
ORDER BY vm_id LIMIT :max;

-- ledger_sum_clear(from_month_at int) done across teams
DELETE FROM ledger_sum WHERE month_at >= :from_month_at;

-- ledger_sum_reckon(from_month_at int) done across teams
INSERT INTO ledger_sum SELECT * FROM ledger_sum_reckoned WHERE month_at >= :from_month_at /* scan ok */ /* sort ok */;

-- ledger_sum_delete_old(before_at int, max int) done across teams
DELETE FROM ledger_sum WHERE month_at < :before_at LIMIT :max;

-- ledger_sum_count_old(before_at int) row (total int, oldest_at int) across teams
SELECT count(*) AS total, ifnull(min(month_at), 0) AS oldest_at FROM ledger_sum
WHERE month_at < :before_at;
