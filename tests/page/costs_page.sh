#!/bin/bash
# Pages of cgi/costs.c: a month's costs, its stretches as a file, the spend cap and what it refuses.
. "$(dirname "$0")/lib.sh"
month=$(date -u -d "$(date -u +%Y-%m-01)" +%s)
month_end=$(date -u -d "$(date -u +%Y-%m-01) + 1 month" +%s)

# euros MILLICENTS: rounded as on the pages.
euros() { printf '€%d.%02d' $((($1 + 500) / 1000 / 100)) $((($1 + 500) / 1000 % 100)); }

# used VM STATE SIZE DISK SECONDS: since this month began, still open, observed just now.
used() {
    sqlite3 "$state/data/main.db" "DELETE FROM ledger WHERE vm_id = '$1' AND month_at = $month;
        INSERT INTO ledger SELECT team_id, $month, id, $month, $month + $5, 1, name, '$2', '$3', $4, 0 FROM vm WHERE id = '$1'"
    summed
}

# Nothing of money while billing is off, and no limit holds.
route "GET /costs"
as alice get /costs ; expect 404
nobody get /costs ; expect 404
as alice get /costs/csv ; expect 404
as alice post /costs/cap cap=10 ; expect 404
sql "UPDATE team SET cap_cents = 1 WHERE id = 1"
used runningrunningru running nano 1 $((100 * 3600))
as alice get /vms ; expect_no_text "spending limit"
as alice get /vms ; expect_no_text "€"
as alice post /vms name=fresh image=tiny size=nano region=local key=keykeykeykeykey2 ; expect 303

# renew: as at the start, with billing on; every team pays.
renew() {
    fresh
    printf '[billing]\nbilling = stripe\n' >>"$state/domicile.conf"
    sql "INSERT INTO billing (team_id, status, status_at, customer_key) SELECT id, 'active', 1767225600, 'k' || id FROM team"
}
renew
nobody get /costs ; expect 303 /signin?return=/costs
as dave get /costs ; expect 403
as alice get /costs ; expect 200
expect_text "No usage this month."
as alice get "/costs?month=2026-01" ; expect 200 costs_month.html
expect_no_text bobs-vm
expect_no_text "<b>forgotten"
as bob get "/costs?month=2026-01" ; expect 200
expect_no_text quiet-maple
# 31 days of medium.
expect_text "$(euros $((31 * 24 * 1200)))"
as alice get "/costs?month=2025-12" ; expect 200
expect_text "No usage in December 2025."
for wrong in 2026-13 2026-1 2026-001 x 9999-12 2026-01-01 1969-12; do
    as alice get "/costs?month=$wrong" ; expect 404
done
as alice get "/costs?month=2026-01&month=2026-02" ; expect 400
as alice raw POST /costs ; expect 405

# This month: costs so far, the forecast, and the forecast if stopped. Seconds since the month began, whole
# hours.
now=$(date +%s)
spent=$((now - month))
used runningrunningru running nano 1 $spent
used stoppedstoppedst stopped small 10 $spent
used failedfailedfail absent nano 1 $spent
as alice get /costs ; expect 200
expect_text "<span class=\"name\">Month to date</span><span class=\"fig\">$(euros $((spent * (100 + 50) / 3600)))</span>"
expect_text "</span><span class=\"fig\">$(euros $(((month_end - month) * (100 + 50) / 3600)))</span><span class=\"of\">now €0.002/h<"
expect_text "$(euros $((55 * 730))) a month"
as alice get "/vms/runningrunningru?range=1h" ; expect 200
amount=$(euros $((spent * 100 / 3600)))
forecast=$(euros $(((month_end - month) * 100 / 3600)))
expect_text "<dt>Month to date</dt><dd class=\"num\"><a id=\"costs\" href=\"/costs\" title=\"All costs\">$amount</a>$([ "$amount" = "$forecast" ] || echo ", projected to $forecast")</dd>"
as alice get /vms ; expect_text "€0.75<small>a month"
# A day's bars: what runs at the bottom, storage on top of it, together as high as the day is dear.
renew
sql "DELETE FROM ledger; INSERT INTO ledger VALUES
    (1, 1767225600, 'runningrunningru', 1767225600, 1767312000, 0, 'quiet-maple', 'running', 'medium', 20, 100),
    (1, 1767225600, 'stoppedstoppedst', 1767312000, 1767398400, 0, 'old-desktop', 'stopped', 'small', 100, 0),
    (1, 1767225600, 'stoppedstoppedst', 1767398400, 1767402000, 0, 'old-desktop', 'stopped', 'small', 1, 0)"
