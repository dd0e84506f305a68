#!/bin/bash
# Every list at its limit, and beyond it: the pages answer, and say that there is more. Requests go through
# FastCGI, where an answer takes the most memory.
. "$(dirname "$0")/lib.sh"

# serve PROGRAM: starts it on a socket; ask_at PATH: as alice.
serve() {
    program=$1
    rm -f "$state/run/page.sock"
    spawn-fcgi -n -s "$state/run/page.sock" -- "$BUILD/$program" --state "$state" 2>>"$state/log" &
    server=$!
    for _ in $(seq 100); do
        [ ! -S "$state/run/page.sock" ] || break
        sleep 0.05
    done
}
ask_at() {
    what="GET $1"
    env -i PATH="$PATH" REQUEST_METHOD=GET REQUEST_URI="$1" CONTENT_LENGTH=0 "${extra[@]}" \
        HTTP_COOKIE="__Host-session=$(token_of A)" cgi-fcgi -bind -connect "$state/run/page.sock" >"$state/answer" 2>&1
}
end() {
    kill "$server"
    wait "$server" 2>/dev/null
}
trap 'kill $server 2>/dev/null; rm -rf "$state"' EXIT
count() { grep -o -- "$1" "$state/answer" | wc -l; }
expect_count() { if [ "$(count "$1")" = "$2" ]; then good; else bad "$(count "$1") times $1, not $2"; fi; }
# most BYTES: no larger answer.
most() { if [ "$(wc -c <"$state/answer")" -le "$1" ]; then good; else bad "$(wc -c <"$state/answer") bytes"; fi; }
plant() { sql "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) $2"; }
long=a23456789012345678901234567890123456789012345678901234567
sqlite3 "$state/data/main.db" "DELETE FROM vm_key; DELETE FROM ssh_key; DELETE FROM snapshot; DELETE FROM activity; DELETE FROM job_step; DELETE FROM job; DELETE FROM vm"

# A thousand VMs with errors, each with all of a hundred keys; an activity of the longest entries.
plant 1000 "INSERT INTO vm (team_id, created_at, id, person_id, name, region, image, size, vcpus, memory_mb,
    disk_gb, wanted, wanted_at, state, state_at, observed, observed_at, last_error)
    SELECT 1, 1767225600 + i / 300, printf('many%012d', i), 1, printf('$long-%04d', i), 'local', 'tiny', 'nano', 1, 128, 1,
    'running', 1767225600, 'failed', 1767225600, 'absent', 1767225600, printf('%01000d', i) FROM n"
plant 100 "INSERT INTO ssh_key (team_id, created_at, id, person_id, name, type, fingerprint, comment, public_line) SELECT 1, 1767225600, printf('key%013d', i), 1, printf('%0100d', i), 'Ed25519', 'SHA256:' || i, printf('%0255d', i), 'ssh-ed25519 AAAA' FROM n"
sqlite3 "$state/data/main.db" "INSERT INTO vm_key (team_id, vm_id, fingerprint, name, public_line) SELECT 1, v.id, k.fingerprint, k.name, k.public_line FROM vm v, ssh_key k"
plant 100 "INSERT INTO activity (team_id, at_ms, id, vm_id, what, detail, action, actor, result) SELECT 1, 1767225600000, printf('event%03d', i), 'many000000000001', 'failed', printf('%03000d', i), 'vm', 'system', 'done' FROM n"

serve dashboard
ask_at /vms ; expect 200
expect_count '<tr id="vm-' 25
most 61440
ask_at /activity ; expect 200
expect_count '<time ' 25
ask_at /vms/new ; expect 200
expect_count 'name="key"' 100
# All pages of the list: each VM once. The fragment that a page polls is that page.
for page in $(seq 40); do
    extra=(HTTP_HX_REQUEST=true)
    [ $((page % 2)) = 0 ] || extra=()
    ask_at "/vms?q=a2&state=attention&sort=name&page=$page" ; expect 200
    most 61440
    grep -o 'id="name-[^"]*"' "$state/answer" >>"$state/names"
    expect_text "hx-get=\"/vms?q=a2&amp;state=attention&amp;sort=name&amp;page=$page\""
    to=$((page * 25))
    expect_text "$((to - 24))–${to/1000/1,000} of 1,000"
