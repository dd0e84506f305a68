#!/bin/bash
# Pages of cgi/operator.c about people, teams and announcements, and what those see whom they are about.
. "$(dirname "$0")/lib.sh"

many() { sql "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60) $1"; }
long=$(printf 'a2345678%.0s' {1..12})
fresh

# The admin's pages need a sign-in of the last twelve hours.
sql "UPDATE session SET authenticated_at = unixepoch() - 12 * 3600 - 1 WHERE person_id = 1"
as alice get /operator/people ; expect 303 "/signin?return=/operator/people&again=1"
as alice post /operator/people/2/suspend reason=x ; expect 303 "/signin?return=/operator/people/2&again=1&ended=1"
as alice get /vms ; expect 200
sql "UPDATE session SET authenticated_at = unixepoch() - 12 * 3600 + 60 WHERE person_id = 1"

route "GET /operator/people"
nobody get /operator/people ; expect 303 /signin?return=/operator/people
as bob get /operator/people ; expect 403
as alice get /operator/people ; expect 200 operator_people.html
expect_row "SELECT count(*) FROM activity WHERE team_id = 0 AND object = 'people'" 1
as alice get "/operator/people?q=BOB" ; expect_text bob@example.org ; expect_no_text carol@example.org
sql "UPDATE person SET signed_in_at = NULL WHERE id = 3; UPDATE person SET closed_at = 1767225601 WHERE id = 4"
as alice get "/operator/people?state=never" ; expect_text carol@example.org ; expect_no_text bob@example.org
as alice get "/operator/people?state=closed" ; expect_text '<span class="state off">Closed' ; expect_no_text bob@example.org
as alice get "/operator/people?state=suspended" ; expect_text "No matching people"
many "INSERT INTO person (id, identity, email, name, created_at) SELECT 100 + i, 'local:' || i, printf('%02d-$long@example.org', i), '<b>$long' || i, 1767225600 FROM n"
as alice get "/operator/people?sort=name&page=2" ; expect 200 operator_people_many.html
as alice get "/operator/people?sort=seen" ; expect_text bob@example.org ; expect_text "Never"
fresh

route "GET /operator/people/:id"
nobody get /operator/people/2 ; expect 303 /signin?return=/operator/people/2
as bob get /operator/people/2 ; expect 403
as alice get /operator/people/2 ; expect 200 operator_person.html
as alice get /operator/people/x ; expect 404
as alice get /operator/people/99 ; expect 404
# The look is in both histories, once an hour, and the person sees it.
as alice get /operator/people/2
expect_row "SELECT group_concat(team_id || ' ' || actor || ' ' || person_id) FROM activity WHERE action = 'admin_person'" "0 operator 2,2 operator 2"
as bob get /activity ; expect_text "Account viewed by the admin"
as alice get /operator/people/1 ; expect_text "can’t be suspended" ; expect_no_text 'name="reason"'

route "POST /operator/people/:id/suspend"
nobody post /operator/people/2/suspend reason=x ; expect 303
as bob post /operator/people/2/suspend reason=x ; expect 403
as alice post_bare /operator/people/2/suspend reason=x ; expect 403
as alice post /operator/people/2/suspend reason= ; expect 422 operator_person_no_reason.html
as alice post /operator/people/2/suspend "reason=$(printf 'x%.0s' {1..201})" ; expect 422 ; expect_text "A reason can have 200 characters."
as alice post /operator/people/1/suspend reason=Oops ; expect 422 ; expect_text "can’t be suspended"
as alice post /operator/people/99/suspend reason=x ; expect 404
expect_row "SELECT count(*) FROM person WHERE suspended_at IS NOT NULL" 0
as alice post /operator/people/2/suspend "reason=Scanning <others>" ; expect 303 /operator/people/2
as alice get /operator/people/2 ; expect_text "Account suspended." ; expect_text "Scanning &lt;others&gt;" ; expect_text "Restore account"
as alice get "/operator/people?state=suspended" ; expect_text bob@example.org
# All of their sessions are over, and a new sign-in says why.
as bob get /vms ; expect 303 /signin?return=/vms
token=$(token_of T)
sql "INSERT INTO signin_link (token_hash, email, created_at, expires_at) VALUES (x'$(printf '%s' "$token" | sha256sum | cut -d' ' -f1)', 'bob@example.org', unixepoch(), unixepoch() + 600)"
as link post /signin/link "token=$token" ; expect 403 ; expect_text "This account is suspended" ; expect_text "Scanning &lt;others&gt;" ; expect_text "Write to the admin"
expect_row "SELECT count(*) FROM session WHERE person_id = 2" 0
expect_row "SELECT count(*) FROM activity WHERE action = 'sign_in' AND result = 'refused' AND person_id = 2" 1

