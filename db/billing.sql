-- billing_get(team_id int) row
SELECT status, status_at, until_at, customer_key, customer_id, checkout_id, subscription_id, stripe_status,
       started_at, ended_at, cancel_at, trial_end_at, period_start_at, period_end_at,
       next_attempt_at, metered_until_at
FROM billing WHERE team_id = :team_id;

-- billing_open(team_id int, customer_key text, now_at int) done
-- Create the row of a team; no change if it exists.
INSERT INTO billing (team_id, status, status_at, customer_key)
VALUES (:team_id, 'none', :now_at, :customer_key) ON CONFLICT (team_id) DO NOTHING;

-- billing_by_customer(customer_id text) row across teams
SELECT team_id, checkout_id FROM billing WHERE customer_id = :customer_id;

-- billing_by_subscription(subscription_id text) row across teams
SELECT team_id FROM billing WHERE subscription_id = :subscription_id;

-- billing_set_customer(team_id int, customer_id text?, customer_key text) one
UPDATE billing SET customer_id = :customer_id, customer_key = :customer_key WHERE team_id = :team_id;

-- billing_set_checkout(team_id int, checkout_id text?) one
UPDATE billing SET checkout_id = :checkout_id WHERE team_id = :team_id;

-- billing_set_subscription(team_id int, subscription_id text, stripe_status text, started_at int, ended_at int?, cancel_at int?, trial_end_at int?, period_start_at int?, period_end_at int?, next_attempt_at int?, hour_at int) one
-- Store the subscription as fetched from Stripe. Usage counts from `hour_at` if it is a new one, and
-- without a gap if the one before had not ended when it started.
UPDATE billing SET checkout_id = NULL,
    metered_until_at = CASE WHEN subscription_id IS :subscription_id
                              OR (subscription_id IS NOT NULL
                                  AND ifnull(ended_at, :started_at) >= :started_at)
                            THEN metered_until_at
                            ELSE max(ifnull(metered_until_at, 0), :hour_at) END,
    subscription_id = :subscription_id, stripe_status = :stripe_status, started_at = :started_at,
    ended_at = :ended_at, cancel_at = :cancel_at, trial_end_at = :trial_end_at,
    period_start_at = :period_start_at, period_end_at = :period_end_at,
    next_attempt_at = :next_attempt_at
WHERE team_id = :team_id;

-- billing_set_status(team_id int, status text, now_at int, until_at int?) one
UPDATE billing SET status = :status, status_at = :now_at, until_at = :until_at, warned_at = NULL
WHERE team_id = :team_id;

-- billing_set_until(team_id int, until_at int?) one
UPDATE billing SET until_at = :until_at WHERE team_id = :team_id;

-- billing_due(now_at int, after int) row across teams
-- The next team after team `after` whose timed status change is due.
SELECT team_id FROM billing
WHERE team_id > :after AND +status IN ('past_due', 'suspended') AND until_at <= :now_at
ORDER BY team_id LIMIT 1;

-- billing_to_warn(until_at int) rows across teams
-- Suspended teams whose VMs will be destroyed before `until_at` and who have not been warned.
SELECT team_id, until_at FROM billing
WHERE status = 'suspended' AND until_at <= :until_at AND warned_at IS NULL;

-- billing_set_warned(team_id int, now_at int) one
UPDATE billing SET warned_at = :now_at WHERE team_id = :team_id;

-- billing_to_clear() rows across teams
-- VMs that run, or exist, although the billing status does not allow it.
SELECT v.team_id, v.id, v.name, v.state, b.status FROM billing b JOIN vm v ON v.team_id = b.team_id
WHERE b.status IN ('suspended', 'ended') AND v.gone_at IS NULL;

-- billing_to_sync(synced_at int, checkout_synced_at int, after int) row across teams
-- The next customer after team `after` whose last sync is too old; a shorter limit applies while
-- they may have just paid.
SELECT team_id, customer_id, checkout_id FROM billing
WHERE team_id > :after AND customer_id IS NOT NULL
  AND ifnull(synced_at, 0) <= CASE WHEN checkout_id IS NULL THEN :synced_at
                                   ELSE :checkout_synced_at END
ORDER BY team_id LIMIT 1;

-- billing_set_synced(team_id int, now_at int) one
UPDATE billing SET synced_at = :now_at WHERE team_id = :team_id;

-- billing_set_over(team_id int, now_at int) one
-- Mark the subscription as ended because its customer was deleted.
UPDATE billing SET stripe_status = 'canceled', ended_at = :now_at, checkout_id = NULL
WHERE team_id = :team_id;

-- billing_metered(after int) row across teams
-- The next team after team `after` with metered usage to report.
SELECT team_id, customer_id, ended_at, metered_until_at, compared_at FROM billing
WHERE team_id > :after AND customer_id IS NOT NULL AND subscription_id IS NOT NULL
ORDER BY team_id LIMIT 1;

-- billing_set_metered(team_id int, until_at int) one
UPDATE billing SET metered_until_at = :until_at WHERE team_id = :team_id;

-- billing_set_compared(team_id int, now_at int) one
UPDATE billing SET compared_at = :now_at WHERE team_id = :team_id;

-- billing_list() rows (team text, open_pushes int) across teams
-- Overview for the operator.
SELECT b.team_id, t.name AS team, b.status, b.status_at, b.until_at, b.stripe_status, b.customer_id,
       b.subscription_id,
       (SELECT count(*) FROM usage_report p WHERE p.team_id = b.team_id
          AND p.state IN ('new', 'sent')) AS open_pushes
FROM billing b JOIN team t ON t.id = b.team_id ORDER BY b.team_id /* scan ok */;

-- billing_owners(team_id int) rows
-- Recipients of billing mails.
SELECT p.id, p.email FROM membership m JOIN person p ON p.id = m.person_id
WHERE m.team_id = :team_id AND m.role = 'owner';

-- billing_team_name(team_id int) row
SELECT name FROM team WHERE id = :team_id;