summed
as alice get "/costs?month=2026-01" ; expect 200
# 24 h of 1200 and 100 * 3 millicents, of 40000; then 24 h of 100 * 5.
expect_text '<rect x="3" y="280" width="14" height="720"/><rect class="s2" x="3" y="100" width="14" height="180" data-text="€0.36"/>'
expect_text '<rect x="23" y="1000" width="14" height="0"/><rect class="s2" x="23" y="700" width="14" height="300" data-text="€0.12"/>'
# One hour of 1 * 5 millicents can still be seen.
expect_text '<rect x="43" y="1000" width="14" height="0"/><rect class="s2" x="43" y="985" width="14" height="15"'
expect_text "<span>€0.40</span><span>€0.20</span><span>€0</span>"
expect_text 'class="num">€0.29</td><td data-th="Storage" class="num">€0.07</td><td class="num st"><b>€0.36</b></td>'
# By the projects that VMs have now, also destroyed ones.
expect_no_text "By project"
sql "UPDATE vm SET project = 'Web <shop>' WHERE id = 'runningrunningru'; UPDATE vm SET project = 'attic' WHERE id = 'failedfailedfail'"
as alice get "/costs?month=2026-01" ; expect_text '<div class="what"><div><a href="/vms?q=Web%20%3Cshop%3E" title="Web &lt;shop&gt;">Web &lt;shop&gt;</a></div></div></td><td class="num st"><b>€0.36</b></td><td data-th="VMs" class="num soft">1</td>'
expect_text '<span class="soft">No project</span></div></div></td><td class="num st"><b>€0.12</b></td>'
expect_no_text attic
sql "UPDATE vm SET project = 'attic', gone_at = 1767402000, state = 'gone' WHERE id = 'stoppedstoppedst'"
as alice get "/costs?month=2026-01" ; expect_text '<div class="what"><div><a href="/vms?q=attic" title="attic">attic</a></div></div></td><td class="num st"><b>€0.12</b></td>'
expect_no_text "No project"
# The chart begins with the first day that cost something, and less than three days are a table alone. A month
# has the cost of the one before it.
as alice get "/costs?month=2026-02" ; expect_text '<span class="fig">€0.48</span><span class="of">January 2026</span>'
expect_no_text "Cost by day"
sql "DELETE FROM ledger; INSERT INTO ledger VALUES
    (1, 1767225600, 'runningrunningru', 1769644800, 1769731200, 0, 'quiet-maple', 'running', 'medium', 20, 0)"
summed
as alice get "/costs?month=2026-01" ; expect_text "<span>29 Jan</span><span>31 Jan</span>"
expect_text 'data-from="1769644800" data-step="86400" data-last="2"'
expect_text '<rect x="83" y="280" width="40" height="720"/>'
sql "UPDATE ledger SET from_at = from_at + 86400, until_at = until_at + 86400"
summed
as alice get "/costs?month=2026-01" ; expect_text "<tr><th scope=\"row\">30 Jan 2026</th>"
expect_no_text "<rect"

# More VMs than lines: the most expensive are listed, the others share one line.
renew
sqlite3 "$state/data/main.db" "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1030)
    INSERT INTO ledger SELECT 1, 1767225600, printf('many%012d', i), 1767225600, 1767225600 + i * 600, 0, 'many-' || i, 'running', 'medium', 1, 0 FROM n"
