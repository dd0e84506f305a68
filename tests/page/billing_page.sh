#!/bin/bash
# Pages of cgi/billing.c: a team's billing status, requests, the return from the payment page; and the effect
# of a plan on other pages.
. "$(dirname "$0")/lib.sh"

bills() {
    fresh
    printf '[billing]\nbilling = stripe\nbase_cents = 2000\n' >>"$state/domicile.conf"
}
# Set columns of the team's row: COLUMN=VALUE...
stands() {
    sql "INSERT OR IGNORE INTO billing (team_id, status, status_at, customer_key) VALUES (1, 'none', 1767225600, 'k');
        UPDATE billing SET $1 WHERE team_id = 1;"
}
live="customer_id = 'cus_1', subscription_id = 'sub_1', stripe_status = 'active', started_at = 1767225600, period_end_at = 1769904000"

# ---- billing off: no such pages ----
route "GET /billing"
as alice get /billing ; expect 404
nobody get /billing ; expect 404
as alice post /billing/subscribe ; expect 404
as alice get /billing/cancel ; expect 404
as alice get /vms ; expect 200 vms.html
expect_no_text 'href="/billing"'

# ---- a team's status ----
bills
nobody get /billing ; expect 303 /signin?return=/billing
as alice get /billing ; expect 200 billing_none.html
as carol get /billing ; expect 200 billing_member.html
expect_no_text "plan-button"
as dave get /billing ; expect 403
stands "$live, status = 'trial', stripe_status = 'trialing', trial_end_at = 1768521600, until_at = 1768521600"
as alice get /billing ; expect 200 billing_trial.html
stands "status = 'active', stripe_status = 'active', until_at = NULL"
as alice get /billing ; expect 200 billing_active.html
sql "INSERT INTO billing_problem VALUES ('items-1', 1, 1767225600, 'subscription sub_1 has no item', '<i>Use is not charged.</i>'),
    ('use-1', 1, 1767225600, 'Stripe counts otherwise', NULL), ('items-2', 2, 1767225600, 'of others', 'Of others.');"
as alice get /billing ; expect 200 billing_problem.html
expect_no_text "Your plan is active"
expect_no_text "Of others"
expect_no_text "Stripe counts otherwise"
as carol get /billing ; expect 200
expect_no_text "Use is not charged"
sql "DELETE FROM billing_problem"
nobody get /billing/cancel ; expect 303 /signin?return=/billing/cancel
as carol get /billing/cancel ; expect 403
as alice get /billing/cancel ; expect 200 billing_cancel.html
stands "status = 'trial'"
as alice get /billing/cancel ; expect_text "Nothing is charged."
stands "status = 'active', cancel_at = 1769904000"
as alice get /billing ; expect 200 billing_cancelled.html
as alice get /billing/cancel ; expect 303 /billing
stands "cancel_at = NULL, status = 'past_due', stripe_status = 'past_due', until_at = 1770508800, next_attempt_at = 1770163200"
sql "INSERT INTO invoice VALUES (1, 1769904000, 'in_2', 'D-0002', 'open', 'eur', 3451, 3451, 1767225600, 1769904000, NULL, NULL),
    (1, 1767225600, 'in_1', 'D-0001', 'paid', 'eur', 2380, 0, 1767225600, 1767225600, NULL, NULL),
    (1, 1767225601, 'in_3', NULL, 'draft', 'eur', 1, 1, 1767225600, 1767225600, NULL, NULL),
    (1, 1767225602, 'in_4', '\"><script>alert(1)</script>', 'dreaming', 'sek', -120, 0, 1767225600, 1767225600, NULL, NULL),
    (2, 1767225600, 'in_9', 'BOB-1', 'paid', 'eur', 999, 0, 1767225600, 1767225600, NULL, NULL);
    INSERT INTO billing_activity VALUES (1, 1767225600, 'a', 'Subscription started', NULL, NULL),
    (1, 1767225700, 'b', 'Refunded', '€5.00', NULL), (1, 1767225800, 'c', 'Plan canceled', NULL, 3);"
