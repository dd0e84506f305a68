#!/bin/bash
# Pages of cgi/operator.c: the state of the server, and the admin's lists.
. "$(dirname "$0")/lib.sh"

many() { sql "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60) $1"; }
long=$(printf 'a2345678%.0s' {1..12})

route "GET /operator"
nobody get /operator ; expect 303 /signin?return=/operator
as bob get /operator ; expect 403
as alice get /operator ; expect 200 operator.html
expect_text '<span class="of">of 16 GB, used by running VMs</span>' ; expect_text '<span class="whole">250 GB</span> free' ; expect_text '8 vCPUs, 16 GB'
sqlite3 "$state/data/main.db" "UPDATE region_status SET vcpus = 0, memory_mb = 0, disk_gb = 0, free_gb = 0"
as alice get /operator ; expect_no_text "by running VMs" ; expect_no_text "</span> free" ; expect_text '<td data-th="Capacity">Not reported yet</td>'
sqlite3 "$state/data/main.db" "INSERT INTO promise SELECT value, 0, 't', 's', 'm', 300, value, 'count', 0, 0, 'e', unixepoch(), 1, NULL
    FROM json_each('[\"green\", \"unknown\"]')"
as alice get /operator ; expect_text '<a class="state off" href="/status">1 of 2 kept</a>'
sqlite3 "$state/data/main.db" "UPDATE promise SET state = 'red' WHERE id = 'green'"
as alice get /operator ; expect_text '<a class="state bad" href="/status">1 broken</a>'
# Of a build's 64 digits the first twelve; emulation that the settings ask for is no fault of the host.
sqlite3 "$state/data/main.db" "UPDATE image SET version = '0123456789abcdef' WHERE name = 'tiny'"
printf '[region local]\naccelerator = tcg\n' >>"$state/domicile.conf"
as alice get /operator ; expect_text '<code class="whole" title="0123456789abcdef">0123456789ab</code>'
expect_text "accelerator = tcg"
expect_no_text "/dev/kvm"
fresh
# Pools of VMs: none without one; how full, and what is in the way.
as alice get /operator ; expect_no_text "Pools"
sql "INSERT INTO pool VALUES ('local', 'tiny', 2, NULL, 0)"
as alice get /operator ; expect_text '<a class="state off" href="#pools">Being filled</a>' ; expect_text '<td data-th="Ready">0 of 2</td>' ; expect_text '<span class="state off">Waiting</span>'
sql "INSERT INTO pool_vm VALUES ('ready2ready2read', 'local', 'tiny', '0011', 1, 128, 1, 22999, 'ready', 1767225600),
    ('make2make2make2m', 'local', 'tiny', '0011', 1, 128, 1, NULL, 'making', 1767225600)"
as alice get /operator ; expect_text '<td data-th="Ready">1 of 2</td><td data-th="Memory">256 MB</td>' ; expect_text '<span class="state off">Booting</span>'
sql "UPDATE pool SET problem = 'The host <refuses>.'"
as alice get /operator ; expect_text '<a class="state wait" href="#pools">1 not full</a>' ; expect_text '<span class="state wait">Not full</span> The host &lt;refuses&gt;.'
sql "UPDATE pool SET problem = NULL; UPDATE pool_vm SET state = 'ready'"
as alice get /operator ; expect_text '<a class="state kept" href="#pools">Full</a>' ; expect_text '<span class="state on">Full</span>'
fresh
route "GET /operator/vms"
nobody get /operator/vms ; expect 303 /signin?return=/operator/vms
as bob get /operator/vms ; expect 403
as alice get /operator/vms ; expect 200 operator_vms.html
# That is recorded, once an hour.
as alice get /operator/vms ; expect_text "Opening this page is recorded"
expect_row "SELECT seq, action, object, actor, person_id FROM activity WHERE team_id = 0" "1|admin_page|vms|person|1"
sql "UPDATE activity SET at_ms = at_ms - 3600001 WHERE team_id = 0"
as alice get /operator/vms ; expect_row "SELECT count(*) FROM activity WHERE team_id = 0" 2
# The name of a VM or of its team; only the admin's own VMs are links.
as alice get "/operator/vms?q=BOB" ; expect_text "bobs-vm"
expect_no_text quiet-maple
expect_no_text 'href="/vms/bobsvm'
as alice get "/operator/vms?q=ALICE&sort=name" ; expect_text quiet-maple
expect_text 'href="/operator/vms/runningrunningru"'
as alice get "/operator/vms?state=attention&sort=team" ; expect_text "Not responding"
expect_no_text quiet-maple
as alice get "/operator/vms?q=nothing" ; expect_text "No matching VMs"
# What takes much of the host.
as alice get "/operator/vms?state=loaded" ; expect_no_text "<table" ; expect_text "No VM has a high load"
as alice get /operator ; expect_text 'High load</dt><dd><a class="state kept"'
sql "UPDATE vm SET cpu_full_at = created_at, limited_at = created_at WHERE id = 'bobsvmbobsvmbobs'"
as alice get "/operator/vms?state=loaded" ; expect_text "All CPUs in use for"
expect_text "Over the connection limit"
expect_no_text quiet-maple
as alice get /operator ; expect_text 'href="/operator/vms?state=loaded">1 VM</a>'