summed
as alice get "/costs?month=2026-01" ; expect 200
expect_text ">many-1030<"
expect_no_text ">many-1000<"
expect_text "1–25 of 1,000"
expect_no_text "<tfoot>"
expect_text 'href="/costs?q=&amp;month=2026-01&amp;sort=cost&amp;page=2"'
as alice get "/costs?month=2026-01&q=MANY-10&sort=name" ; expect_text "1–25 of 41"
expect_text ">many-100<"
expect_no_text "<tfoot>"
as alice get "/costs?month=2026-01&q=nothing" ; expect_text 'Nothing contains “nothing”. <a href="/costs?month=2026-01">'
as alice get "/costs?month=2026-01&page=40" ; expect 200
expect_no_text ">many-1030<"
expect_text "<tfoot>"
expect_text "33 other VMs, each of which cost less"
# 1 to 32 times ten minutes of medium, and the hour of the forgotten one.
expect_text "<td class=\"num st\"><b>$(euros $((1200 * (32 * 33 / 2) / 6 + 1200)))</b></td>"

renew
route "GET /costs/csv"
nobody get /costs/csv ; expect 303 /signin?return=/costs/csv
as alice get /costs/csv ; expect 200
expect_text "vm_id,vm,from_utc,until_utc,seconds,state,size,disk_gb,snapshot_gb,millicents_per_hour,cost_EUR,project"
as alice get "/costs/csv?month=2026-01" ; expect 200
expect_text "Content-Type: text/csv"
expect_text 'Content-Disposition: attachment; filename="costs-2026-01.csv"'
expect_text "forgottenforgott,\"'=1+1,\"\"<b>forgotten</b>\",2026-01-01T20:40:00Z,2026-01-01T21:40:00Z,3600,running,medium,20,0,1200,0.01200"
expect_text "stoppedstoppedst,old-desktop,2026-01-16T00:00:00Z,2026-02-01T00:00:00Z,1382400,stopped,small,10,10,80,0.30720"
expect_no_text bobs-vm
# The project of each VM, which is no formula of a spreadsheet.
sql "UPDATE vm SET project = '=pine, \"red\"' WHERE id = 'stoppedstoppedst'"
as alice get "/costs/csv?month=2026-01" ; expect_text "1382400,stopped,small,10,10,80,0.30720,\"'=pine, \"\"red\"\"\""
expect_text "3600,running,medium,20,0,1200,0.01200,"$'\r'
normal >"$state/normal.csv"
# The total on the page equals an independent sum of seconds times price.
sum=$(python3 -c 'import csv,sys; print(sum(int(r["seconds"])*int(r["millicents_per_hour"]) for r in csv.DictReader(open(sys.argv[1], newline=""))) // 3600)' "$state/normal.csv")
as alice get "/costs?month=2026-01" ; expect_text "<span class=\"name\">Total</span><span class=\"fig\">$(euros "$sum")</span>"
as alice get "/costs/csv?month=2026-01&part=2" ; expect 200
expect_no_text quiet-maple
as alice get "/costs/csv?month=2026-01&part=0" ; expect 404
as alice get "/costs/csv?month=never" ; expect 404
# A price change cuts a stretch.
sqlite3 "$state/data/main.db" "INSERT INTO price VALUES ('medium', 1767301800, 2400)"
as alice get "/costs/csv?month=2026-01" ; expect_text "2026-01-01T20:40:00Z,2026-01-01T21:10:00Z,1800,running,medium,20,0,1200,0.00600"
expect_text "2026-01-01T21:10:00Z,2026-01-01T21:40:00Z,1800,running,medium,20,0,2400,0.01200"
# A large number of stretches is split into parts.
sqlite3 "$state/data/main.db" "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 25000)
    INSERT INTO ledger SELECT 1, 1767225600, 'flickering', 1767225600 + i, 1767225601 + i, 0, 'flickering', CASE i % 2 WHEN 0 THEN 'running' ELSE 'stopped' END, 'nano', 1, 0 FROM n"
summed
as alice get "/costs?month=2026-01" ; expect_text "part 6</a>"
expect_no_text "part 7"
for part in 1 2 3 4 5 6; do
    as alice get "/costs/csv?month=2026-01&part=$part" ; expect 200
    normal | grep -c '^[a-z]*,' >>"$state/lines"