done
extra=()
if [ "$(sort -u "$state/names" | wc -l) $(wc -l <"$state/names")" = "1000 1000" ]; then good; else bad "$(wc -l <"$state/names") VMs"; fi
expect_no_text 'rel="next"'
ask_at "/vms?page=41" ; expect_text "976–1,000 of 1,000"
# A list whose every row has a chart, a command and all acts.
sqlite3 "$state/data/main.db" "UPDATE vm SET state = 'running', observed = 'running', last_error = NULL, ssh_port = 20000 + rowid_of, cpu_percent = 100,
    cpu_line = 'M' || (WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 29) SELECT group_concat(printf('%d.7 %d.3', i * 2, i % 18), 'L') FROM n)
    FROM (SELECT id AS row_id, row_number() OVER () AS rowid_of FROM vm) WHERE id = row_id"
ask_at /vms ; expect 200
expect_count 'class="spark"' 25
most 61440
end

# A thousand receipts.
sqlite3 "$state/data/main.db" "DELETE FROM receipt; INSERT INTO receipt SELECT team_id, unixepoch(), id, name, region, image, size, vcpus, memory_mb, disk_gb, created_at, 1, person_id, 0, NULL FROM vm"
serve dashboard
ask_at /receipts ; expect 200
expect_text "1–25 of 1,000"
expect_count '<tr><td>' 25
most 61440
end

serve account
ask_at /keys ; expect 200
expect_count '+997<' 25
expect_text "1–25 of 100"
ask_at "/keys?q=SHA256:77" ; expect_count '+997<' 1
ask_at "/keys?q=none" ; expect_text "No matching keys"
ask_at "/keys?page=4" ; expect_text "76–100 of 100"
ask_at /keys/key0000000000001 ; expect 200
expect_text "and more"
most 60000
plant 5000 "INSERT INTO session (id_hash, handle, person_id, current_team_id, csrf_secret, browser, created_at, seen_at, idle_at, expires_at)
    SELECT randomblob(32), printf('handle%010d', i), 1, 1, zeroblob(32), 'Firefox on Linux', 1767225600, 9999999999, 9999999999, 9999999999 FROM n"
ask_at /account ; expect 200
expect_text "Only the most recent sessions are listed."
most 60000
end

# One VM with all that it can have: snapshots with the longest names, a day of use, every key, a receipt.
plant 20 "INSERT INTO snapshot (team_id, vm_id, created_at, id, name, state, has_memory, size_bytes, vcpus, memory_mb, disk_gb) SELECT 1, 'many000000000001', 1767225600, printf('snap%012d', i), replace(printf('%0100d', i), '0', char(128187)), 'ready', 1, 1, 1, 128, 1 FROM n"
now=$(($(date +%s) / 60 * 60))
plant 1440 "INSERT INTO usage_minute SELECT 1, 'many000000000001', $now - i * 60, 9999999999, 999999, 99999999999999, 99999999999999, 99999999999999, 99999999999999, 99999999999999 FROM n"
plant 2880 "INSERT INTO usage_quarter SELECT 1, 'many000000000001', $now / 900 * 900 - (i - 1) * 900, 15, 9999999999, 9999999999, 999999, 99999999999999, 99999999999999, 99999999999999, 99999999999999, 99999999999999 FROM n"
plant 200 "INSERT INTO receipt_part SELECT 1, 'many000000000001', i, 'disk', printf('%0500d', i), 1767225600 FROM n"
sqlite3 "$state/data/main.db" "INSERT INTO job (team_id, id, subject_kind, subject_id, vm_id, kind, state, requested_at_ms, due_at_ms, attempts, ended_at_ms, error)
    VALUES (1, 'job1job1job1job1', 'vm', 'many000000000001', 'many000000000001', 'create', 'failed', 1767225600000, 1767225600000, 3, 1767225600000, printf('%04000d', 1))"
serve vm
ask_at /vms/many000000000001 ; expect 200
for tab in snapshots activity settings; do
    ask_at /vms/many000000000001/$tab ; expect 200
    [ $tab != snapshots ] || expect_count '>Ready</span>1 GB<small>+ 1 byte[^<]* memory</small></td>' 20
done
extra=(HTTP_HX_REQUEST=true)
ask_at /vms/many000000000001 ; expect 200
extra=()
ask_at "/vms/many000000000001?range=30d" ; expect 200
expect_count ">100<small>%<" 1
ask_at /vms/many000000000001/snapshots/snap000000000001/clone ; expect 200
end

# Seven years of invoices and of what happened to the subscription, a hundred entries at the same second.
printf '[billing]\nbilling = stripe\n' >>"$state/domicile.conf"
plant 100 "INSERT INTO invoice (team_id, created_at, id, number, status, currency, total_cents, remaining_cents, period_start_at, period_end_at)
    SELECT 1, 1767225600 + i, 'in_' || i, 'D-' || i, 'paid', 'eur', 100, 0, 1767225600, 1767225600 FROM n"