route "POST /operator/people/:id/restore"
as alice post_bare /operator/people/2/restore ; expect 403
as alice post /operator/people/2/restore ; expect 303 /operator/people/2
as alice post /operator/people/2/restore ; expect 303 /operator/people/2
expect_row "SELECT group_concat(kind) FROM (SELECT kind FROM mail WHERE kind LIKE 'account_%' ORDER BY kind)" account_restored,account_suspended
as link post /signin/link "token=$token" ; expect 303 /vms

route "POST /operator/people/:id/link"
fresh
nobody post /operator/people/2/link ; expect 303
as bob post /operator/people/2/link ; expect 403
sql "UPDATE session SET authenticated_at = unixepoch() - 600 WHERE person_id = 1"
as alice post /operator/people/2/link ; expect 303 "/signin?return=/operator/people/2&again=1&ended=1"
sql "UPDATE session SET authenticated_at = unixepoch() WHERE person_id = 1"
as alice post_bare /operator/people/2/link ; expect 403
as alice get /operator/people/2 ; expect_text "Create sign-in link"
as alice post /operator/people/2/link ; expect 200 ; expect_text "Copy this link now" ; expect_text bob@example.org
token=$(grep -o 'link?token=[A-Za-z0-9_-]*' "$state/answer" | head -1 | cut -d= -f2)
expect_row "SELECT group_concat(team_id) FROM (SELECT team_id FROM activity WHERE action = 'signin_link' AND actor = 'operator' AND person_id = 2 ORDER BY team_id)" 0,2
as alice get /operator/people/2 ; expect_no_text "$token"
as link post /signin/link "token=$token" ; expect 303 /vms
expect_row "SELECT count(*) FROM session WHERE person_id = 2" 2
as alice post /operator/people/x/link ; expect 404
as alice post /operator/people/99/link ; expect 404
# Not where it would open nothing, nor the admin's own.
as alice get /operator/people/1 ; expect_no_text "Create sign-in link"
as alice post /operator/people/1/link ; expect 404
as alice post /operator/people/2/suspend reason=Scanning ; expect 303
as alice get /operator/people/2 ; expect_no_text "Create sign-in link"
as alice post /operator/people/2/link ; expect 404
expect_row "SELECT count(*) FROM activity WHERE action = 'signin_link'" 2

route "POST /operator/invites"
fresh
as bob post /operator/invites email=new@example.org by=link ; expect 403
as alice post_bare /operator/invites email=new@example.org by=link ; expect 403
as alice post /operator/invites email=nobody by=link ; expect 422 ; expect_text "Enter a valid email address" ; expect_text 'value="nobody"'
as alice post /operator/invites email=new@example.org by=mail ; expect 422 ; expect_text "This server sends no mail"
as alice post /operator/invites email=new@example.org by=link ; expect 200 ; expect_text "It is not shown again"
token=$(grep -o 'invite?token=[A-Za-z0-9_-]*' "$state/answer" | head -1 | cut -d= -f2)
as alice get /operator/people ; expect_text "Pending invites" ; expect_text new@example.org ; expect_no_text "$token"
nobody get "/signin/invite?token=$token" ; expect 200 ; expect_text "Your account on" ; expect_text "Create account" ; expect_no_text "People in the team"
as link post /signin/invite "token=$token" ; expect 303 /vms
# A new account has proved itself: it can add a passkey at once.
expect_row "SELECT authenticated_at IS NULL FROM session JOIN person ON person.id = person_id WHERE email = 'new@example.org'" 1
as alice post /operator/invites email=new@example.org by=link ; expect 422 ; expect_text "This address has an account already."
as alice post /operator/invites email=BOB@example.org by=mail ; expect 422
expect_row "SELECT t.personal_of = p.id FROM person p JOIN membership m ON m.person_id = p.id JOIN team t ON t.id = m.team_id WHERE p.email = 'new@example.org'" 1
nobody get "/signin/invite?token=$token" ; expect 404

