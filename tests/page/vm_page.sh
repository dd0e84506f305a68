#!/bin/bash
# Pages of cgi/vm.c: one VM and its commands.
. "$(dirname "$0")/lib.sh"
vm=/vms/runningrunningru
stopped=/vms/stoppedstoppedst

# others ROUTE: visitors who are signed out or in another team have no access.
others() {
    local page=$vm
    case $1 in */restore | */delete | */destroy) page=$1 ;; */snapshots*) page=$vm/snapshots ;; esac
    nobody post "$1" ; expect 303 "/signin?return=$page&ended=1"
    as bob post "$1" name=x size=nano ; expect 404
    as dave post "$1" name=x size=nano ; expect 403
    as alice post_bare "$1" ; expect 403
    as alice with HTTP_SEC_FETCH_SITE=cross-site raw POST "$1" "csrf=$csrf" ; expect 403
    as alice with HTTP_ORIGIN=https://evil.example raw POST "$1" "csrf=$csrf" ; expect 403
    [ "$1" = "$page" ] || { as alice raw GET "$1" ; expect 405; }
}

# What ends a VM, and when: chosen in its settings, shown while it counts, and started anew by "Keep running".
life() { sql "UPDATE vm SET life = '$1', life_minutes = $2, clock_at = unixepoch() - $3, measured_at = unixepoch() - 5, warned_at = ${4-NULL} WHERE id = 'runningrunningru'"; }
route "POST /vms/:id/life"
others $vm/life
as alice post $vm/life life=idle_destroy-60 ; expect 303 $vm/settings
expect_row "SELECT life, life_minutes, clock_at > 1767225600, warned_at FROM vm WHERE id = 'runningrunningru'" "idle_destroy|60|1|"
expect_row "SELECT action, detail, person_id, actor FROM activity ORDER BY at_ms DESC LIMIT 1" "life|Destroy after 1 h unused|1|person"
as alice get $vm/settings ; expect_text '<option value="idle_destroy-60" selected>' ; expect_text "Saved: Destroy after 1 h unused."
expect_no_text 'id="keep-button"'
as alice post $vm/life life=idle_destroy-1 ; expect 422 ; expect_text "Choose from the list."
as alice post $vm/life life= ; expect 422
as alice post /vms/gonegonegonegone/life life=ephemeral ; expect 409
fresh
life idle_stop 60 570
as alice get $vm ; expect_text 'id="clock">Stops in 50 min unless used<' ; expect_no_text 'id="keep"'
as alice get $vm/settings ; expect_text 'id="keep-button"'
life idle_stop 60 30
as alice get $vm ; expect_text 'id="clock">Stops after 1 h unused<'
life idle_destroy 60 3300 "unixepoch() - 30"
as alice get $vm ; expect_text '<b>Destroyed in 9 min unless used.</b> Its disk and snapshots are then lost.' ; expect_text 'id="keep"'
route "POST /vms/:id/keep"
others $vm/keep
as alice post $vm/keep ; expect 303 $vm
expect_row "SELECT clock_at > unixepoch() - 60, warned_at FROM vm WHERE id = 'runningrunningru'" "1|"
expect_row "SELECT action, person_id FROM activity ORDER BY at_ms DESC LIMIT 1" "keep|1"
as alice get $vm ; expect_no_text 'id="keep"'
as alice post /vms/gonegonegonegone/keep ; expect 409
# Not measured lately, nothing counts.
life idle_stop 60 3300
sql "UPDATE vm SET measured_at = unixepoch() - 600 WHERE id = 'runningrunningru'"
as alice get $vm ; expect_text 'id="clock">Stops after 1 h unused<' ; expect_no_text 'id="keep"'
# Stopping an ephemeral VM destroys it, so its name is asked for.
life ephemeral 60 570
as alice get $vm ; expect_text 'id="clock">Destroyed in 50 min<' ; expect_text "<a class=\"btn\" id=\"stop\" href=\"$vm/destroy\">" ; expect_no_text 'id="stop-form"'
as alice post $vm/stop ; expect 409 ; expect_text "This VM is destroyed when it stops."
expect_row "SELECT state FROM vm WHERE id = 'runningrunningru'" running
as alice post /vms/bulk/stop vm=runningrunningru ; expect 422 ; expect_text "This VM is destroyed when it stops."
expect_row "SELECT state FROM vm WHERE id = 'runningrunningru'" running
sql "UPDATE receipt SET cause = 'idle', is_systems = 1"
as alice get /vms/gonegonegonegone ; expect_text "<dt>Reason</dt><dd>Nobody used it, as chosen in its settings</dd>"
fresh

# What the team writes on a VM, and finds it by.
route "POST /vms/:id/labels"
others $vm/labels
as alice post $vm/labels "project=Web shop" "tags=prod, Web #prod" $'note= first\r\nsecond <b> ' ; expect 303 $vm/settings
expect_row "SELECT project, tags, replace(note, char(10), '/') FROM vm WHERE id = 'runningrunningru'" "Web shop|prod web|first/second <b>"
expect_row "SELECT action, detail, person_id FROM activity ORDER BY at_ms DESC LIMIT 1" "labels|Project, Tags, Note|1"
as alice get $vm ; expect_text '<a class="tag" href="/vms?q=Web%20shop" title="Project">Web shop</a>' ; expect_text '<a class="tag" href="/vms?q=%23prod">#prod</a>' ; expect_text 'second &lt;b&gt;'
as alice get $vm/settings ; expect_text 'name="tags" value="prod web"'
as alice get /vms ; expect_text '<nav class="tags pick-tags" aria-label="Projects and tags"><a class="tag" href="/vms?q=Web%20shop" title="Project">Web shop <span class="num">1</span></a> <a class="tag" href="/vms?q=%23prod">#prod <span class="num">1</span></a>'
as alice get "/vms?q=%23web" ; expect_text '<a class="tag" href="/vms" aria-current="true">#web <span class="num">1</span></a>'
for query in '%23prod' '%23PROD' pro shop quiet; do
    as alice get "/vms?q=$query" ; expect_text quiet-maple ; expect_no_text old-desktop
done
as alice get "/vms?q=%23pro" ; expect_text "No matching VMs"
as alice get "/vms?q=desktop" ; expect_no_text quiet-maple ; expect_text old-desktop
as alice post $vm/labels "project=Web shop" "tags=web" $'note=first\nsecond <b>' ; expect 303
expect_row "SELECT detail FROM activity ORDER BY at_ms DESC LIMIT 1" Tags
as alice post $vm/labels "project=Web shop" "tags=web" $'note=first\nsecond <b>' ; expect 303
expect_row "SELECT count(*) FROM activity WHERE action = 'labels'" 2
as alice post $vm/labels project= tags=a/b note= ; expect 422 ; expect_text "Tags have letters" ; expect_text 'name="tags" value="a/b"'
as alice post $vm/labels project= "tags=$(seq -s ' ' 1 11)" note= ; expect 422 ; expect_text "A VM has at most 10 tags."
as alice post $vm/labels project= "tags=$(printf '%031d' 0)" note= ; expect 422 ; expect_text "A tag has at most 30 characters."
as alice post $vm/labels "project=$(printf '%041d' 0)" tags= note= ; expect 422
as alice post $vm/labels project= tags= "note=$(printf '%01001d' 0)" ; expect 422 ; expect_text "At most 1000 characters"
for field in project tags note; do
    as alice post $vm/labels "$field=sk-ant-api03-Zq7Zq7Zq7Zq7Zq7Zq7Zq7Zq7Zq7Zq7Zq7Zq7Zq7Zq7" ; expect 422 ; expect_no_text sk-ant
