#!/bin/bash
# Pages of cgi/dashboard.c: the list of VMs, a new VM, the activity.
. "$(dirname "$0")/lib.sh"

route "GET /vms"
nobody get /vms ; expect 303 /signin?return=/vms
as alice get /vms ; expect 200 vms.html
expect_no_text bobs-vm
# A page is shown even if "last seen" cannot be written, as with a full disk.
# Here an index forbids that another notice is cleared beside Bob's.
sql "UPDATE session SET notice = 'Key added' WHERE person_id IS NOT 2;
    CREATE UNIQUE INDEX full ON session(CASE WHEN notice IS NULL THEN 1 END)"
as alice get /vms ; expect 200
expect_row "SELECT notice FROM session WHERE person_id = 1 LIMIT 1" "Key added"
fresh
as bob get /vms ; expect 200 vms_silent.html
expect_no_text quiet-maple
# What is known of VMs whose host cannot be reached, and no act on them but to destroy.
sql "UPDATE region_status SET error = 'no answer'"
as alice get /vms ; expect 200 vms_away.html
expect_text '>Last known: running</span><small>checked ' ; expect_no_text 'class="state on"'
expect_no_text 'formaction="/vms/bulk/restart" name="vm"' ; expect_text /vms/runningrunningru/destroy
as alice post /vms/bulk/stop vm=runningrunningru ; expect 422 ; expect_text "Not available while the VM host can’t be reached."
as alice get /operator/vms ; expect_text ">Last known: running<" ; expect_no_text 'class="state on"'
fresh
as dave get /vms ; expect 403 error_403.html
as alice raw POST /vms/new ; expect 405
expect_text "Allow: GET, HEAD"
as alice raw DELETE /vms ; expect 405
as alice raw HEAD /vms ; expect 200
expect_no_text "<html"
nobody get /vms/new/more ; expect 404 error_404.html
nobody get "/vms?x=%" ; expect 303 /signin?return=/vms%3Fx%3D%25
nobody get "/vms?before=17-a&x=1" ; expect 303 "/signin?return=/vms%3Fbefore%3D17-a%26x%3D1"
nobody get "/vms?x=<>" ; expect 303 /signin?return=/vms
as alice with HTTP_HX_REQUEST=true raw GET /vms ; expect 200 fragment_vms.html
version=$(sed -n 's/^ETag: \(.*\)\r/\1/p' "$state/answer")
extra=("HTTP_HX_REQUEST=true" "HTTP_IF_NONE_MATCH=$version")
as alice raw GET /vms ; expect 304
# One measurement is a number, but no chart.
sqlite3 "$state/data/main.db" "UPDATE vm SET cpu_line = 'M80 9h.1', cpu_percent = 50 WHERE id = 'runningrunningru'"
as alice get /vms ; expect_text '<path d=""/></svg><span class="num">50%'
sqlite3 "$state/data/main.db" "UPDATE vm SET state = 'stopping' WHERE id = 'runningrunningru'"
as alice raw GET /vms ; expect 200
extra=()
nobody with HTTP_HX_REQUEST=true raw GET /vms ; expect_text "HX-Refresh: true"
as alice with HTTP_HX_REQUEST=true with HTTP_X_SESSION=another raw GET /vms ; expect_text "HX-Refresh: true"
expect_no_text quiet-maple