route "POST /operator/invites/:id/revoke"
printf '[mail]\nmail = smtp\nurl = smtp://localhost:25\nfrom = noreply@example.org\n' >>"$state/domicile.conf"
as alice post /operator/invites email=later@example.org by=mail ; expect 303 /operator/people
id=$(sqlite3 "$state/data/main.db" "SELECT id FROM invite WHERE email = 'later@example.org'")
as bob post "/operator/invites/$id/revoke" ; expect 403
as alice post "/operator/invites/$id/revoke" ; expect 303 /operator/people
as alice get /operator/people ; expect_text "Invite revoked." ; expect_no_text later@example.org
as alice post "/operator/invites/$id/revoke" ; expect 303 /operator/people
as alice get /operator/people ; expect_text "This invite can no longer be used."

fresh
route "GET /operator/teams"
nobody get /operator/teams ; expect 303 /signin?return=/operator/teams
as bob get /operator/teams ; expect 403
as alice get /operator/teams ; expect 200 operator_teams.html
as alice get "/operator/teams?q=BOB&sort=name" ; expect_text /operator/teams/2 ; expect_no_text /operator/teams/1
as alice get "/operator/teams?state=closed" ; expect_text "No matching teams"
many "INSERT INTO team (id, name, created_at) SELECT 100 + i, '<b>$long' || i, 1767225600 FROM n"
as alice get "/operator/teams?sort=vms&page=2" ; expect 200 operator_teams_many.html

fresh
route "GET /operator/teams/:id"
nobody get /operator/teams/1 ; expect 303 /signin?return=/operator/teams/1
as bob get /operator/teams/1 ; expect 403
as alice get /operator/teams/1 ; expect 200 operator_team.html
as alice get /operator/teams/99 ; expect 404
expect_row "SELECT group_concat(team_id || ' ' || object) FROM activity WHERE action = 'admin_team'" "0 1,1 1"
as carol get /activity ; expect_text "Team viewed by the admin"
as alice get /operator/teams/2 ; expect_text bobs-vm ; expect_text "/operator/vms/bobsvmbobsvmbobs"

route "POST /operator/teams/:id/quota"
as bob post /operator/teams/2/quota vms=1 ; expect 403
as alice post_bare /operator/teams/2/quota vms=1 ; expect 403
as alice post /operator/teams/2/quota vms=-1 vcpus=2.5 memory_mb=9999999 disk_gb=7 ; expect 422 operator_team_bad_quota.html
expect_row "SELECT count(*) FROM team WHERE quota_vms IS NOT NULL" 0
as alice post /operator/teams/99/quota vms=1 ; expect 404
as alice post /operator/teams/2/quota vms=1 vcpus= memory_mb= disk_gb=7 ; expect 303 /operator/teams/2
as alice get /operator/teams/2 ; expect_text "Quota saved." ; expect_text "This team has a quota of its own."
as bob get /vms ; expect_text "1 of 1 VMs" ; expect_text "set by the admin for this team"
as bob get /vms/new ; expect_text "Your team’s quota is used up: 1 of 1 VMs"
as alice get /vms ; expect_no_text "set by the admin"
as alice get /operator/teams ; expect_text "Its own"
as alice post /operator/teams/2/quota vms= vcpus= memory_mb= disk_gb= ; expect 303
as bob get /vms ; expect_no_text "set by the admin"