done
as alice post $vm/labels $'note=-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAYWxpY2U' ; expect 422 ; expect_no_text b3BlbnNz
as alice post /vms/gonegonegonegone/labels note=x ; expect 409
as alice post $vm/labels project= tags= note= ; expect 303
expect_row "SELECT project IS NULL AND tags IS NULL AND note IS NULL FROM vm WHERE id = 'runningrunningru'" 1
fresh

# When it is started, stopped and snapshotted.
route "POST /vms/:id/schedule"
others $vm/schedule
as alice post $vm/schedule zone=Europe/Berlin day=0 day=4 start=08:00 stop=18:30 snapshot=03:00 keep=7 ; expect 303 $vm/settings
expect_row "SELECT zone, run_days, start_minute, stop_minute, snapshot_minute, snapshot_keep, run_done_at > 1767225600, snapshot_done_at > 1767225600 FROM vm WHERE id = 'runningrunningru'" "Europe/Berlin|17|480|1110|180|7|1|1"
expect_row "SELECT action, detail, person_id FROM activity ORDER BY at_ms DESC LIMIT 1" "schedule|Starts 08:00, stops 18:30 (Mon, Fri). Snapshot daily 03:00, 7 kept, Europe/Berlin|1"
as alice get $vm ; expect_text "<dd>Starts 08:00, stops 18:30 (Mon, Fri). Snapshot daily 03:00, 7 kept, Europe/Berlin</dd>"
as alice get $vm/settings ; expect_text 'name="start" value="08:00"' ; expect_text '<input type="checkbox" name="day" value="4" autocomplete="off" checked>Fri' ; expect_text '<input type="checkbox" name="day" value="1" autocomplete="off">Tue'
for bad in "zone=Nowhere day=0 start=08:00" "zone=UTC start=08:00" "zone=UTC day=0 start=8h" "zone=UTC day=0 start=25:00" "zone=UTC day=0 start=08:00 stop=08:00" \
    "zone=UTC snapshot=03:00 keep=11" "zone=UTC snapshot=03:00 keep=" "zone=UTC day=0 start=08:00x" "zone=UTC day=0 start=-0:30" "zone=UTC day=0 start=08:3"; do
    as alice post $vm/schedule $bad ; expect 422 ; expect_text 'id="schedule-problem"'
done
as alice post $vm/life life=ephemeral ; expect 422 ; expect_text "Its schedule stops it, which would destroy it."
as alice post $vm/schedule zone=UTC snapshot=23:59 keep=1 ; expect 303
as alice post $vm/life life=ephemeral ; expect 303
expect_row "SELECT zone, start_minute, stop_minute, snapshot_minute, snapshot_keep FROM vm WHERE id = 'runningrunningru'" "UTC|||1439|1"
sql "UPDATE vm SET life = 'ephemeral' WHERE id = 'runningrunningru'"
as alice post $vm/schedule zone=UTC day=0 stop=08:00 ; expect 422 ; expect_text "This VM is destroyed when it stops"
as alice get $vm/destroy ; expect 200 ; expect_text "also destroyed whenever it stops"
as alice post $vm/schedule zone=UTC start= stop= snapshot= ; expect 303
expect_row "SELECT zone IS NULL FROM vm WHERE id = 'runningrunningru'" 1
as alice post /vms/gonegonegonegone/schedule zone=UTC ; expect 409
fresh

route "GET /vms/:id"
nobody get $vm ; expect 303 /signin?return=$vm
as alice get $vm ; expect 200 vm_running.html
as carol get $vm ; expect 200
as bob get $vm ; expect 404 error_404_member.html
as alice get /vms/nosuchnosuchnosu ; expect 404 error_404_alice.html
as alice get $stopped ; expect 200 vm_stopped.html
as alice get /vms/failedfailedfail ; expect 200 vm_failed.html
expect_no_text "<b>internal"
as alice get /vms/destroydestroyde ; expect 200 vm_destroying.html
expect_text "Still destroying"
as alice get /vms/gonegonegonegone ; expect 200 vm_gone.html
as bob get /vms/bobsvmbobsvmbobs ; expect 200 vm_silent.html
as alice with HTTP_HX_REQUEST=true raw GET $vm ; expect 200 fragment_vm.html
expect_no_text '<html'

# A guest with an address of its own has the usual port.
sql "UPDATE vm SET ssh_host = 'vm7.example', ssh_port = 22 WHERE id = 'runningrunningru'"
as alice get $vm ; expect 200
expect_text "ssh dev@vm7.example<"
expect_text "vm7.example ssh-ed25519 AAAAhost"
expect_no_text "[vm7.example]"
fresh

# Where its host has no internet for VMs, it says so.
as alice get $vm ; expect_text 'settings#internet-access">On</a></dd>'
sql "UPDATE region_status SET internet = 0"
as alice get $vm ; expect_text "No: its host has none for VMs</dd>"
sql "DELETE FROM region_status"
as alice get $vm ; expect_text "No: its host has none for VMs</dd>"
fresh

# While its host cannot be reached, nothing looks live: the last known state in grey, and no act but to destroy.
away="UPDATE region_status SET error = 'host: <b>no</b> answer'"
sql "$away"
as alice get $vm ; expect 200 vm_away.html
expect_text '<span class="state off" id="state" role="status" data-name="quiet-maple" data-ended="Created">Last known: running</span>'
expect_text '<p class="sub">Last check <time' ; expect_no_text 'Up ' ; expect_no_text '<b>no</b>'
expect_text '<fieldset class="acts" disabled aria-describedby="why">'
expect_text '<p class="why" id="why">Not available while the VM host'
expect_text "href=\"$vm/destroy\""
as alice get $stopped ; expect_text "Last known: stopped"
as alice get /vms/failedfailedfail ; expect_text '>Failed</span>'
as alice get $vm/snapshots ; expect_text 'aria-describedby="snapshot-why"' ; expect_text 'Not available while the VM host'
expect_no_text /snapshotsnapsho2/restore ; expect_no_text /snapshotsnapsho2/clone ; expect_no_text "delete?snapshot="
as alice get $vm/settings ; expect_text 'id="resize-button" type="submit" disabled aria-describedby="resize-why"' ; expect_no_text resize-stop
as alice post $vm/stop ; expect 409
expect_text "<b>Nothing was changed.</b> Not available while the VM host can’t be reached."
as alice post $vm/snapshots name=now ; expect 409
expect_row "SELECT state FROM vm WHERE id = 'runningrunningru'" running
as alice post $vm/rename name=renamed ; expect 303
as alice post $vm/destroy name=renamed ; expect 303
expect_row "SELECT state FROM vm WHERE id = 'runningrunningru'" destroying
fresh

# A job that waits has no bar; it says what it waits for. One that works has.
queued="INSERT INTO job (team_id, id, subject_kind, subject_id, vm_id, kind, state, requested_at_ms, due_at_ms, attempts)
    VALUES (1, 'queuedqueuedqueu', 'vm', 'runningrunningru', 'runningrunningru', 'restart', 'queued', 1767225600000, 1767225600000, 0)"