route "GET /operator/jobs"
nobody get /operator/jobs ; expect 303 /signin?return=/operator/jobs
as bob get /operator/jobs ; expect 403
as alice get /operator/jobs ; expect 200 operator_jobs.html
as alice get "/operator/jobs?state=failed&q=BOB" ; expect_text "No matching jobs"
as alice get /operator ; expect_text 'Jobs</dt><dd><a class="state'
sql "INSERT INTO job (id, team_id, subject_kind, subject_id, vm_id, kind, state, requested_at_ms, due_at_ms, attempts, ended_at_ms, error)
    VALUES ('jobjobjobjobjob2', 2, 'vm', 'bobsvmbobsvmbobs', 'bobsvmbobsvmbobs', 'start', 'failed', unixepoch() * 1000, 0, 3, unixepoch() * 1000, 'No <space> left')"
as alice get /operator ; expect_text 'href="/operator/jobs?state=failed">'
as alice get "/operator/jobs?state=failed&q=BOB" ; expect_text "No &lt;space&gt; left" ; expect_text "/operator/teams/2" ; expect_text "Start"
many "INSERT INTO job (id, team_id, subject_kind, subject_id, kind, state, requested_at_ms, due_at_ms, attempts) SELECT printf('job%013d', i), 1, 'team', '1', 'checkout', 'queued', 1767225600000, 9767225600000, i % 2 FROM n"
as alice get "/operator/jobs?state=open&page=2" ; expect_text "26–50 of 6" ; expect_text "1 attempt, next"
fresh

# Only the operator sees a list, and nothing of money is there while billing is off.
for list in orphans mails events; do
    nobody get "/operator/$list" ; expect 303 "/signin?return=/operator/$list"
    as bob get "/operator/$list" ; expect 403
done
as alice get /operator/billing ; expect 404
nobody get /operator/billing ; expect 404

route "GET /operator/orphans"
as alice get /operator/orphans ; expect 200 operator_orphans.html
as alice get "/operator/orphans?q=nothing%3Cb%3E" ; expect 200 operator_orphans_no_match.html
sql "INSERT INTO orphan VALUES ('local', 'disk', 'domicile-$long<i>.qcow2', 1767225601)"
many "INSERT INTO orphan SELECT 'local', 'seed', printf('domicile-%02d', i), 1767225600 + 60 - i FROM n"
as alice get "/operator/orphans?page=2" ; expect 200 operator_orphans_many.html
as alice get "/operator/orphans?page=9" ; expect_text "51–62 of 62"
as alice get "/operator/orphans?sort=name" ; expect_text "domicile-25"
expect_no_text "domicile-26"
as alice get "/operator/orphans?q=DISK&sort=name&page=3" ; expect_text "a2345678&lt;i&gt;.qcow2"
expect_no_text "domicile-01"
sql "DELETE FROM orphan"
as alice get /operator/orphans ; expect 200 operator_orphans_empty.html
as alice get /operator ; expect_text '<a class="state kept" href="/operator/orphans">None</a>'