# Search, filter, sort and pages, all in the address.
fresh
as alice get "/vms?q=MAPLE" ; expect 200
expect_text quiet-maple
expect_no_text old-desktop
expect_no_text '1 to 1'
as alice get "/vms?q=nothing" ; expect 200 vms_no_match.html
as alice get "/vms?q=%3Cscript%3E&state=%22&sort=x&page=-5" ; expect 200
expect_no_text "<script>"
as alice get "/vms?state=stopped" ; expect 200
expect_text old-desktop
expect_no_text ci-runner-7
as alice get "/vms?state=attention" ; expect 200
expect_text ci-runner-7
expect_text 'hx-get="/vms?q=&amp;state=attention&amp;sort=newest&amp;page=1"'
expect_no_text quiet-maple
order() { grep -o '<a href="/vms/[a-z]*" id="name' "$state/answer" | cut -d/ -f3 | cut -c1-4 | tr '\n' ' '; }
expect_order() { if [ "$(order)" = "$1 " ]; then good; else bad "in the order $(order), not $1"; fi; }
as alice get "/vms?page=999" ; expect_order "dest fail stop runn"
as alice get "/vms?sort=name" ; expect_order "fail dest stop runn"
as alice get "/vms?sort=state" ; expect_order "dest fail runn stop"
as alice get "/vms?q=%00" ; expect 400
# What was destroyed lately is below, with its receipt.
sql "UPDATE receipt SET gone_at = unixepoch()"
as alice get /vms ; expect_text 'href="/vms/gonegonegonegone" title="gone-vm">gone-vm'
as alice get "/vms?q=gone" ; expect_no_text gonegonegonegone
# The first steps: a key, a VM. A short list has no tools, but the latest activity.
sql "DELETE FROM ssh_key WHERE team_id = 2"
as bob get /vms ; expect_no_text "Three steps"
expect_no_text 'id="q"'
expect_text "Recent activity"
as bob get "/vms?sort=name" ; expect_text 'id="q"'
expect_no_text "Recent activity"
sql "DELETE FROM job_step; DELETE FROM job; DELETE FROM activity; DELETE FROM vm WHERE team_id = 2"
as bob get /vms ; expect 200 vms_empty.html
expect_text "Three steps"

route "GET /receipts"
fresh
nobody get /receipts ; expect 303 /signin?return=/receipts
as dave get /receipts ; expect 403
as bob get /receipts ; expect 200 receipts_empty.html
as bob get /vms/gonegonegonegone ; expect 404
as alice get /receipts ; expect 200 receipts.html
as alice get "/receipts?q=MAPLE" ; expect 200
expect_text "No matching receipts"
expect_no_text "gone-vm"
as alice get "/receipts?q=%00" ; expect 400
# They do not need the record of the VM, which is deleted before them.
sql "PRAGMA foreign_keys = ON; UPDATE receipt SET gone_at = unixepoch(); DELETE FROM vm WHERE id = 'gonegonegonegone'"
as alice get /vms ; expect_text 'href="/vms/gonegonegonegone" title="gone-vm">gone-vm'
fresh
sql "PRAGMA foreign_keys = ON; DELETE FROM vm WHERE id = 'gonegonegonegone'"
as alice get /receipts ; expect 200 receipts.html
# Without a VM they are reached from the list; a receipt is kept for seven years.
as alice get /vms ; expect_text 'href="/receipts"'
as bob get /vms ; expect_no_text '/receipts'
sql "UPDATE receipt SET gone_at = unixepoch() - 8 * 366 * 86400"
as alice get /receipts ; expect_text "No receipts yet"
as alice get /vms ; expect_no_text '/receipts'
sql "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
    INSERT INTO receipt SELECT 1, 1767225600 + i, printf('gone%012d', i), printf('past-%02d', 61 - i), 'local', 'tiny', 'nano', 1, 128, 1, i, NULL, NULL, 1, NULL FROM n"
as alice get "/receipts?page=3" ; expect 200
expect_text "51–60 of 60"
expect_text "past-60<"
expect_text 'href="/receipts?q=&amp;sort=newest&amp;page=2"'
as alice get "/receipts?sort=name" ; expect_text "past-25<"
expect_no_text "past-26<"
as alice get "/receipts?q=st-6" ; expect_text "past-60<"
expect_no_text "past-59<"

