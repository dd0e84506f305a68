-- invoice_save(team_id int, created_at int, id text, number text?, status text, currency text, total_cents int, remaining_cents int, period_start_at int, period_end_at int) done
-- Does not change the stored usage amounts.
INSERT INTO invoice (team_id, created_at, id, number, status, currency, total_cents,
                     remaining_cents, period_start_at, period_end_at)
VALUES (:team_id, :created_at, :id, :number, :status, :currency, :total_cents, :remaining_cents,
        :period_start_at, :period_end_at)
ON CONFLICT (team_id, created_at, id) DO UPDATE SET
    number = :number, status = :status, total_cents = :total_cents,
    remaining_cents = :remaining_cents, period_start_at = :period_start_at,
    period_end_at = :period_end_at;

-- invoice_set_usage(team_id int, id text, usage_cents int, ledger_cents int) one
UPDATE invoice SET usage_cents = :usage_cents, ledger_cents = :ledger_cents
WHERE team_id = :team_id AND id = :id;

-- invoice_list(team_id int, max int) rows
SELECT id, number, status, currency, total_cents, remaining_cents, created_at, period_start_at,
       period_end_at
FROM invoice WHERE team_id = :team_id AND status <> 'draft' ORDER BY created_at DESC, id LIMIT :max;

-- invoice_get(team_id int, id text) row
SELECT id, number, status, currency, total_cents, remaining_cents, created_at, usage_cents,
       ledger_cents
FROM invoice WHERE team_id = :team_id AND id = :id;

-- invoice_to_pay(team_id int) row
-- The oldest open invoice.
SELECT id FROM invoice WHERE team_id = :team_id AND status = 'open' ORDER BY created_at LIMIT 1;

-- invoice_unpaid(team_id int) row (remaining_cents int)
-- Total of all open invoices.
SELECT ifnull(sum(remaining_cents), 0) AS remaining_cents FROM invoice
WHERE team_id = :team_id AND status = 'open';

-- invoice_delete_old(before_at int, max int) done across teams
DELETE FROM invoice WHERE created_at < :before_at LIMIT :max /* scan ok */;

-- invoice_count_old(before_at int) row (total int, oldest_at int) across teams
SELECT count(*) AS total, ifnull(min(created_at), 0) AS oldest_at FROM invoice
WHERE created_at < :before_at /* scan ok */;