route "POST /operator/teams/:id/suspend"
as bob post /operator/teams/2/suspend reason=x ; expect 403
as alice post_bare /operator/teams/2/suspend reason=x ; expect 403
as alice post /operator/teams/2/suspend reason= ; expect 422 ; expect_text "Enter a value."
as alice post /operator/teams/99/suspend reason=x ; expect 404
as alice post /operator/teams/2/suspend "reason=Unpaid <b>" ; expect 303 /operator/teams/2
as alice get "/operator/teams?state=suspended" ; expect_text "/operator/teams/2"
as bob get /vms ; expect_text "This team is suspended.</b> The admin’s reason:" ; expect_text "Unpaid &lt;b&gt;"
as bob post /vms/bobsvmbobsvmbobs/start ; expect 409 ; expect_text "The admin suspended this team"
as bob get /activity ; expect_text "Team suspended by the admin"
as carol get /vms ; expect_no_text "suspended"

route "POST /operator/teams/:id/restore"
as alice post_bare /operator/teams/2/restore ; expect 403
as alice post /operator/teams/2/restore ; expect 303 /operator/teams/2
as bob get /vms ; expect_no_text "This team is suspended.</b>"

fresh
route "GET /operator/announcements"
as bob get /operator/announcements ; expect 403
as alice get /operator/announcements ; expect 200 operator_announcements_empty.html
route "POST /operator/announcements"
as bob post /operator/announcements text=x level=info until=2099-01-01T00:00 ; expect 403
as alice post_bare /operator/announcements text=x level=info until=2099-01-01T00:00 ; expect 403
as alice post /operator/announcements text= level=loud from=soon until=2020-01-01 ; expect 422 operator_announcements_bad.html
as alice post /operator/announcements text=Late level=info until=2020-01-01T00:00 ; expect 422 ; expect_text "This is over already." ; expect_text '>Late</textarea>'
later=$(date -u -d '+2 days' +%Y-%m-%dT%H:%M) ; much_later=$(date -u -d '+4 days' +%Y-%m-%dT%H:%M)
as alice post /operator/announcements "text=Maintenance <tonight>" level=info from= "until=$later" ; expect 303 /operator/announcements
as alice post /operator/announcements "text=Planned one" level=warning "from=$later" "until=$much_later" ; expect 303 /operator/announcements
as alice get /operator/announcements ; expect_text '<span class="state on">Shown' ; expect_text '<span class="state off">Planned'
as bob get /vms ; expect_text "Maintenance &lt;tonight&gt;" ; expect_no_text "Planned one"
nobody get /status ; expect_text "Maintenance &lt;tonight&gt;" ; expect_no_text "Planned one"
nobody get / ; expect_no_text Maintenance
as alice post /operator/announcements "text=Disk is full" level=warning "until=$later" ; expect 303
as bob get /keys ; expect_text "Disk is full" ; expect_no_text Maintenance
nobody get /status ; expect_text "Disk is full" ; expect_text Maintenance

route "POST /account/announcements/:id/dismiss"
nobody post /account/announcements/3/dismiss ; expect 303
as bob post_bare /account/announcements/3/dismiss ; expect 403
as bob post /account/announcements/3/dismiss return=/keys?q=a ; expect 303 /keys?q=a
as bob post /account/announcements/3/dismiss return=//elsewhere.example ; expect 303 /vms
as bob post /account/announcements/99/dismiss ; expect 303 /vms
as bob get /keys ; expect_text Maintenance ; expect_no_text "Disk is full"
as carol get /keys ; expect_text "Disk is full"
expect_row "SELECT group_concat(person_id || ' ' || announcement_id) FROM announcement_seen" "2 3"