sql "$queued; UPDATE vm SET state = 'restarting' WHERE id = 'runningrunningru'"
as alice get $vm ; expect_text "Waiting for the VM host" ; expect_no_text "<progress"
sql "UPDATE job SET attempts = 2 WHERE id = 'queuedqueuedqueu'"
sql "INSERT INTO job_step SELECT 1, number, 0, 'Boot', 1767225600000, NULL, NULL FROM job WHERE id = 'queuedqueuedqueu'"
as alice get $vm ; expect_text "Attempt 2 failed, next attempt" ; expect_no_text "<progress" ; expect_text '<li class="failed">Boot'
sql "UPDATE job SET state = 'running' WHERE id = 'queuedqueuedqueu'"
as alice get $vm ; expect_text "<progress" ; expect_no_text "Waiting for the VM host" ; expect_text '<li class="now" aria-current="step">Boot'
fresh

# What a host says is cut, and whole below.
sql "UPDATE vm SET last_error = printf('%.*c', 79, 'x') || 'yy' WHERE id = 'stoppedstoppedst'"
as alice get $stopped ; expect_text "xxxy…</p>" ; expect_text "<summary>Show full error</summary><p class=\"breakable\">xxxx" ; expect_text "xxyy</p>"
sql "UPDATE vm SET last_error = printf('%.*c', 80, 'x') WHERE id = 'stoppedstoppedst'"
as alice get $stopped ; expect_no_text "Show full error"
fresh

# What is known of a VM: its ID, the build of its image, what it was cloned from, and its keys, which are links while they exist.
as alice get $vm ; expect_text "<dt>VM ID</dt><dd><code>runningrunningru</code></dd>" ; expect_no_text "Cloned from"
expect_text '<a class="tag" href="/keys/keykeykeykeykey2" title="SHA256:'
sql "UPDATE vm SET image_version = '0123456789abcdef', source_vm_id = 'gonegonegonegone' WHERE id = 'runningrunningru';
    DELETE FROM ssh_key WHERE id = 'keykeykeykeykey2'"
as alice get $vm ; expect_text ' <code>0123456789ab</code></dd>' ; expect_no_text /keys/keykeykeykeykey2
expect_text '<dt>Cloned from</dt><dd><a id="source" href="/vms/gonegonegonegone"><code>gonegonegonegone</code></a></dd>'
expect_text '<span class="tag" title="SHA256:'
fresh

# A few keys, and the others behind a word.
sql "INSERT INTO vm_key (team_id, vm_id, fingerprint, name, public_line) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)
    SELECT 1, 'runningrunningru', 'SHA256:n' || i, 'n' || i, 'ssh-ed25519 AAAA' FROM n"
as alice get $vm ; expect_text "<summary>$(($(sql "SELECT count(*) FROM vm_key WHERE vm_id = 'runningrunningru'") - 3)) more</summary>"
fresh