route "POST /vms/bulk/:act"
fresh
nobody post /vms/bulk/stop vm=runningrunningru ; expect 303 "/signin?return=/vms&ended=1"
as alice post_bare /vms/bulk/stop vm=runningrunningru ; expect 403
as alice post /vms/bulk/melt vm=runningrunningru ; expect 404
as bob post /vms/bulk/stop vm=runningrunningru ; expect 422
expect_text "Your team has no such VM."
expect_no_text quiet-maple
expect_row "SELECT state FROM vm WHERE id = 'runningrunningru'" running
# What is refused for one is done for the others.
as alice post /vms/bulk/stop vm=runningrunningru vm=stoppedstoppedst ; expect 422 vms_refused.html
expect_row "SELECT group_concat(state) FROM vm WHERE id IN ('runningrunningru', 'stoppedstoppedst') ORDER BY 1" "stopping,stopped"
expect_row "SELECT count(*) FROM job WHERE kind = 'stop' AND state = 'queued'" 1
as alice post /vms/bulk/start vm=stoppedstoppedst "return=/vms?q=&state=stopped&sort=name&page=1" ; expect 303 "/vms?q=&state=stopped&sort=name&page=1"
as alice get /vms ; expect_text "Starting old-desktop"
as alice post /vms/bulk/retry vm=failedfailedfail return=//example.org/ ; expect 303 /vms
# What was done before an error is told, and not taken back: here a job is already queued.
fresh
sql "INSERT INTO job VALUES (90, 'job90job90job90j', 1, 'vm', 'runningrunningru', 'runningrunningru', 'stop', 'queued', 1, NULL, 1767225600000, 9999999999000, 0, NULL, NULL)"
as alice post /vms/bulk/snapshot vm=stoppedstoppedst vm=runningrunningru ; expect 422
expect_text "The server is busy. Try again in a minute."
expect_text quiet-maple
expect_row "SELECT group_concat(vm_id) FROM snapshot WHERE state = 'taking'" stoppedstoppedst
fresh
as alice post /vms/bulk/start ; expect 303 /vms
as alice get /vms ; expect_text "No VMs selected. Nothing was changed."
fresh
as alice post /vms/bulk/snapshot vm=runningrunningru vm=stoppedstoppedst ; expect 303 /vms
expect_row "SELECT count(*) FROM snapshot WHERE state = 'taking'" 2
# Destroying asks for their number.
fresh
as alice post /vms/bulk/destroy vm=runningrunningru vm=stoppedstoppedst ; expect 200 vms_destroy.html
as alice post /vms/bulk/destroy vm=runningrunningru vm=stoppedstoppedst count=3 ; expect 422
expect_text "Nothing was destroyed"
expect_row "SELECT count(*) FROM vm WHERE team_id = 1 AND wanted = 'gone'" 2
as alice post /vms/bulk/destroy vm=runningrunningru vm=stoppedstoppedst count=2 ; expect 303 /vms
expect_row "SELECT count(*) FROM vm WHERE team_id = 1 AND wanted = 'gone'" 4
fresh

route "GET /vms/new"
nobody get /vms/new ; expect 303 /signin?return=/vms/new
as alice get /vms/new ; expect 200 vm_new.html
expect_no_text "No internet access"
sql "UPDATE region_status SET internet = 0"
as alice get /vms/new ; expect_text "This server has no internet access for VMs."
sql "UPDATE region_status SET internet = 1"
as bob get /vms/new ; expect 200
expect_no_text laptop
printf '[quota]\nvms = 1\n' >>"$state/domicile.conf"
as bob get /vms/new ; expect_text "used up: 1 of 1 VMs, stopped ones included."
expect_text 'id="mend" href="/vms"'
expect_text "<h2>Summary</h2>"