as alice get /billing ; expect 200 billing_past_due.html
expect_no_text BOB-1
expect_no_text "<script>alert"
as carol get /billing ; expect 200
expect_no_text D-0001
stands "status = 'suspended', until_at = 1772323200"
as alice get /billing ; expect 200 billing_suspended.html
stands "stripe_status = 'canceled', ended_at = 1769904000"
as alice get /billing ; expect 200 billing_over.html
stands "status = 'ended', until_at = NULL"
as alice get /billing ; expect 200 billing_ended.html
as alice with HTTP_HX_REQUEST=true raw GET /billing ; expect 200 fragment_billing.html

# ---- the plan's effect on other pages ----
bills
as alice get /vms ; expect 200
expect_text 'href="/billing"'
as alice get /vms/new ; expect 200
expect_text "Subscribe on the billing page first"
expect_text "disabled aria-describedby=\"full\""
expect_text 'id="mend" href="/billing"'
expect_text "<h2>Summary</h2>"
as alice post /vms name=fresh image=tiny size=nano region=local key=keykeykeykeykey2 ; expect 422
expect_row "SELECT count(*) FROM vm WHERE name = 'fresh'" 0
stands "$live, status = 'active'"
sql "UPDATE vm SET gone_at = 1, state = 'gone' WHERE name = 'ci-runner-7'"
as alice post /vms name=fresh image=tiny size=nano region=local key=keykeykeykeykey2 ; expect 303
sql "DELETE FROM activity WHERE vm_id = (SELECT id FROM vm WHERE name = 'fresh'); DELETE FROM vm WHERE name = 'fresh'"
stands "status = 'past_due', until_at = 1770508800"
as alice get /vms ; expect 200 vms_past_due.html
as carol get /vms ; expect 200
expect_no_text "A payment has failed"
as alice get /vms/new ; expect_text "A payment is past due"
as alice post /vms/stoppedstoppedst/start ; expect 303
sql "PRAGMA foreign_keys=ON; DELETE FROM job WHERE state = 'queued'; UPDATE vm SET state = 'stopped' WHERE id = 'stoppedstoppedst'"
stands "status = 'suspended'"
as alice get /vms ; expect 200
expect_text "They will be destroyed on 8 Feb 2026, 00:00 UTC"
expect_text 'value="stoppedstoppedst" disabled>'
expect_text '€0.75<small>a month</small>'
as alice get /vms/stoppedstoppedst ; expect 200
expect_text "Your team’s plan is suspended"
expect_no_text 'id="start"'
as alice post /vms/stoppedstoppedst/start ; expect 409
as alice post /vms/failedfailedfail/retry ; expect 409
as alice post /vms/runningrunningru/restart ; expect 409
as alice post /vms/runningrunningru/stop ; expect 303
as alice post /vms/failedfailedfail/destroy name=a23456789012345678901234567890123456789012345678901234567890123 ; expect 303

# ---- requests ----
route "POST /billing/subscribe"
bills
nobody post /billing/subscribe ; expect 303 "/signin?return=/billing&ended=1"
as carol post /billing/subscribe ; expect 403
as dave post /billing/subscribe ; expect 403
as alice post_bare /billing/subscribe ; expect 403
as alice post /billing/subscribe ; expect 303
expect_row "SELECT kind, state, j.team_id, person_id, url FROM job j JOIN billing_request b ON b.job_id = j.id" "checkout|queued|1|1|"
expect_row "SELECT status, customer_id FROM billing WHERE team_id = 1" "none|"
request=$(sql "SELECT job_id FROM billing_request")