# The charts, of the minutes before this one and of the quarters of an hour until now: all in one minute.
case $(date +%S) in [345]?) sleep $((60 - 10#$(date +%S))) ;; esac
now=$(($(date +%s) / 60 * 60))
quarter=$((now / 900 * 900))
sql "INSERT INTO usage_minute VALUES (1, 'runningrunningru', $((now - 60)), 6000, 64, 1048576, 6000, 0, NULL, NULL);
    INSERT INTO usage_quarter VALUES (1, 'runningrunningru', $quarter, 1, 6000, 6000, 64, 1048576, 6000, 0, NULL, NULL),
    (1, 'runningrunningru', $((quarter - 5 * 86400)), 2, 29999000, 29998000, 32, 2097152, 0, 0, 7, 7)"
as alice get $vm ; expect 200
expect_text '<span class="fig">10<small>%</small>'
expect_text "of 1 vCPU, peak 10%"
expect_text "of 128 MB, peak 64 MB"
expect_no_text ">Received<"
expect_text '<path class="dot" d="M600 0h.1"/>'
expect_text 'data-step="900" data-last="95" data-top="10" data-unit="%"'
expect_text 'data-top="128" data-unit="MB"'
# Bytes in the last minute as a rate, in the unit of both directions together; a network only where one is measured.
# The charts of rates are drawn when they are chosen: until then their figures lead there.
io='chart=io">Disk I/O</a><span class="fig">'
expect_text "${io}100<small>B/s</small></span><span class=\"of\">read 100, written 0 B/s</span>"
expect_no_text 'id="plot-io"' ; expect_no_text 'chart=net"'
as alice get "$vm?chart=io" ; expect_text 'id="plot-io"' ; expect_text 'data-top="2" data-unit="KB/s"'
expect_text "hx-get=\"$vm?chart=io\""
sql "UPDATE usage_minute SET read_bytes = 60 * 838861, written_bytes = 60 * 419430, received_bytes = 60 * 2048, sent_bytes = 60 * 102400;
    INSERT INTO usage_quarter VALUES (1, 'runningrunningru', $quarter, 1, 6000, 6000, 64, 1048576, 60 * 838861, 60 * 419430, 60 * 2048, 60 * 102400)"
as alice get "$vm?chart=net" ; expect_text 'value="net" checked' ; expect_no_text 'value="cpu" checked'
expect_text "${io}1.2<small>MB/s</small></span><span class=\"of\">read 0.8, written 0.4 MB/s</span>"
expect_text '<span class="name">Network</span><span class="fig">102<small>KB/s</small></span><span class="of">received 2, sent 100 KB/s</span>'
expect_text 'data-top="200" data-unit="KB/s"' ; expect_text "href=\"$vm?range=7d&amp;chart=net\""
as alice get "$vm?range=24h&chart=io" ; expect_text 'value="io" checked' ; expect_no_text 'id="plot-net"'
expect_text "hx-get=\"$vm?range=24h&amp;chart=io\""
# Without a fresh minute it is what there was in the range.
sql "DELETE FROM usage_minute"
as alice get $vm ; expect_text "${io}–</span><span class=\"of\">read 48 MB, written 24 MB</span>"
sql "INSERT INTO usage_minute VALUES (1, 'runningrunningru', $((now - 60)), 6000, 64, 1048576, 6000, 0, NULL, NULL);
    INSERT INTO usage_quarter VALUES (1, 'runningrunningru', $quarter, 1, 6000, 6000, 64, 1048576, 6000, 0, NULL, NULL)"
expect_text 'hx-get="/vms/runningrunningru"'
as alice get "$vm?range=7d&chart=mem" ; expect 200
expect_text "of 1 vCPU, peak 100%"
expect_text 'value="mem" checked'
expect_text ">Received<"
expect_no_text "2999"
as alice get "$vm?range=1h" ; expect_text "CPU<span class=\"roomy\"> in the last hour"
expect_text 'hx-get="/vms/runningrunningru?range=1h"'
as alice get "$vm?range=nonsense" ; expect_text "CPU<span class=\"roomy\"> in the last 24 hours"
# A young VM has no day to show: its chart begins with it; one measurement is no chart yet.
sql "UPDATE vm SET created_at = $now - 600 WHERE id = 'runningrunningru'"
as alice get $vm ; expect_text "First values in about a minute"
sql "INSERT INTO usage_minute VALUES (1, 'runningrunningru', $((now - 120)), 12000, 64, 1048576, 6000, 0, NULL, NULL)"
as alice get $vm ; expect_text "CPU<span class=\"roomy\"> since creation"
expect_no_text ">Peak<"
expect_text "data-from=\"$((now - 600))\" data-step=\"60\" data-last=\"9\" data-top=\"20\""
expect_text '<path d="M533.3 0l66.7 70"/>'
as alice get "$vm?range=30d" ; expect_text "data-from=\"$((now - 600))\" data-step=\"60\" data-last=\"9\""
# The words of what happened stay within the chart: to the right of their line, to its left, or not on a phone.
happened() {
    sql "DELETE FROM activity WHERE id = 'tick'; INSERT INTO activity (team_id, at_ms, id, vm_id, what, detail, took_ms, action, actor, result)
        VALUES (1, ($now - $1) * 1000, 'tick', 'runningrunningru', 'Snapshot created, 1 GB', 'x', 0, 'snapshot', 'system', 'done')"
    as alice get $vm
}
happened 590 ; expect_text '<text x="1%" y="-6" text-anchor="start">Snapshot created '
happened 300 ; expect_text '<text class="roomy" x="50%" y="-6" text-anchor="start">Snapshot created '
happened 30 ; expect_text '<text x="95%" y="-6" text-anchor="end">Snapshot created '
# Several of a kind that are close to each other are one, others are not.
sql "INSERT INTO activity (team_id, at_ms, id, vm_id, what, took_ms, action, actor, result) SELECT column1, column2, column3, column4, column5, column6, 'vm', 'system', 'done' FROM (VALUES (1, ($now - 40) * 1000, 'tick2', 'runningrunningru', 'Snapshot created', 0),
    (1, ($now - 35) * 1000, 'tick3', 'runningrunningru', 'Stopped', 0), (1, ($now - 300) * 1000, 'tick4', 'runningrunningru', 'Snapshot created', 0))"
as alice get $vm ; expect_text ">Snapshot created ×2</text>" ; expect_no_text "×3" ; expect_text '<path class="event" d="M300 0V140"/>'
expect_no_text 'd="M560 0V140"'
sql "DELETE FROM activity WHERE id LIKE 'tick%'"
# A VM that was created before the clock was set back has a chart, whatever the range.
for hours in 1 2 3 800; do
    sql "UPDATE vm SET created_at = $now + $hours * 3600 WHERE id = 'runningrunningru'"
    as alice get "$vm?range=1h" ; expect 200
    as alice get "$vm?range=30d" ; expect 200
done
# What is below the line of averages is filled; the peak of a step is above it. A quarter may have ended since.
sql "UPDATE vm SET created_at = $now - 90 * 86400 WHERE id = 'runningrunningru';
    DELETE FROM usage_day; INSERT INTO usage_quarter VALUES (1, 'runningrunningru', unixepoch() / 900 * 900, 2, 18000, 12000, 64, 1048576, 6000, 0, NULL, NULL)"
as alice get "$vm?range=24h" ; expect_text "of 1 vCPU, peak 20%"
expect_text '<path class="fill" d="M600 35h.1V140H600z"/><path class="peak" d="M600 0h.1"/>'
expect_text '<path class="dot" d="M600 35h.1"/>'
expect_text '<span class="s4">Peak</span>'
sql "DELETE FROM usage_minute; DELETE FROM usage_day"
as alice get $vm ; expect_text "First values in about a minute"
expect_no_text 'class="plot"'
as alice get "$vm?range=7d" ; expect_text "No data in this range"
fresh

for tab in snapshots activity settings; do
    route "GET /vms/:id/$tab"
    nobody get $vm/$tab ; expect 303 /signin?return=$vm/$tab
    as bob get $vm/$tab ; expect 404
    as alice get /vms/gonegonegonegone/$tab ; expect 200
    expect_text "Receipt of destruction"
done
route "GET /vms/:id/snapshots"
as alice get $vm/snapshots ; expect 200 vm_snapshots.html
as alice get $stopped/snapshots ; expect_text "Disk only"
as alice get /vms/failedfailedfail/snapshots ; expect 200 vm_snapshots_none.html
# The form is open beside an empty list, and with a mistake in it.
expect_text '<details class="ask" id="ask" open>'
as alice get $vm/snapshots ; expect_text '<details class="ask" id="ask">'
as alice post $vm/snapshots name= ; expect_text '<details class="ask" id="ask" open>'
# What is worth knowing of each: when, by whom, how much; and how much all of them hold.
sql "INSERT INTO job (team_id, id, subject_kind, subject_id, vm_id, kind, state, person_id, snapshot_id, requested_at_ms, due_at_ms, attempts, ended_at_ms)
    SELECT 1, 'snap' || state, 'vm', vm_id, vm_id, 'snapshot', state, 1, 'snapshotsnapsho2', 1767225600000, 1767225600000, 1, 1767225602500
    FROM (SELECT 'runningrunningru' AS vm_id, 'done' AS state UNION ALL SELECT 'runningrunningru', 'failed')"
as alice get $vm/snapshots ; expect_text ', 00:00</time><span class="roomy"> by Alice</span><span class="phone"> · 1 GB</span></small></div></div></td>'
expect_text '>Ready</span>1 GB<small>+ 21 MB memory</small></td>'
# Their sum is told of several; a state where one is not ready; the form has no second button.
expect_no_text "quota, 21 MB memory</span>" ; expect_text '<span class="away" id="state-snapshotsnapsho2">Ready' ; expect_no_text 'id="take"'
expect_text '<span class="state bad" id="state-snapshotsnapsho4"'
sql "UPDATE snapshot SET state = 'deleting' WHERE id = 'snapshotsnapsho4'"
as alice get $vm/snapshots ; expect_text ">2 GB of disk quota, 21 MB memory</span>"
expect_text 'value="snapshotsnapsho4" form="bulk" aria-label="Select" aria-describedby="name-snapshotsnapsho4" disabled>'
as alice get $vm ; expect_text 'id="take"'
# Many have a search and an order; the live part keeps both.
expect_no_text 'id="q"'
sql "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6) INSERT INTO snapshot (team_id, vm_id, created_at, id, name, state, has_memory, size_bytes, vcpus, memory_mb, disk_gb)
    SELECT 1, 'runningrunningru', 1767225700 + i, printf('snapmany%08d', i), 'Night ' || (9 - i), 'ready', 1, i % 3 * 1048576, 1, 128, 1 FROM n"
as alice get $vm/snapshots ; expect_text 'id="q"' ; expect_text 'hx-get="/vms/runningrunningru/snapshots"'
order() { grep -o '<tr id="snapshot-[a-z0-9]*' "$state/answer" | grep -o '.$' | tr -d '\n'; }
expect_order() { if [ "$(order)" = "$1" ]; then good; else bad "in the order $(order), not $1"; fi; }
expect_order 65432124
as alice get "$vm/snapshots?sort=size" ; expect_order 25241634
as alice get "$vm/snapshots?q=NIGHT&sort=name" ; expect_order 654321
expect_text 'hx-get="/vms/runningrunningru/snapshots?q=NIGHT&amp;sort=name"' ; expect_text 'Sort: Name'
as alice get "$vm/snapshots?q=nothing%20%3Cb%3E" ; expect_text "No matching snapshots" ; expect_text "nothing &lt;b&gt;" ; expect_text '<span class="count">8</span>'
sql "UPDATE vm SET state = 'snapshotting' WHERE id = 'runningrunningru'"
as alice get $vm/snapshots ; expect_no_text "delete?snapshot=" ; expect_no_text select-all
if [ "$(grep -c 'form="bulk"[^>]* disabled>' "$state/answer")" = 8 ]; then good; else bad "a snapshot can be selected"; fi
fresh
route "GET /vms/:id/activity"
as alice get $vm/activity ; expect 200 vm_activity.html
# On a phone its menu has what the head has elsewhere.
for act in restart stop; do
    expect_text "<button form=\"$act-form\">"
    expect_text "action=\"$vm/$act\" id=\"$act-form\""
done
as alice get $vm ; expect_no_text '<button form='
as alice get $vm/activity
# How long each step took, if that is worth knowing. The details are on the overview alone.
expect_text '<small class="soft"><span class="whole">Boot 0.3 s</span> · <span class="whole">SSH ready 3.7 s</span></small>'
expect_no_text "Disk 0" ; expect_no_text "<h2>Details</h2>"
as alice get $vm ; expect_no_text "Boot 0.3 s" ; expect_text "<h2>Details</h2>"
# And what the host answered afterwards.
sql "UPDATE job_step SET answer = 'no <snapshot>' WHERE job_number = 1 AND position = 2"
as alice get $vm/activity ; expect_text 'Host answered: <code class="breakable">no &lt;snapshot&gt;</code>'
as alice get $stopped/activity ; expect_no_text '<small class="soft">'
as bob get /vms/bobsvmbobsvmbobs/activity ; expect_no_text "Boot 0.3 s"
sql "INSERT INTO activity (team_id, at_ms, id, vm_id, what, action, actor, result) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
    SELECT 1, 1767225604200, 'x' || i, 'runningrunningru', 'Event ' || i, 'vm', 'system', 'done' FROM n"
as alice get $vm/activity ; expect_text "/activity?before=1767225604200-"
as alice get "$vm/activity?before=1767225604200-x9" ; expect_text "Created"
# Titles name their objects, but a failure has its reason; old entries read the same.
sql "INSERT INTO activity (team_id, at_ms, id, vm_id, what, detail, action, actor, result) SELECT column1, column2, column3, column4, column5, column6, 'vm', 'system', 'done' FROM (VALUES (1, 1767225604300, 'y1', 'runningrunningru', 'Snapshot created, 1.2 GB', 'before <b>'),
    (1, 1767225604400, 'y2', 'runningrunningru', 'Snapshot deletion failed', 'Host: busy'),
    (1, 1767225604500, 'y3', 'runningrunningru', 'Renamed', 'loud-oak → quiet-maple'),
    (1, 1767225604600, 'y4', 'runningrunningru', 'Restore requested', 'nightly'))"