route "GET /operator/announcements/:id"
as bob get /operator/announcements/1 ; expect 403
as alice get /operator/announcements/99 ; expect 404
as alice get /operator/announcements/1 ; expect_text "value=\"$later\"" ; expect_text '>Maintenance &lt;tonight&gt;</textarea>'
route "POST /operator/announcements/:id"
as bob post /operator/announcements/1 text=x level=info "until=$later" ; expect 403
as alice post /operator/announcements/99 text=x level=info "until=$later" ; expect 404
as alice post /operator/announcements/1 text=Kept level=info "until=2020-01-01T00:00" ; expect 422 ; expect_text '>Kept</textarea>'
as alice post /operator/announcements/1 text=Later level=info "until=$much_later" ; expect 303 /operator/announcements
as bob get /keys ; expect_text Later
route "POST /operator/announcements/:id/end"
as bob post /operator/announcements/1/end ; expect 403
as alice post /operator/announcements/1/end ; expect 303 /operator/announcements
as bob get /keys ; expect_no_text Later
as alice get /operator/announcements ; expect_text '<span class="state off">Over'
route "POST /operator/announcements/:id/delete"
as bob post /operator/announcements/1/delete ; expect 403
as alice post_bare /operator/announcements/1/delete ; expect 403
as alice post /operator/announcements/2/delete ; expect 404
as alice post /operator/announcements/1/delete ; expect 303 /operator/announcements
as alice get /operator/announcements ; expect_text "Announcement deleted." ; expect_no_text Later
as alice post /operator/announcements/1/delete ; expect 404

# Several lines, but nothing that hides.
as alice post /operator/announcements "text=$(printf ' First\r\nSecond\r\n')" level=info "until=$later" ; expect 303
expect_row "SELECT text = 'First' || char(10) || 'Second' FROM announcement ORDER BY id DESC LIMIT 1" 1
as alice post /operator/announcements "text=$(printf 'a\u202eb')" level=info "until=$later" ; expect 422 ; expect_text "Plain text without invisible characters"
as alice post /operator/announcements "text=  " level=info "until=$later" ; expect 422 ; expect_text "Enter a text."

# ---- one VM ----
fresh
route "GET /operator/vms/:id"
nobody get /operator/vms/bobsvmbobsvmbobs ; expect 303 /signin?return=/operator/vms/bobsvmbobsvmbobs
as bob get /operator/vms/bobsvmbobsvmbobs ; expect 403
as alice get /operator/vms/x ; expect 404
as alice get /operator/vms/bobsvmbobsvmbobs ; expect 200 operator_vm.html
expect_row "SELECT group_concat(team_id) FROM (SELECT team_id FROM activity WHERE action = 'admin_team' ORDER BY team_id)" 0,2
sql "UPDATE vm SET cpu_full_at = unixepoch() - 7200, last_error = 'out of <memory>' WHERE id = 'bobsvmbobsvmbobs'"
as alice get /operator/vms/bobsvmbobsvmbobs ; expect_text "All CPUs in use for" ; expect_text "out of &lt;memory&gt;"

route "POST /operator/vms/:id/stop"
sql "UPDATE vm SET cpu_full_at = NULL, last_error = NULL, state = 'running', life = 'persistent' WHERE id = 'bobsvmbobsvmbobs'"
as bob post /operator/vms/bobsvmbobsvmbobs/stop reason=x ; expect 403
as alice post_bare /operator/vms/bobsvmbobsvmbobs/stop reason=x ; expect 403
as alice post /operator/vms/x/stop reason=x ; expect 404
as alice post /operator/vms/bobsvmbobsvmbobs/stop reason= ; expect 422 operator_vm_no_reason.html
as alice post /operator/vms/bobsvmbobsvmbobs/stop "reason=$(printf 'x%.0s' {1..201})" ; expect 422
sql "UPDATE vm SET life = 'ephemeral' WHERE id = 'bobsvmbobsvmbobs'"
as alice post /operator/vms/bobsvmbobsvmbobs/stop reason=Scanning ; expect 422 ; expect_text "destroyed when it stops"
sql "UPDATE vm SET life = 'persistent' WHERE id = 'bobsvmbobsvmbobs'"
as alice post /operator/vms/bobsvmbobsvmbobs/stop "reason=Scanning <others>" ; expect 303 /operator/vms/bobsvmbobsvmbobs
expect_row "SELECT state FROM vm WHERE id = 'bobsvmbobsvmbobs'" stopping
expect_row "SELECT count(*) FROM activity WHERE action = 'admin_stop' AND team_id = 0 AND person_id = 1" 1
as alice post /operator/vms/bobsvmbobsvmbobs/stop reason=Again ; expect 422 ; expect_text "current state"
as bob get /activity ; expect_text "Stopped by the admin: Scanning &lt;others&gt;"

finish
