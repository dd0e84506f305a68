-- ledger_day_add(team_id int, month_at int, day int, parts int, storage_parts int) done
-- As ledger_sum_add.
INSERT INTO ledger_day (team_id, month_at, day, parts, storage_parts)
VALUES (:team_id, :month_at, :day, :parts, :storage_parts)
ON CONFLICT (team_id, month_at, day) DO UPDATE SET
    parts = parts + min(:parts, 9223372036854775807 - parts),
    storage_parts = storage_parts + min(:storage_parts, 9223372036854775807 - storage_parts);

-- ledger_day_list(team_id int, month_at int) rows
SELECT day, parts, storage_parts FROM ledger_day WHERE team_id = :team_id AND month_at = :month_at;

-- ledger_day_clear(from_month_at int) done across teams
DELETE FROM ledger_day WHERE month_at >= :from_month_at;

-- ledger_day_reckon(from_month_at int) done across teams
INSERT INTO ledger_day SELECT * FROM ledger_day_reckoned WHERE month_at >= :from_month_at /* scan ok */ /* sort ok */;

-- ledger_day_delete_old(before_at int, max int) done across teams
DELETE FROM ledger_day WHERE month_at < :before_at LIMIT :max;

-- ledger_day_count_old(before_at int) row (total int, oldest_at int) across teams
SELECT count(*) AS total, ifnull(min(month_at), 0) AS oldest_at FROM ledger_day
WHERE month_at < :before_at;