sql "UPDATE activity SET took_ms = 1500 WHERE id = 'y1'"
for page in $vm/activity /activity; do
    as alice get $page
    expect_text "Snapshot <b>before &lt;b&gt;</b> created, 1.2 GB</div><span class=\"soft num whole\"><span class=\"away\">took </span>1.5 s</span>"
    expect_text 'Snapshot deletion failed'
    expect_text '<small class="soft">Host: busy</small></div></div><span class="by cut" title="Domicile"><span class="away">by </span>Domicile</span>'
    expect_text "<h2 class=\"day\">$(date -u +%Y | sed 's/^2026$/1 Jan/; s/^20../1 Jan 2026/')</h2>"
    expect_text 'title="1 Jan 2026, 00:00:04 UTC">00:00</time>'
    expect_text "Renamed from <b>loud-oak</b> to <b>quiet-maple</b>"
    expect_text "Restore of <b>nightly</b> requested"
done
# Without a worker, nothing is read; e2e/console.mjs has one, and guests.
route "GET /vms/:id/console"
nobody get $vm/console ; expect 303 "/signin?return=$vm/console"
as bob get $vm/console ; expect 404
as dave get $vm/console ; expect 403
as alice get $vm/console ; expect 200 vm_console_running.html
as alice get /vms/nobodynobodynobo/console ; expect 404
as alice get /vms/gonegonegonegone/console ; expect 404
as carol get /vms/failedfailedfail/console ; expect 200 vm_console.html
expect_text "Not read yet"
as alice get /vms/failedfailedfail ; expect_text 'href="/vms/failedfailedfail/console"'
as alice get $vm ; expect_no_text /console

route "GET /vms/:id/settings"
as alice get $vm/settings ; expect 200 vm_settings.html
expect_text '<p class="hint" id="resize-why">Stop the VM to resize it.</p>'
as alice get $stopped/settings ; expect 200 vm_settings_stopped.html ; expect_no_text resize-why
as alice get $stopped ; expect_text '<p class="sub">Stopped for '

# What happened to it is shown below its receipt for as long as that is kept.
sql "INSERT INTO activity (team_id, at_ms, id, vm_id, what, action, actor, result) SELECT column1, column2, column3, column4, column5, 'vm', 'system', 'done' FROM (VALUES (1, 1767225600000, 'e', 'gonegonegonegone', 'Created'))"
as alice get /vms/gonegonegonegone ; expect_text "This activity is deleted 90 days after the VM was destroyed."

# One answer for the VM and its snapshots is shown once.
sql "UPDATE receipt_part SET thing = 'snapshots', answer = (SELECT answer FROM receipt_part WHERE thing = 'domain') WHERE thing = 'disk'"
as alice get /vms/gonegonegonegone ; expect_text "VM and its snapshots"
expect_text "1 of 1 parts absent"
expect_no_text '>Snapshots<'
fresh

# Signed a moment after the VM's end.
route "GET /vms/:id/receipt.zip"
receipt=/vms/gonegonegonegone/receipt.zip
as alice get $receipt ; expect 404
as alice get /vms/gonegonegonegone ; expect_no_text receipt.zip
expect_text ">Being signed</span>" ; expect_text 'hx-get="/vms/gonegonegonegone"'
plant_signature() {
    sql "INSERT INTO signing_key VALUES ('0011223344556677', x'$(printf '%064d' 7)', 1); INSERT INTO signed_receipt VALUES
        (7, 'vm', 'gonegonegonegone', 1, '{\"vm\":\"gone-vm\"}', x'0011', x'0022', '0011223344556677', 1767225700)"
}
plant_signature
nobody get $receipt ; expect 303
as bob get $receipt ; expect 404
as alice get $vm/receipt.zip ; expect 404
as alice get $receipt ; expect 200
expect_text 'Content-Disposition: attachment; filename="receipt-gone-vm.zip"'
answer_unpack "$state/receipt"
if [ "$(cat "$state/receipt/receipt.json")" = '{"vm":"gone-vm"}' ]; then good; else bad "not as it was signed"; fi
as alice get $receipt
# The receipt stands by itself: nothing of it is in the VM's record, which is deleted before it.
cp "$state/answer" "$state/before"
sql "PRAGMA foreign_keys = ON; DELETE FROM vm WHERE id = 'gonegonegonegone'"
as alice get $receipt ; expect 200
if cmp -s "$state/answer" "$state/before"; then good; else bad "another receipt than before"; fi
as alice get /vms/gonegonegonegone ; expect 200 vm_gone_signed.html
expect_no_text hx-get
as bob get /vms/gonegonegonegone ; expect 404
as alice post /vms/gonegonegonegone/destroy confirm=gone-vm ; expect 404

fresh
route "POST /vms/:id/start"
others $vm/start
as alice post $vm/start ; expect 409 vm_start_conflict.html
as alice post $stopped/start ; expect 303 $stopped
expect_row "SELECT state, wanted FROM vm WHERE name = 'old-desktop'" "starting|running"
expect_row "SELECT kind FROM job WHERE state = 'queued' AND vm_id = 'stoppedstoppedst'" start
as alice post $stopped/start ; expect 409

route "POST /vms/:id/stop"
others $vm/stop
as carol post $vm/stop ; expect 303 $vm
expect_row "SELECT state, wanted FROM vm WHERE name = 'quiet-maple'" "stopping|stopped"
expect_row "SELECT what, person_id FROM activity WHERE vm_id = 'runningrunningru' ORDER BY at_ms DESC LIMIT 1" "Stop requested|3"

fresh
route "POST /vms/:id/restart"
others $vm/restart
as alice post $vm/restart ; expect 303 $vm