route "GET /operator/mails"
as alice get /operator/mails ; expect 200 operator_mails.html
expect_no_text sent@example.org
expect_no_text fresh@example.org
as alice get "/operator/mails?state=queued" ; expect_text slow@example.org
expect_no_text gone@example.org
as alice get "/operator/mails?q=no+such+USER" ; expect_text gone@example.org
expect_no_text slow@example.org
as alice get "/operator/mails?q=nothing&state=failed" ; expect_text "No matching emails"
many "INSERT INTO mail (id, kind, to_email, once, state, attempts, due_at, created_at, reason)
    SELECT printf('mail%012d', i), 'payment_failed', printf('%02d-$long@example.org', i), 'once' || i, 'failed', 1, 1767225600, 1767225600 - i,
        '<b>$long</b>' FROM n"
as alice get "/operator/mails?state=failed&sort=address&page=2" ; expect 200 operator_mails_many.html
sql "DELETE FROM mail"
as alice get /operator/mails ; expect 200 operator_mails_empty.html
# With mail off nothing was sent, so nothing was delivered either.
as alice get /operator ; expect_text 'Undelivered email</dt><dd><span class="state off">Email is off'
printf '[mail]\nmail = smtp\nurl = smtp://localhost:25\nfrom = noreply@example.org\n' >>"$state/domicile.conf"
as alice get /operator ; expect_text '<a class="state kept" href="/operator/mails">None</a>'
as alice get /operator/mails ; expect_no_text "Email is off"

route "GET /operator/requests"
nobody get /operator/requests ; expect 303 /signin?return=/operator/requests
as bob get /operator/requests ; expect 403
as alice get /operator/requests ; expect 200 operator_requests_empty.html
as alice get /operator ; expect_text '<a class="state kept" href="/operator/requests">None open</a>'
expect_row "SELECT count(*) FROM activity WHERE team_id = 0 AND object = 'requests'" 1
sql "INSERT INTO rights_request (email, kind, received_at, due_at, extended_at, ended_at, outcome) VALUES
    ('<b>$long@example.org', 'deletion', 9999935999 - 86400, 9999935999, 1767225600, NULL, NULL),
    ('ended@example.org', 'copy', 1767225600, 1769903999, NULL, 1767225600, 'answered'),
    (NULL, 'copy', 1767225600, 1769903999, NULL, 1767225600, NULL)"
as alice get /operator ; expect_text '<a class="state wait" href="/operator/requests">1 open</a>'
as alice get /operator/requests ; expect_text '<span class="state off">' ; expect_text " <small>Extended</small>" ; expect_no_text ended@example.org
today=$(date -u +%s) ; today=$((today - today % 86400))
sql "INSERT INTO rights_request (email, kind, received_at, due_at) VALUES
    ('urgent@example.org', 'copy', $today - 28 * 86400, $today + 86399), ('calm@example.org', 'other', $today - 27 * 86400, $today + 4 * 86400),
    ('late@example.org', 'objection', $today - 40 * 86400, $today - 1)"
as alice get /operator ; expect_text '<a class="state bad" href="/operator/requests">2 due soon or overdue</a>'
as alice get /operator/requests ; expect_text '<span class="state bad">Due today</span>' ; expect_text '<span class="state off">4 d left</span>' ; expect_text '<span class="state bad">1 d overdue</span>'
many "INSERT INTO rights_request (email, kind, received_at, due_at) SELECT 'a' || i, 'other', $today, $today + 86399 FROM n"
as alice get /operator/requests ; expect_text "Only those that are due first are listed"
sql "DELETE FROM rights_request"

route "GET /operator/events"
as alice get /operator/events ; expect 200 operator_events.html
expect_no_text evt_applied
as alice get "/operator/events?source=stripe" ; expect_text "No matching events"
many "INSERT INTO event SELECT 'stripe', printf('evt_%02d', i), printf('invoice.%02d', 60 - i), 1767225600 - i, 'parked', 16, 0, NULL,
    '<b>$long' || ' of the invoice' FROM n"