route "POST /vms"
fresh
nobody post /vms name=x ; expect 303 "/signin?return=/vms&ended=1"
as alice post_bare /vms name=x ; expect 403 error_403_alice.html
as alice post /vms ; expect 422 vm_new_empty.html
as alice post /vms name=-Bad- image=tiny size=nano region=local key=keykeykeykeykey2 ; expect 422 vm_new_bad_name.html
as alice post /vms name=quiet-maple image=tiny size=nano region=local key=keykeykeykeykey2 ; expect 422
expect_text "already has a VM called quiet-maple"
secret=$(head -c 48 /dev/urandom | base64 -w 0)
as alice post /vms "name=$secret" image=tiny size=nano region=local key=keykeykeykeykey2 ; expect 422
expect_no_text "$secret"
as alice post /vms name=fresh image=tiny size=nano region=local key=keykeykeykeykey2 internet=names internet_names=localhost ; expect 422
expect_text "is not a domain name"
as alice post /vms name=fresh image=none size=nano region=local key=keykeykeykeykey2 ; expect 422
as alice post /vms name=fresh image=tiny size=nano region=local key=keykeykeykeykey4 ; expect 422
expect_row "SELECT count(*) FROM vm WHERE name = 'fresh'" 0
as alice post /vms name=fresh image=tiny size=nano region=local key=keykeykeykeykey2 key=keykeykeykeykey2 internet=names internet_names=Example.org ; expect 303
expect_row "SELECT count(*) FROM vm_key WHERE vm_id = (SELECT id FROM vm WHERE name = 'fresh')" 1
expect_row "SELECT state, wanted, team_id FROM vm WHERE name = 'fresh'" "creating|running|1"
expect_row "SELECT kind, state FROM job WHERE vm_id = (SELECT id FROM vm WHERE name = 'fresh')" "create|queued"
expect_row "SELECT internet, internet_names, internet_pending FROM vm WHERE name = 'fresh'" "names|example.org|0"
# A key that is pasted into the form is stored with the VM, or not at all.
pasted="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl me@home"
sql "DELETE FROM job; DELETE FROM activity; DELETE FROM vm_key; DELETE FROM vm WHERE name = 'fresh'"
as alice post /vms name=quiet-maple image=tiny size=nano region=local "new_key=$pasted" ; expect 422
expect_text "$pasted"
expect_row "SELECT count(*) FROM ssh_key WHERE comment = 'me@home'" 0
as alice post /vms name=fresh image=tiny size=nano region=local "new_key=ssh-ed25519 AAAA x" ; expect 422
expect_text "ssh-ed25519 AAAA x"
secret="$(printf -- '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ==\n')"
as alice post /vms name=fresh image=tiny size=nano region=local "new_key=$secret" ; expect 422
expect_text "private key"
expect_nowhere b3BlbnNzaC1rZXk
as alice post /vms name=fresh image=tiny size=nano region=local ; expect 422
expect_text "Choose a key or paste one"
as alice post /vms name=fresh image=tiny size=nano region=local key=keykeykeykeykey2 "new_key=$pasted" ; expect 303
expect_row "SELECT group_concat(name) FROM (SELECT k.name FROM vm_key k JOIN vm v ON v.id = k.vm_id WHERE v.name = 'fresh' ORDER BY 1)" "laptop,me@home"
expect_row "SELECT count(*) FROM ssh_key WHERE comment = 'me@home' AND team_id = 1" 1
as alice post /vms name=sixth image=tiny size=nano region=local key=keykeykeykeykey2 ; expect 422
expect_text "5 VMs, stopped ones included"
as alice post /vms name=a name=b ; expect 400 error_400.html

# User data: only for images that take it, and never stored or shown again if it has a key in it.
fresh
as alice get /vms/new ; expect_no_text user_data
as alice post /vms name=fresh image=tiny size=small region=local key=keykeykeykeykey2 user_data=#cloud-config ; expect 422 ; expect_text "Tiny Linux has no cloud-init."
printf '[image debian-12]\nlabel = Debian 12\nmemory_mb = 384\n[image tiny]\nlabel = Tiny Linux\n' >>"$state/domicile.conf"
sql "INSERT INTO image_version VALUES ('0012', 'debian-12', '', 1767225600);
    INSERT INTO image (name, version, checked_at, takes_user_data) VALUES ('debian-12', '0012', 1767225600, 1)"