fresh
route "POST /vms/:id/resume"
others $vm/resume
as alice post $vm/resume ; expect 409
sql "UPDATE vm SET state = 'paused', observed = 'paused' WHERE id = 'runningrunningru'"
as alice get $vm ; expect 200 vm_paused.html
as alice post $vm/resume ; expect 303 $vm
expect_row "SELECT state, wanted FROM vm WHERE id = 'runningrunningru'" "resuming|running"
expect_row "SELECT kind FROM job WHERE state = 'queued' AND vm_id = 'runningrunningru'" resume

fresh
route "POST /vms/:id/retry"
others $vm/retry
as alice post /vms/failedfailedfail/retry ; expect 303 /vms/failedfailedfail
expect_row "SELECT state FROM vm WHERE id = 'failedfailedfail'" creating
expect_row "SELECT kind FROM job WHERE state = 'queued' AND vm_id = 'failedfailedfail'" create

fresh
route "POST /vms/:id/rename"
others $vm/rename
as alice post $vm/rename name=old-desktop ; expect 422
expect_text "already has a VM of this name"
as alice post $vm/rename "name=Not good" ; expect 422 vm_rename_bad.html
as alice post $vm/rename name= ; expect 422
as alice post $vm/rename name=quiet-maple ; expect 422 ; expect_text "The VM already has this name."
as alice post $vm/rename name=loud-oak ; expect 303 $vm/settings
expect_row "SELECT name FROM vm WHERE id = 'runningrunningru'" loud-oak
as alice get $vm ; expect_text "Renamed to loud-oak"
as alice get $vm ; expect_no_text "Renamed to loud-oak"
as alice get $vm/settings ; expect_text "The VM may have an earlier hostname until you start or restart it here."
as alice get $vm ; expect_text "<dt>Hostname</dt><dd>May be an earlier one until you start or restart the VM here</dd>"
sql "UPDATE vm SET setup_taken = setup_wanted WHERE id = 'runningrunningru'"
as alice get $vm ; expect_no_text "<dt>Hostname"
fresh
as alice post $vm/stop tab=settings ; expect 303 $vm/settings

fresh
route "POST /vms/:id/internet"
others $vm/internet
as alice get $vm/settings ; expect_text "Internet access"
as alice post $vm/internet ; expect 422
as alice post $vm/internet internet=maybe ; expect 422
as alice post $vm/internet internet=names ; expect 422
as alice post $vm/internet internet=names "internet_names=github.com 198.51.100.7" ; expect 422 vm_internet_bad.html
expect_row "SELECT internet, internet_pending FROM vm WHERE id = 'runningrunningru'" "on|0"
as alice post $vm/internet internet=names $'internet_names=https://GitHub.com/x\r\ndeb.debian.org' ; expect 303 $vm/settings
expect_row "SELECT internet, internet_names, internet_pending FROM vm WHERE id = 'runningrunningru'" "names|deb.debian.org github.com|1"
expect_row "SELECT action, detail, person_id FROM activity WHERE vm_id = 'runningrunningru' ORDER BY seq DESC LIMIT 1" "internet|Only 2 names|1"
as alice get $vm ; expect 200 ; expect_text "Internet access: Only 2 names." ; expect_text "Only 2 names</a>"
as alice get $vm/settings ; expect 200 vm_internet_names.html
as alice post $vm/internet internet=off ; expect 303 $vm/settings
expect_row "SELECT internet, internet_names FROM vm WHERE id = 'runningrunningru'" "off|"

# Its keys: a change is pending until the guest has taken it, which the worker records.
fresh
route "POST /vms/:id/keys"
others $vm/keys
held() { sql "SELECT group_concat(name || CASE WHEN is_removed THEN ' -' ELSE '' END || CASE WHEN change > setup_taken THEN ' pending' ELSE '' END, ', ') FROM (SELECT k.*, v.setup_taken FROM vm_key k JOIN vm v ON v.id = k.vm_id WHERE k.vm_id = 'stoppedstoppedst' ORDER BY k.name)"; }
expect_held() { if [ "$(held)" = "$1" ]; then good; else bad "keys are $(held), not $1"; fi; }
print_of() { sql "SELECT fingerprint FROM ssh_key WHERE id = '$1'"; }
as alice get $stopped/settings ; expect_text "None. Add a key to connect to this VM."
as alice post $stopped/keys ; expect 422
as alice post $stopped/keys key=keykeykeykeykey4 ; expect 422 ; expect_text "Choose a key from the list."
as alice post /vms/gonegonegonegone/keys key=keykeykeykeykey2 ; expect 409
as alice post /vms/destroydestroyde/keys key=keykeykeykeykey2 ; expect 409
as alice post $stopped/keys key=keykeykeykeykey2 ; expect 303 $stopped/settings
as alice post $stopped/keys key=keykeykeykeykey2 ; expect 422
expect_row "SELECT setup_wanted, setup_taken FROM vm WHERE id = 'stoppedstoppedst'" "1|0"
expect_row "SELECT action, detail, person_id FROM activity WHERE vm_id = 'stoppedstoppedst' ORDER BY seq DESC LIMIT 1" "vm_key_add|laptop|1"
expect_held "laptop pending"
as alice get $stopped/settings ; expect 200 vm_keys_pending.html ; expect_text "Added at the next start"
as alice get $stopped ; expect_text "added at the next start"
route "POST /vms/:id/keys/remove"
others $vm/keys/remove
as alice post $stopped/keys/remove ; expect 422
as alice post $stopped/keys/remove key=SHA256:none ; expect 303 $stopped/settings
as alice post $stopped/keys/remove "key=$(print_of keykeykeykeykey2)" ; expect 422 vm_keys_last.html
expect_held "laptop pending"
# It is in no seed yet, so the guest has never had it.
as alice get /keys ; expect_text "(from its next start)"
as alice get /keys/keykeykeykeykey2 ; expect_text "(from its next start)"
as alice post $stopped/keys/remove "key=$(print_of keykeykeykeykey2)" last=yes ; expect 303 $stopped/settings
expect_held ""
as alice get $stopped/activity ; expect_text " no longer to be added"
# As the worker does after a start.
as alice post $stopped/keys key=keykeykeykeykey2 ; expect 303
sql "UPDATE vm SET setup_seeded = setup_wanted, setup_taken = setup_wanted WHERE id = 'stoppedstoppedst'"
expect_held "laptop"
as alice get $stopped/settings ; expect_no_text "not in effect yet" ; expect_no_text "at the next start<"
as alice post $stopped/keys key=keykeykeykeykey3 ; expect 303
as alice post $stopped/keys/remove "key=$(print_of keykeykeykeykey2)" ; expect 303 $stopped/settings
as alice get $stopped/settings ; expect_text "Removed at the next start"
as alice get $stopped/activity ; expect_text " to be removed at the next start"
as alice get /keys ; expect_text "(until its next start)"
as alice get /keys/keykeykeykeykey2 ; expect_text "(until its next start)"
expect_row "SELECT action, detail FROM activity WHERE vm_id = 'stoppedstoppedst' ORDER BY seq DESC LIMIT 1" "vm_key_remove|laptop"
# A removal that the guest has not seen is simply undone.
as alice post $stopped/keys key=keykeykeykeykey2 ; expect 303
as alice get $stopped/settings ; expect_no_text "Removed at the next start"
expect_row "SELECT change, is_removed FROM vm_key WHERE vm_id = 'stoppedstoppedst' AND name = 'laptop'" "0|0"