route "GET /billing/requests/:id"
nobody get "/billing/requests/$request" ; expect 303
as carol get "/billing/requests/$request" ; expect 403
as bob get "/billing/requests/$request" ; expect 404
as alice get /billing/requests/aaaaaaaaaaaaaaaa ; expect 404
as alice get "/billing/requests/$request" ; expect 200 billing_request.html
expect_text "Refresh: 1; url=/billing/requests/$request"
sql "UPDATE job SET state = 'done' WHERE subject_kind <> 'vm'; UPDATE billing_request SET url = 'https://checkout.stripe.com/c/pay/cs_1#x'"
as alice get "/billing/requests/$request" ; expect 200 billing_request_done.html
expect_text "Refresh: 0; url=https://checkout.stripe.com/c/pay/cs_1#x"
sql "UPDATE billing_request SET url = NULL"
as alice get "/billing/requests/$request" ; expect 303 /billing
sql "UPDATE job SET state = 'failed' WHERE subject_kind <> 'vm'; UPDATE billing_request SET problem = 'Stripe can’t be reached at the moment.'"
as alice get "/billing/requests/$request" ; expect 200 billing_request_failed.html
expect_no_text "Refresh:"

for deed in cancel resume portal card; do
    sql "DELETE FROM billing_request; DELETE FROM job WHERE subject_kind <> 'vm'"
    as carol post "/billing/$deed" ; expect 403
    as alice post "/billing/$deed" ; expect 303
    expect_row "SELECT kind FROM job WHERE subject_kind <> 'vm'" "$deed"
done
route "POST /billing/cancel"
route "GET /billing/cancel"
route "POST /billing/resume"
route "POST /billing/portal"
route "POST /billing/card"
route "POST /billing/pay"
sql "DELETE FROM billing_request; DELETE FROM job WHERE subject_kind <> 'vm'"
as carol post /billing/pay ; expect 403
as alice post /billing/pay ; expect 303
sql "INSERT INTO invoice VALUES (1, 2, 'in_late', 'D-3', 'open', 'eur', 5, 5, 1, 1, NULL, NULL), (1, 1, 'in_later', 'D-2', 'open', 'eur', 5, 5, 1, 1, NULL, NULL)"
as alice post /billing/pay ; expect 303
expect_row "SELECT group_concat(kind || ':' || subject_id) FROM (SELECT * FROM job WHERE subject_kind <> 'vm' ORDER BY kind)" "card:1,invoice:in_later"
sql "DELETE FROM billing_request; DELETE FROM job WHERE subject_kind <> 'vm'; DELETE FROM invoice"
for _ in 1 2 3 4 5; do as alice post /billing/portal ; expect 303; done
as alice post /billing/portal ; expect 429

route "POST /billing/invoices/:id"
route "POST /billing/invoices/:id/pdf"
sql "DELETE FROM billing_request; DELETE FROM job WHERE subject_kind <> 'vm'; INSERT INTO invoice VALUES
    (1, 1, 'in_1', 'D-1', 'paid', 'eur', 1, 0, 1, 1, NULL, NULL), (2, 1, 'in_9', 'B-1', 'paid', 'eur', 1, 0, 1, 1, NULL, NULL);"
as alice post /billing/invoices/in_1 ; expect 303
as alice post /billing/invoices/in_1/pdf ; expect 303
expect_row "SELECT group_concat(kind || ':' || subject_id) FROM (SELECT * FROM job WHERE subject_kind <> 'vm' ORDER BY kind)" "invoice:in_1,pdf:in_1"
as alice post /billing/invoices/in_9 ; expect 404
as alice post /billing/invoices/in_0/pdf ; expect 404
as carol post /billing/invoices/in_1 ; expect 403

# ---- return from the payment page ----
route "GET /billing/return"
bills
nobody get /billing/return ; expect 303
as alice get /billing/return ; expect 200 billing_return.html
expect_text "Refresh: 2; url=/billing/return"
as alice get "/billing/return?session_id=cs_1" ; expect 200
stands "$live, status = 'active'"
as alice get /billing/return ; expect 303 /billing

# ---- the operator ----
sql "INSERT INTO billing_problem VALUES ('invoice-in_1', 1, 1767225600, 'invoice in_1 charges 900 cents for use, the ledger says 0', NULL),
    ('meter-evt', NULL, 1767225601, '<b>There is 1 invalid event</b>', NULL);"
as alice get /operator ; expect_text '<a class="state bad" href="/operator/billing">2 found</a>'
as alice get /operator/billing ; expect 200 operator_billing.html
expect_row "SELECT count(*) FROM billing_problem" 2
finish