as alice get /vms/new ; expect 200 vm_new_user_data.html
# Where the quota leaves a size for another image alone, that one is proposed.
sql "UPDATE vm SET disk_gb = 31 WHERE id = 'runningrunningru'"
as alice get /vms/new ; expect_text 'value="tiny" checked' ; expect_text 'value="nano" checked' ; expect_no_text 'value="debian-12" checked'
sql "UPDATE vm SET disk_gb = 1 WHERE id = 'runningrunningru'"
config=$'#cloud-config\r\npackages: [ "a<b" ]\r\n'
form=(name=fresh size=small region=local key=keykeykeykeykey2)
as alice post /vms "${form[@]}" image=tiny "user_data=$config" ; expect 422 vm_new_user_data_bare.html
as alice post /vms "${form[@]/size=small/size=nano}" image=debian-12 ; expect 422 ; expect_text "Debian 12 needs 384 MB of memory. Choose a larger size."
expect_text '<small class="cause" data-choice="image" data-value="debian-12">Debian 12 needs 384 MB of memory</small>'
as alice post /vms "${form[@]}" image=debian-12 "user_data=packages: [ git ]" ; expect 422 ; expect_text "Begin with #cloud-config for YAML"
as alice post /vms "${form[@]}" image=debian-12 "user_data=$(printf '#!/bin/sh\n%65600s' x)" ; expect 422 ; expect_text "User data can have at most 64 KB; this has 65 KB."
as alice post /vms "${form[@]}" image=debian-12 "user_data=$(printf '#cloud-config\n-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n')" ; expect 422
expect_text "That looks like a private key" ; expect_nowhere b3BlbnNzaC1rZXk
as alice post /vms "${form[@]}" image=debian-12 "user_data=$(printf '#!/bin/sh\nK=sk-ant-api03-%s\n' abcdefghijklmnopqrstuvwx)" ; expect 422
expect_text "API key" ; expect_nowhere abcdefghijklmnopqrstuvwx
expect_row "SELECT (SELECT count(*) FROM vm_user_data) + (SELECT count(*) FROM vm WHERE name = 'fresh')" 0
as alice post /vms "${form[@]}" image=debian-12 "user_data=$config" ; expect 303
expect_row "SELECT hex(content) FROM vm_user_data u JOIN vm v ON v.id = u.vm_id AND v.team_id = u.team_id WHERE v.name = 'fresh' AND v.has_user_data" "$(printf '#cloud-config\npackages: [ "a<b" ]\n' | od -An -v -tx1 | tr -d ' \n' | tr a-f A-F)"
expect_row "SELECT count(*) FROM activity WHERE action = 'user_data' AND what = 'Created with cloud-init user data' AND detail IS NULL" 1
as alice get "/vms/$(sqlite3 "$state/data/main.db" "SELECT id FROM vm WHERE name = 'fresh'")" ; expect_text /var/log/cloud-init-output.log ; expect_no_text "a&lt;b"
as alice get /operator/vms ; expect_no_text "a&lt;b"
# With a guest agent, where the image has one.
as alice get /vms/new ; expect_no_text 'name="agent"'
sql "UPDATE image SET has_agent = 1 WHERE name = 'debian-12'"
as alice get /vms/new ; expect_text 'name="agent" value="on" autocomplete="off">'
as bob post /vms name=agent size=small region=local key=keykeykeykeykey4 image=debian-12 agent=on ; expect 303
as bob post /vms name=none size=small region=local key=keykeykeykeykey4 image=tiny agent=on ; expect 303
expect_row "SELECT group_concat(name || has_agent) FROM (SELECT name, has_agent FROM vm WHERE team_id = 2 ORDER BY name)" "agent1,bobs-vm0,none0"
# As long as 64 KB may be in a form.
as bob post /vms name=long size=small region=local key=keykeykeykeykey4 image=debian-12 "user_data=$(printf '#!/bin/sh\n#%065000d' 0 | tr 0 '<')" ; expect 303
expect_row "SELECT length(content) FROM vm_user_data ORDER BY 1 DESC LIMIT 1" 65011
sql "UPDATE image SET version = NULL, ready_at = unixepoch() + 60 WHERE name = 'debian-12'"
as bob post /vms name=early size=small region=local key=keykeykeykeykey4 image=debian-12 ; expect 422 ; expect_text "Debian 12 is being prepared. Choose another image"
# Destroyed before it has started: nothing is left.
as alice post /vms/bulk/destroy "vm=$(sqlite3 "$state/data/main.db" "SELECT id FROM vm WHERE name = 'fresh'")" count=1 ; expect 303
expect_row "SELECT count(*) FROM vm_user_data WHERE team_id = 1" 0

route "GET /activity"
fresh
nobody get /activity ; expect 303 /signin?return=/activity
as alice get /activity ; expect 200 activity.html
as bob get /activity ; expect 200
expect_no_text quiet-maple
as alice get "/activity?before=abc" ; expect 200
as alice get "/activity?before=1767225604100-" ; expect 200
expect_no_text "internal error"
# Entries of one moment are spread over pages; each is on exactly one of them, there and back.
sqlite3 "$state/data/main.db" "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 124)
    INSERT INTO activity (team_id, at_ms, id, vm_id, what, person_id, action, actor, result)
    SELECT 1, 1767225603000, printf('same%03d', i), 'runningrunningru', printf('entry%03d', i), 1, 'vm', 'person', 'done' FROM n"
link_of() { sed -n 's/.*rel="'"$1"'" href="\([^"]*\)".*/\1/p' "$state/answer" | sed 's/&amp;/\&/g'; }
next=/activity
pages=0
while [ -n "$next" ] && [ $pages -lt 9 ]; do
    as alice get "$next" ; expect 200
    last=$next
    grep -o 'entry[0-9]*' "$state/answer" >>"$state/entries"
    next=$(link_of next)
    pages=$((pages + 1))
done
if [ "$pages $(sort -u "$state/entries" | wc -l) $(wc -l <"$state/entries")" = "6 124 124" ]; then good; else
    bad "$pages pages, $(wc -l <"$state/entries") entries, of 124"