# By its guest agent a running VM takes them now.
route "POST /vms/:id/agent"
others $vm/agent
as alice get $vm/settings ; expect_no_text 'id="guest-agent"'
as alice post $vm/agent agent=on ; expect 422
sql "UPDATE image SET has_agent = 1 WHERE name = 'tiny'"
as alice get $vm/settings ; expect_text 'id="guest-agent"'
as alice post $vm/agent agent=on ; expect 303 $vm/settings
expect_row "SELECT has_agent, agent_started FROM vm WHERE id = 'runningrunningru'" "1|0"
as alice get $vm/settings ; expect_text "On from the next start" ; expect_text "at its next start from here"
sql "UPDATE vm SET agent_started = 1 WHERE id = 'runningrunningru'"
as alice post $vm/keys/remove "key=$(print_of keykeykeykeykey3)" ; expect 303
as alice get $vm/settings ; expect 200 vm_keys_agent.html ; expect_text "Being removed" ; expect_no_text "at the next start<"
as alice get $vm/activity ; expect_text " to be removed now"
sql "UPDATE vm SET agent_failed = setup_wanted WHERE id = 'runningrunningru'"
as alice get $vm/settings ; expect_text "The guest agent did not take the last change." ; expect_text "Removed at the next start"
as alice post $vm/agent agent=off ; expect 303 $vm/settings
as alice get $vm/settings ; expect_text "Off from the next start"

fresh
route "POST /vms/:id/resize"
others $vm/resize
as alice post $vm/resize size=small ; expect 409
as alice post $stopped/resize size=none ; expect 422
as alice post $stopped/resize size=nano ; expect 422
expect_text "Disks can’t shrink. Choose"
as alice post $stopped/resize size=small ; expect 422 vm_resize_same.html
expect_text "The VM already has this size"
expect_no_text "Disks can’t shrink: this VM has 1 GB"
expect_text "Disks can’t shrink: this VM has 10 GB"
as alice post $stopped/resize size=medium ; expect 303 $stopped/settings
expect_row "SELECT vcpus, memory_mb, disk_gb, size, state FROM vm WHERE id = 'stoppedstoppedst'" "2|4096|20|medium|resizing"
sqlite3 "$state/data/main.db" "UPDATE vm SET state = 'stopped', memory_mb = 8192 WHERE id = 'failedfailedfail'"
as alice post /vms/failedfailedfail/resize size=medium ; expect 422
expect_text "Choose a smaller size"

fresh
route "GET /vms/:id/destroy"
nobody get $vm/destroy ; expect 303 /signin?return=$vm/destroy
as bob get $vm/destroy ; expect 404
as alice get $vm/destroy ; expect 200 vm_destroy.html
as alice get /vms/destroydestroyde/destroy ; expect 303 /vms/destroydestroyde
as alice get /vms/gonegonegonegone/destroy ; expect 303 /vms/gonegonegonegone
route "POST /vms/:id/destroy"
others $vm/destroy
as alice post $vm/destroy ; expect 422 vm_destroy_unsure.html
as alice post $vm/destroy name=quiet-mapl ; expect 422
expect_text 'value="quiet-mapl"'
expect_row "SELECT state FROM vm WHERE id = 'runningrunningru'" running
as alice post $vm/destroy name=quiet-maple ; expect 303 $vm
expect_row "SELECT state, wanted FROM vm WHERE id = 'runningrunningru'" "destroying|gone"
as alice post $vm/destroy name=quiet-maple ; expect 409
as alice post /vms/gonegonegonegone/destroy name=gone-vm ; expect 409

fresh
route "POST /vms/:id/snapshots"
others $vm/snapshots
as alice post $vm/snapshots name= ; expect 422
expect_text 'name="name" value="" maxlength'
as alice post $vm/snapshots $'name=two\tone' ; expect 422
expect_text 'value="two'
as alice post $vm/snapshots "name=$(printf '%0101d' 0)" ; expect 422
as alice post $vm/snapshots $'name=two\nlines' ; expect 422
as alice post $vm/snapshots "name=safe <b>" ; expect 303 $vm/snapshots
expect_row "SELECT what, detail FROM activity WHERE job_number > 6" "Snapshot requested|safe <b>"
expect_row "SELECT name, state, memory_mb FROM snapshot WHERE name LIKE 'safe%'" "safe <b>|taking|128"
as alice get $vm/snapshots ; expect_text "safe &lt;b&gt;"

fresh
route "GET /vms/:id/snapshots/:snapshot/restore"
nobody get $vm/snapshots/snapshotsnapsho2/restore ; expect 303 /signin?return=$vm/snapshots/snapshotsnapsho2/restore
as bob get $vm/snapshots/snapshotsnapsho2/restore ; expect 404
as alice get $vm/snapshots/nosuch/restore ; expect 404
as alice get $vm/snapshots/snapshotsnapsho2/restore ; expect 200 snapshot_restore.html
expect_no_text "powered off" ; expect_text "Its hostname goes back too"
sql "UPDATE snapshot SET has_memory = 0 WHERE id = 'snapshotsnapsho2'"
as alice get $vm/snapshots/snapshotsnapsho2/restore ; expect_text "so the VM is powered off and stays stopped" ; expect_no_text "Its hostname goes back too"
sql "UPDATE snapshot SET has_memory = 1 WHERE id = 'snapshotsnapsho2'"
sql "UPDATE vm SET memory_mb = 1024, disk_gb = 10 WHERE id = 'runningrunningru'"
as alice get $vm/snapshots/snapshotsnapsho2/restore ; expect_text "<li>its size: it goes back to 1 vCPU, 128 MB, 1 GB disk</li>"
sql "UPDATE vm SET memory_mb = 128, disk_gb = 1 WHERE id = 'runningrunningru'"
route "GET /vms/:id/snapshots/delete"
delete=$vm/snapshots/delete
nobody get "$delete?snapshot=snapshotsnapsho2" ; expect 303 "/signin?return=$delete%3Fsnapshot%3Dsnapshotsnapsho2"
as bob get "$delete?snapshot=snapshotsnapsho2" ; expect 404
as alice get "$delete?snapshot=nosuch" ; expect 404
expect_text "The VM has no such snapshot. If it had a moment ago, the snapshot has been deleted already."
as alice get "$delete?snapshot=snapshotsnapsho3" ; expect 404
as alice get $delete ; expect 303 $vm/snapshots
as alice get "$delete?snapshot=snapshotsnapsho2" ; expect 200 snapshot_delete.html
as alice get "$delete?snapshot=snapshotsnapsho2&snapshot=snapshotsnapsho4" ; expect 200 snapshots_delete.html
sql "UPDATE vm SET state = 'snapshotting' WHERE id = 'runningrunningru'"
as alice get $vm/snapshots/snapshotsnapsho2/restore ; expect 303 $vm/snapshots
as alice get "$delete?snapshot=snapshotsnapsho2" ; expect 303 $vm/snapshots

fresh
route "POST /vms/:id/snapshots/:snapshot/restore"
others $vm/snapshots/snapshotsnapsho2/restore
as alice post $vm/snapshots/snapshotsnapsho3/restore ; expect 404
as alice post $vm/snapshots/snapshotsnapsho2/restore ; expect 303 $vm/snapshots
expect_row "SELECT kind, snapshot_id FROM job WHERE state = 'queued' AND vm_id = 'runningrunningru'" "restore|snapshotsnapsho2"