done
if [ "$(paste -sd' ' "$state/lines")" = "5000 5000 5000 5000 5000 9" ]; then good; else bad "$(paste -sd' ' "$state/lines")"; fi

renew
route "POST /costs/cap"
nobody post /costs/cap cap=10 ; expect 303 "/signin?return=/costs&ended=1"
as carol post /costs/cap cap=10 ; expect 403
as alice post_bare /costs/cap cap=10 ; expect 403
as carol get /costs ; expect_text "Team owners can change the limit."
expect_no_text "/costs/cap"
for wrong in abc -1 1.234 0 0.00 1000000.01 10000000 $'1\n2'; do
    as alice post /costs/cap "cap=$wrong" ; expect 422
    expect_text 'aria-invalid="true"'
done
secret=$(head -c 48 /dev/urandom | base64 -w 0)
as alice post /costs/cap "cap=$secret" ; expect 422
expect_no_text "$secret"
expect_row "SELECT cap_cents FROM team WHERE id = 1" ""
for most in 0.01 1000000; do
    as alice post /costs/cap cap=$most ; expect 303 /costs
done
expect_row "SELECT cap_cents FROM team WHERE id = 1" 100000000
as alice post /costs/cap cap=10,50 ; expect 303 /costs
expect_row "SELECT id, cap_cents FROM team WHERE cap_cents IS NOT NULL" "1|1050"
as alice get /costs ; expect_text "Spending limit set to €10.50 a month."
expect_text 'value="10.50"'
as alice post /costs/cap cap= ; expect 303 /costs
expect_row "SELECT cap_cents IS NULL FROM team WHERE id = 1" 1

# Near the cap: a warning, but nothing is refused.
as alice post /costs/cap cap=0.10 ; expect 303
used runningrunningru running nano 1 $((81 * 3600))
as alice get /vms ; expect_text "81% of the spending limit used"
as alice get /costs ; expect_text 'value="0.10"'
expect_text '<p class="small">81% used</p>'
as alice post /vms/stoppedstoppedst/start ; expect 303 /vms/stoppedstoppedst
as bob get /vms ; expect_no_text "spending limit used"

# At the cap: nothing starts, what runs continues, everything else is allowed.
renew
as alice post /costs/cap cap=0.10 ; expect 303
used runningrunningru running nano 1 $((100 * 3600 - 1))
as alice get /vms ; expect_text "99% of the spending limit used"
used runningrunningru running nano 1 $((100 * 3600))
as alice get /vms ; expect 200 vms_spent.html
as alice get /vms/new ; expect_text "Your team has reached its spending limit of €0.10 for this month."
expect_text 'id="mend" href="/costs#limit"'
as alice get /vms/stoppedstoppedst ; expect 200 vm_spent.html
as alice post /vms name=fresh image=tiny size=nano region=local key=keykeykeykeykey2 ; expect 422
expect_text "An owner can raise the limit in Costs"
expect_row "SELECT count(*) FROM vm WHERE name = 'fresh'" 0
as alice post /vms/runningrunningru/snapshots/snapshotsnapsho2/clone name=twin size=nano ; expect 422
expect_text "An owner can raise the limit in Costs"
as alice post /vms/stoppedstoppedst/start ; expect 422
expect_text "Nothing was changed."
as alice post /vms/stoppedstoppedst/resize size=medium ; expect 422
expect_text "An owner can raise the limit in Costs"
as alice post /vms/failedfailedfail/retry ; expect 422
expect_row "SELECT count(*) FROM job WHERE state = 'queued' AND kind <> 'destroy'" 0
as alice post /vms/stoppedstoppedst/snapshots/snapshotsnapsho3/restore ; expect 303
as alice post /vms/runningrunningru/restart ; expect 303
as alice post /costs/cap cap=0.20 ; expect 303
as alice post /vms name=fresh image=tiny size=nano region=local key=keykeykeykeykey2 ; expect 303

finish