fi
next=$last
while [ -n "$next" ] && [ $pages -gt 0 ]; do
    as alice get "$next" ; expect 200
    last=$next
    grep -o 'entry[0-9]*' "$state/answer" >>"$state/entries"
    next=$(link_of prev)
    pages=$((pages - 1))
done
if [ "$pages $last $(wc -l <"$state/entries")" = "0 /activity?q=&kind= 248" ]; then good; else bad "back: $pages pages, at $last, $(wc -l <"$state/entries") entries"; fi
as alice get "/activity?before=1-x" ; expect_text "No older activity"
# What was done, to which VM, by whom; of one kind. Pages keep both.
as alice get "/activity?q=ENTRY12" ; expect_text entry120
expect_no_text entry119
as alice get "/activity?q=maple&kind=vms&from=2026-01-01&to=2026-01-01" ; expect_text entry001
expect_text 'href="/activity?q=maple&amp;kind=vms&amp;from=2026-01-01&amp;to=2026-01-01&amp;before='
expect_text 'href="/activity?q=maple&amp;kind=account&amp;from=2026-01-01&amp;to=2026-01-01"'
expect_text '<input type="hidden" name="from" value="2026-01-01"><input type="hidden" name="to" value="2026-01-01">'
as alice get "/activity?q=maple&kind=vms" ; expect_text entry001
expect_text 'href="/activity?q=maple&amp;kind=vms&amp;before='
as alice get "$(link_of next)" ; expect_text entry026
expect_no_text entry025
as alice get "$(link_of prev)" ; expect_text entry001
as alice get "/activity?q=ALICE" ; expect_text entry001
as alice get "/activity?kind=snapshots" ; expect 200 activity_none.html
sql "UPDATE activity SET action = 'restore' WHERE id = 'b'"
as alice get "/activity?kind=snapshots" ; expect_text "old-desktop"
expect_no_text quiet-maple
as alice get "/activity?kind=failed" ; expect_text "Creation failed"
expect_no_text old-desktop
as alice get "/activity?q=secret" ; expect_text "No matching activity"
sql "DELETE FROM activity WHERE team_id = 2"
as bob get /activity ; expect_text "No activity yet"
as bob post /vms name=sk-proj-0123456789abcdef size=nano image=tiny region=local ; expect 422 ; expect_text "That looks like an API key." ; expect_no_text sk-proj-0123
# What was done several times in a row is a group that opens; a failure, or another person, ends it.
sql "DELETE FROM activity WHERE team_id = 1;
    INSERT INTO activity (team_id, at_ms, id, vm_id, what, detail, person_id, took_ms, action, actor, result) SELECT column1, column2, column3, column4, column5, column6, column7, column8, 'snapshot', CASE WHEN column7 IS NULL THEN 'system' ELSE 'person' END, 'done' FROM (VALUES (1, 1767225601000, 'g1', 'runningrunningru', 'Snapshot created, 1 GB', 'first', 1, 500), (1, 1767225602000, 'g2', 'runningrunningru', 'Snapshot created', 'second', 1, 500),
    (1, 1767225603000, 'g3', 'runningrunningru', 'Snapshot failed', 'Host: full', 1, NULL),
    (1, 1767225604000, 'g4', 'runningrunningru', 'Snapshot created', 'one', 1, 500), (1, 1767225605000, 'g5', 'runningrunningru', 'Snapshot created', 'two', 1, 500),
    (1, 1767225606000, 'g6', 'runningrunningru', 'Snapshot created', 'three', 1, 500), (1, 1767225607000, 'g7', 'runningrunningru', 'Snapshot created', 'four', 1, 500),
    (1, 1767225608000, 'g8', 'runningrunningru', 'Snapshot created', 'five', 1, 500), (1, 1767225609000, 'g9', 'runningrunningru', 'Snapshot created', 'six', NULL, 500))"
as alice get /activity ; expect 200 activity_group.html
expect_text 'Snapshot created <b class="whole">5 times</b><small class="soft cut">five, four, three and 2 more</small>'
sql "UPDATE activity SET what = 'Stopped', detail = NULL WHERE id IN ('g4', 'g5', 'g6', 'g7'); UPDATE activity SET vm_id = 'stoppedstoppedst' WHERE id IN ('g4', 'g5')"
as alice get /activity ; expect_text '<span class="said cut">2 VMs</span>' ; expect_text 'Stopped <b class="whole">4 times</b><small class="soft cut">quiet-maple, old-desktop</small>'