fresh
route "POST /vms/:id/snapshots/delete"
others $delete
as alice post $delete ; expect 303 $vm/snapshots
as alice post $delete snapshot=nosuch ; expect 404
expect_text "The VM has no such snapshot. If it had a moment ago, the snapshot has been deleted already."
as alice post $delete snapshot=snapshotsnapsho2 snapshot=snapshotsnapsho3 ; expect 404
expect_row "SELECT count(*) FROM job WHERE state = 'queued' AND vm_id = 'runningrunningru'" 0
as alice post $delete snapshot=snapshotsnapsho2 snapshot=snapshotsnapsho4 ; expect 303 $vm/snapshots
expect_row "SELECT group_concat(DISTINCT state) FROM snapshot WHERE vm_id = 'runningrunningru'" deleting
expect_row "SELECT kind, snapshot_id FROM job WHERE state = 'queued' AND vm_id = 'runningrunningru'" "snapshot_delete|snapshotsnapsho2"
as alice get $vm ; expect_text 'data-name="quiet-maple">Deleting snapshot</span>' ; expect_no_text Snapshotting
as alice get /vms ; expect_text 'data-name="quiet-maple">Deleting snapshot</span>' ; expect_no_text Snapshotting
as alice post $delete snapshot=snapshotsnapsho4 ; expect 409
sql "DELETE FROM job WHERE snapshot_id = 'snapshotsnapsho2'; DELETE FROM snapshot WHERE id = 'snapshotsnapsho2'"
as alice post $delete snapshot=snapshotsnapsho2 ; expect 404
expect_text "the snapshot has been deleted already"

fresh
route "GET /vms/:id/snapshots/:snapshot/clone"
nobody get $vm/snapshots/snapshotsnapsho2/clone ; expect 303
as bob get $vm/snapshots/snapshotsnapsho2/clone ; expect 404
as alice get $vm/snapshots/snapshotsnapsho2/clone ; expect 200 clone.html

route "POST /vms/:id/snapshots/:snapshot/clone"
nobody post $vm/snapshots/snapshotsnapsho2/clone ; expect 303 "/signin?return=$vm/snapshots/snapshotsnapsho2/clone&ended=1"
as bob post $vm/snapshots/snapshotsnapsho2/clone name=mine size=nano ; expect 404
as alice post $stopped/snapshots/snapshotsnapsho3/clone name=mine size=nano ; expect 422
expect_text "The snapshot needs a larger disk. Choose a larger size."
as alice post $vm/snapshots/snapshotsnapsho2/clone name=quiet-maple size=nano ; expect 422
sql "UPDATE vm SET image = 'gone' WHERE id = 'runningrunningru'"
as alice post $vm/snapshots/snapshotsnapsho2/clone name=twin size=nano ; expect 422 ; expect_text "so it can’t be cloned."
sql "UPDATE vm SET image = 'tiny' WHERE id = 'runningrunningru'"
as alice post $vm/snapshots/snapshotsnapsho2/clone name=twin size=nano ; expect 303
expect_row "SELECT source_vm_id, source_snapshot_id FROM vm WHERE name = 'twin'" "runningrunningru|snapshotsnapsho2"
expect_row "SELECT count(*) FROM vm_key WHERE vm_id = (SELECT id FROM vm WHERE name = 'twin')" 2
as alice post $delete snapshot=snapshotsnapsho4 snapshot=snapshotsnapsho2 ; expect 409
expect_text 'A clone is being created from snapshot “before upgrade”.'
expect_row "SELECT count(*) FROM snapshot WHERE state = 'deleting'" 0

# ---- constraints of the schema ----
expect_row "PRAGMA foreign_keys=ON; DELETE FROM team WHERE id = 1" ""
expect_row "SELECT count(*) FROM team WHERE id = 1" 1
expect_row "PRAGMA foreign_keys=ON; DELETE FROM person WHERE id = 1" ""
expect_row "SELECT count(*) FROM person WHERE id = 1" 1
expect_row "INSERT INTO receipt_part SELECT team_id, id, 9, 'disk', 'gone', 1 FROM vm WHERE name = 'twin'" ""
expect_row "PRAGMA foreign_keys=ON; DELETE FROM vm; DELETE FROM team WHERE id = 1" ""
expect_row "SELECT count(*) FROM team WHERE id = 1" 0
expect_row "SELECT count(*) > 0 FROM receipt_part WHERE team_id = 1 AND position = 9" 1

# Names of snapshots and of the confirmation.
fresh
as alice post /vms/runningrunningru/snapshots "name=$(head -c 48 /dev/urandom | base64 -w 0)" ; expect 422
expect_text "That looks like a private key"
as alice post /vms/runningrunningru/snapshots name=$'be\u2066fore' ; expect 422
as alice post /vms/runningrunningru/snapshots "name=$(printf 'ë%.0s' $(seq 100))" ; expect 303
as alice post /vms/failedfailedfail/destroy name=a23456789012345678901234567890123456789012345678901234567890123 ; expect 303

# Of a restricted account, what would be refused is disabled or left out; what becomes less is not.
fresh
sql "UPDATE person SET restricted_at = 1 WHERE id = 1"
restricted='disabled aria-describedby="restricted"'
as alice get $vm ; expect_text 'id="restricted"' ; expect_text 'id="stop-form"'
expect_no_text 'id="restart"' ; expect_no_text 'id="take"'
as alice get $stopped ; expect_text 'disabled id="start" aria-describedby="why"'
expect_text 'id="why">Your account is restricted.' ; expect_no_text 'id="start-form"'
as alice get /vms/failedfailedfail ; expect_no_text 'id="retry"'
as alice get $vm/snapshots ; expect_text 'id="snapshot-create" disabled aria-describedby="snapshot-why"'
expect_text 'id="delete-snapshotsnapsho2"' ; expect_no_text 'id="restore-' ; expect_no_text 'id="clone-'
as alice get $vm/settings ; expect_text "id=\"rename-button\" type=\"submit\" $restricted" ; expect_no_text 'id="resize-stop"'
expect_text 'id="resize-button" type="submit" disabled aria-describedby="resize-why"' ; expect_text 'id="destroy-button"'
expect_text "<fieldset $restricted>" ; expect_no_text '<small class="why">'
as alice get /vms/new ; expect_text "<fieldset $restricted>" ; expect_no_text '<small class="why">'
as alice post $vm/keys key=keykeykeykeykey2 ; expect 409 ; expect_text "Your account is restricted, so nothing new is begun."
key_of() { sql "SELECT fingerprint FROM vm_key WHERE vm_id = 'runningrunningru' LIMIT 1"; }
as alice get $vm/settings ; expect_text 'type="submit" aria-label="Remove '
as alice post $vm/keys/remove "key=$(key_of)" last=yes ; expect 303 $vm/settings
expect_row "SELECT count(*) > 0 FROM vm_key WHERE vm_id = 'runningrunningru' AND is_removed = 1" 1
as alice get $stopped/snapshots/snapshotsnapsho3/restore ; expect_text "$restricted>"
as alice get $stopped/snapshots/snapshotsnapsho3/clone ; expect_text "$restricted>" ; expect_no_text 'id="mend"'

# A destroyed VM has no commands, and nothing of them is written.
fresh
for command in rename internet start stop restart retry resize destroy snapshots; do
    case $command in
    rename) fields=name=other ;;
    internet) fields=internet=off ;;
    snapshots) fields=name=late ;;
    resize) fields=size=small ;;
    destroy) fields=name=gone-vm ;;
    *) fields=unused=1 ;;
    esac
    as alice post /vms/gonegonegonegone/$command $fields ; expect 409
done
expect_row "SELECT count(*) FROM activity WHERE vm_id = 'gonegonegonegone'" 0
expect_row "SELECT name FROM vm WHERE id = 'gonegonegonegone'" gone-vm

finish