plant 120 "INSERT INTO billing_activity SELECT 1, 1767225600, 'event:' || i, printf('entry%03d', i), printf('%0300d', i), NULL FROM n"
serve billing
next=
for page in 1 2 3 4 5; do
    ask_at "/billing${next:+?before=$next}" ; expect 200
    grep -o 'entry[0-9]*' "$state/answer" >>"$state/entries"
    expect_text "For older invoices, use"
    next=$(sed -n 's/.*href="\/billing?before=\([^"]*\)">Older.*/\1/p' "$state/answer")
done
if [ -z "$next" ] && [ "$(sort -u "$state/entries" | wc -l) $(wc -l <"$state/entries")" = "120 120" ]; then good; else
    bad "$(wc -l <"$state/entries") entries, of 120; next: $next"
fi
end

# What the operator sees of all teams.
plant 2000 "INSERT INTO orphan SELECT 'local', 'domain', 'domicile-' || i, 1767225600 FROM n"
plant 2000 "INSERT INTO mail (id, kind, to_email, once, state, attempts, due_at, created_at, reason)
    SELECT printf('mail%012d', i), 'suspended', 'x@example.org', 'once' || i, 'failed', 1, 1767225600, 1767225600, printf('%0200d', i) FROM n"
plant 2000 "INSERT INTO event SELECT 'stripe', 'evt_' || i, 'invoice.paid', 1767225600, 'parked', 16, 0, NULL, printf('%01000d', i) FROM n"
plant 2000 "INSERT INTO billing_problem (id, team_id, seen_at, what) SELECT 'problem' || i, 1, 1767225600, printf('%0500d', i) FROM n"
serve operator
ask_at /operator ; expect 200
most 20480
for list in orphans mails events billing; do
    ask_at "/operator/$list" ; expect 200
    expect_count '<tr><t[dh]' 26
    expect_text "1–25 of 2,00"
    most 61440
done
ask_at /operator/vms ; expect 200
expect_count '<tr><td>' 25
expect_text "1–25 of 1,0"
most 61440
end

# A full file of the longest lines, which prices of every day cut into many more.
fresh
printf '[billing]\nbilling = stripe\n' >>"$state/domicile.conf"
sqlite3 "$state/data/main.db" "DELETE FROM ledger"
plant 900 "INSERT INTO ledger SELECT 1, 1767225600, printf('many%012d', i), 1767225600, 1769904000, 0, printf('$long-%04d', i), 'stopped', 'a-size-of-the-longest-name-that-a-section-can-have', 1000000, 1000000 FROM n"
plant 30 "INSERT INTO price SELECT 'stopped_disk_gb', 1767225600 + i * 86400, 100 + 7 * i FROM n"
summed
serve costs
ask_at "/costs?month=2026-01" ; expect 200
expect_text "part 6</a>"
expect_no_text "part 7"
for part in 1 2 3 4 5 6; do
    ask_at "/costs/csv?month=2026-01&part=$part" ; expect 200
    normal >>"$state/all.csv"
done
if [ "$(grep -c ^many "$state/all.csv")" = 27900 ]; then good; else bad "$(grep -c ^many "$state/all.csv") lines"; fi
# The column adds up to the exact sum of seconds times price, rounded once.
sums=$(grep ^many "$state/all.csv" | tr -d '\r' | awk -F, '{ shown += substr($11, 1, index($11, ".") - 1) * 100000 + substr($11, index($11, ".") + 1); exact += $5 * $10 }
    END { printf "%d %d", shown, int(exact / 3600) }')
if [ "${sums% *}" = "${sums#* }" ] && [ "${sums% *}" -gt 0 ]; then good; else bad "the column adds up to ${sums% *}, not ${sums#* }"; fi
end

# A new VM with a hundred keys is one form.
fresh
plant 97 "INSERT INTO ssh_key (team_id, created_at, id, person_id, name, type, fingerprint, comment, public_line) SELECT 1, 1767225600, printf('key%013d', i), 1, 'key ' || i, 'Ed25519', 'SHA256:' || i, '', 'ssh-ed25519 AAAA' FROM n"
keys=$(sqlite3 "$state/data/main.db" "SELECT 'key=' || id FROM ssh_key WHERE team_id = 1")
as alice post /vms name=all-keys image=tiny size=nano region=local $keys ; expect 303
expect_row "SELECT count(*) FROM vm_key WHERE vm_id = (SELECT id FROM vm WHERE name = 'all-keys')" 99

finish