# A period: whole days, kept by the search, the filter and the pages.
sql "UPDATE activity SET at_ms = at_ms - 86400000, what = 'Day before' WHERE id = 'g1'; UPDATE activity SET at_ms = 1767311999999, what = 'Last of the day' WHERE id = 'g2'; UPDATE activity SET at_ms = 1767312000000, what = 'Day after' WHERE id = 'g3'"
as alice get "/activity?from=2026-01-01&to=2026-01-01" ; expect 200 activity_period.html
expect_text "Last of the day" ; expect_no_text "Day before" ; expect_no_text "Day after"
as alice get "/activity?to=2025-12-31" ; expect_text "Day before" ; expect_no_text "Last of the day"
as alice get "/activity?from=2026-01-02" ; expect_text "Day after" ; expect_no_text "Last of the day"
as alice get "/activity?from=2026-01-01&to=2026-01-02&q=day&kind=failed" ; expect_text "No matching activity"
as alice get "/activity?from=2027-01-01" ; expect_text "No matching activity"
as alice get "/activity?from=2026-02-30&to=x" ; expect_text "Day before" ; expect_text "Day after"

# What the identity provider changes names whom it is about, and is found by that name.
sql "INSERT INTO activity (team_id, at_ms, id, action, what, detail, actor, person_id, result) VALUES (1, 1767225610000, 'm1', 'member_role', 'Role changed', 'member → owner', 'system', 1, 'done')"
name=$(sqlite3 "$state/data/main.db" "SELECT name FROM person WHERE id = 1")
as alice get "/activity?kind=account" ; expect_text "Role changed" ; expect_text "$name: member → owner" ; expect_text "Domicile"
as alice get "/activity?kind=account&q=$name" ; expect_text "Role changed"

# ---- the history as a file ----
verified() { if [ "$1" = "$2" ]; then good; else bad "verify-chain: $1 instead of $2"; fi; }
fresh
route "GET /activity.jsonl"
nobody get /activity.jsonl ; expect 303 /signin?return=/activity.jsonl
as carol get /activity.jsonl ; expect 403
as carol get /activity ; expect_no_text "/activity.jsonl"
as alice post /keys name=laptop "key=ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl me@home" ; expect 303 /keys
as alice get "/activity?kind=account" ; expect_text "SSH key <b>laptop</b> added"
expect_no_text quiet-maple
as bob get "/activity?kind=account" ; expect_no_text laptop
as alice get /vms ; expect_no_text laptop
as alice get /activity.jsonl ; expect 200
expect_text '"format":"domicile-audit-2","team_id":1,'
expect_text '"action":"key_add"' ; expect_text '"detail":"laptop"' ; expect_text '"action":"activity_file"' ; expect_text '"more_after":null,"head_seq":0,'
sed '1,/^\r*$/d' "$state/answer" >"$state/activity.jsonl"
verified "$("$BUILD/domicile-admin" --state "$state" verify-chain "$state/activity.jsonl" | head -n 1)" "ok    5 entries of team 1 behind place 0, of which 0 were deleted by age"
sed 's/laptop/desktop/' "$state/activity.jsonl" >"$state/changed.jsonl"
verified "$("$BUILD/domicile-admin" --state "$state" verify-chain "$state/changed.jsonl")" "FAIL  line 5: place 4 was changed, or one before it"
for place in -1 x 99999999999999999999; do as alice get "/activity.jsonl?after=$place" ; expect 404 ; done
as alice get "/activity.jsonl?after=4" ; expect 200 ; expect_text '"after":4,' ; expect_no_text laptop
as bob get /activity.jsonl ; expect_no_text laptop ; expect_text '"team_id":2,'
# Of a restricted account only what stops or destroys VMs.
fresh
sql "UPDATE person SET restricted_at = 1 WHERE id = 1"
as alice get /vms ; expect_text 'id="restricted"' ; expect_text '>Stop</button>' ; expect_text '/destroy">Destroy'
for way in /vms/new bulk/start bulk/snapshot bulk/restart bulk/resume bulk/retry; do
    expect_no_text "$way\""
done
sql "DELETE FROM vm; DELETE FROM receipt"
as alice get /vms ; expect_no_text 'href="/vms/new"'
as carol get /vms ; expect_text 'href="/vms/new"'

finish