sql "UPDATE event SET type = '<i>$long', id = 'evt_$long' WHERE id = 'evt_30'"
as alice get "/operator/events?source=stripe&page=2" ; expect 200 operator_events_many.html
as alice get "/operator/events?sort=type&q=evt_" ; expect_text "invoice.23"
expect_no_text "invoice.24"
expect_no_text event_parked
as alice get "/operator/events?q=DATA.email" ; expect_text event_parked
expect_no_text evt_

route "POST /operator/events/retry"
retries() { expect_row "SELECT group_concat(id, ' ') FROM (SELECT id FROM event WHERE state = 'waiting' AND attempts = 0 AND due_at_ms = 0 ORDER BY id)" "$1"; }
notice() { as alice get /operator/events ; expect_text "<div class=\"toast\"><div>$1</div></div>"; }
as bob post /operator/events/retry event=event_parked ; expect 403
as alice post_bare /operator/events/retry event=event_parked ; expect 403
retries ""
as alice post /operator/events/retry ; expect 303 /operator/events
notice "No events selected. Nothing was retried."
retries ""
as alice post /operator/events/retry event=event_parked ; expect 303 /operator/events
notice "Retrying 1 event."
retries event_parked
# The list as it was, but no other site; one that was retried or applied meanwhile is left as it is.
sql "UPDATE event SET attempts = 3 WHERE id = 'event_parked'"
as alice post /operator/events/retry event=evt_01 event=evt_02 event=event_parked "return=/operator/events?q=evt&page=2" ; expect 303 "/operator/events?q=evt&page=2"
notice "Retrying 2 events. 1 no longer needs a retry."
retries "evt_01 evt_02"
as alice post /operator/events/retry event=evt_03 event=evt_04 event=evt_applied event=evt_none return=//elsewhere.example ; expect 303 /operator/events
notice "Retrying 2 events. 2 no longer need a retry."
as alice post /operator/events/retry event=evt_03 ; expect 303
notice "This event no longer needs a retry."
as alice post /operator/events/retry event=evt_03 event=evt_applied ; expect 303
notice "These events no longer need a retry."
retries "evt_01 evt_02 evt_03 evt_04"
expect_row "SELECT state FROM event WHERE id = 'evt_applied'" applied
expect_row "SELECT attempts FROM event WHERE id = 'event_parked'" 3
sql "UPDATE event SET state = 'applied'"
as alice get /operator ; expect_text '<a class="state kept" href="/operator/events">None failed</a>'
sql "DELETE FROM event"
as alice get /operator/events ; expect 200 operator_events_empty.html
as alice get /operator ; expect_text '<span class="state off">None yet</span>'

route "GET /operator/billing"
printf '[billing]\nbilling = stripe\n' >>"$state/domicile.conf"
nobody get /operator/billing ; expect 303 /signin?return=/operator/billing
as bob get /operator/billing ; expect 403
as alice get /operator/billing ; expect 200 operator_billing_empty.html
as alice get /operator ; expect_text '<a class="state kept" href="/operator/billing">No discrepancies</a>'
sql "INSERT INTO billing_problem (id, team_id, seen_at, what) VALUES ('a', NULL, 1767225600, 'The price of Stripe is <b>another</b>'),
    ('b', 1, 1767225601, 'An invoice of $long')"
as alice get /operator/billing ; expect 200 operator_billing_awful.html
as alice get "/operator/billing?q=BOB" ; expect_text "No matching discrepancies"
many "INSERT INTO billing_problem (id, team_id, seen_at, what) SELECT printf('problem-%02d', i), 2, 1767225600 - i, printf('problem-%02d', i) FROM n"
as alice get "/operator/billing?q=BOB&page=2" ; expect 200 operator_billing_many.html
as alice get "/operator/billing?sort=team" ; expect_text another
expect_text "An invoice of"
expect_no_text problem-24
as alice get /operator ; expect_text '<a class="state bad" href="/operator/billing">62 found</a>'

finish
