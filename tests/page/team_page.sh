#!/bin/bash
# The people of a team, invites into it, and the person's teams, of cgi/account.c and cgi/signin.c; what a viewer sees.
. "$(dirname "$0")/lib.sh"
fresh
letters+=([victor]=V)
token=$(token_of I)
hash_of() { token_of "$1" | sha256sum | cut -d' ' -f1; }
sql "INSERT INTO person (id, identity, email, name, created_at) VALUES (5, 'local:victor@example.org', 'victor@example.org', 'Victor', 1767225600);
    INSERT INTO team (id, name, personal_of, created_at) VALUES (5, 'victor', 5, 1767225600), (6, 'carol', 3, 1767225600);
    INSERT INTO membership (team_id, person_id, role, created_at) VALUES (1, 5, 'viewer', 1767225600), (5, 5, 'owner', 1767225600), (6, 3, 'owner', 1767225600);
    INSERT INTO session (id_hash, handle, person_id, current_team_id, csrf_secret, browser, created_at, seen_at, idle_at, expires_at)
    SELECT x'$(hash_of V)', 'victorvictorvic2', 5, 1, csrf_secret, browser, created_at, seen_at, idle_at, expires_at FROM session WHERE person_id = 2"
# An invite of team 1, by its link or for an address: plant STATE EMAIL
plant() {
    sql "DELETE FROM invite; INSERT INTO invite (id, team_id, person_id, email, role, token_hash, state, created_at, expires_at)
        VALUES ('inviteinviteinv2', 1, 1, nullif('$2', ''), 'viewer', x'$(hash_of I)', '$1', 1767225600, 4102444800)"
}
recent() { sql "UPDATE session SET authenticated_at = unixepoch() WHERE person_id = 1"; }

route "GET /team"
nobody get /team ; expect 303 /signin?return=/team
as dave get /team ; expect 403
as alice get /team ; expect 200 team.html
as carol get /team ; expect 200 team_member.html
expect_no_text 'action="/team/invites"'
as victor get /team ; expect 200 team_viewer.html
as bob get /team ; expect_no_text carol@example.org
# What it may have and has; the spending limit where teams pay.
expect_text "1 of 5 VMs"
expect_no_text "Spending limit"
cp "$state/domicile.conf" "$state/domicile.conf.before"
printf '[billing]\nbilling = stripe\n' >>"$state/domicile.conf"
as bob get /team ; expect_text '<dt>Spending limit</dt><dd>No limit <a href="/costs#limit">Change</a>'
sql "UPDATE team SET cap_cents = 1000 WHERE id IN (1, 2)"
as bob get /team ; expect_text ' of €10.00 this month ('
as carol get /team ; expect_text '<a href="/costs#limit">View costs</a>'
sql "UPDATE team SET cap_cents = NULL"
mv "$state/domicile.conf.before" "$state/domicile.conf"

route "POST /team/invites"
nobody post /team/invites by=link role=member ; expect 303 "/signin?return=/team&ended=1"
as carol post /team/invites by=link role=member ; expect 403
as alice post_bare /team/invites by=link role=member ; expect 403
as alice post /team/invites by=link role=owner ; expect 422 team_invite_role.html
as alice post /team/invites by=mail role=member email=new@example.org ; expect 422
expect_text "This server sends no mail"
as alice post /team/invites by=link role=member ; expect 200
expect_text "Copy this link now"
made=$(grep -oE 'signin/invite\?token=[A-Za-z0-9_-]{43}' "$state/answer" | head -1)
expect_row "SELECT lower(hex(token_hash)) FROM invite" "$(printf '%s' "${made#*=}" | sha256sum | cut -d' ' -f1)"
as alice get /team ; expect_nowhere "${made#*=}"
as bob post /team/invites by=link role=member ; expect 422
expect_text "Nobody can be invited yet"
printf '[mail]\nmail = smtp\nurl = smtp://localhost:1\nfrom = a@example.org\n' >>"$state/domicile.conf"
sql "DELETE FROM invite"
as alice post /team/invites by=mail role=viewer email= ; expect 422 team_invite_empty.html
as alice post /team/invites by=mail role=viewer email=Carol@example.org ; expect 422
expect_text "This person is in the team already."
# The same whether or not somebody has the address.
as alice post /team/invites by=mail role=viewer email=bob@example.org ; expect 303 /team
as alice get /team ; expect_text "bob@example.org is invited."
as alice post /team/invites by=mail role=viewer email=nobody@example.org ; expect 303 /team
as alice get /team ; expect_text "nobody@example.org is invited."
expect_row "SELECT count(*) FROM mail WHERE kind = 'invited' AND is_transient AND url IS NULL" 2

route "POST /team/invites/:id/revoke"
plant open ""
nobody post /team/invites/inviteinviteinv2/revoke ; expect 303
as bob post /team/invites/inviteinviteinv2/revoke ; expect 303 /team
expect_row "SELECT state FROM invite" open
as alice post /team/invites/inviteinviteinv2/revoke ; expect 303 /team
expect_row "SELECT state FROM invite" revoked
as alice get /team ; expect_text "Invite revoked."
plant open eve@example.org
as alice get /team ; expect 200 team_invites.html
as carol get /team ; expect 200
expect_text eve@example.org
expect_no_text revoke

route "GET /signin/invite"
plant open ""
nobody get /signin/invite ; expect 404 invite_ended.html
nobody get "/signin/invite?token=short" ; expect 404
nobody get "/signin/invite?token=$token" ; expect 200 invite.html
as bob get "/signin/invite?token=$token" ; expect 200 invite_bob.html
plant open eve@example.org
as bob get "/signin/invite?token=$token" ; expect 200 invite_other.html
plant revoked ""
nobody get "/signin/invite?token=$token" ; expect 404
plant accepted ""
nobody get "/signin/invite?token=$token" ; expect 404
as carol get "/signin/invite?token=$token" ; expect 200
expect_text "You are in the team alice as member."

route "POST /signin/invite"
plant open ""
nobody post "/signin/invite" "token=$token" ; expect 403
# The link is remembered by its hash until the sign-in, and is in no address.
as link post /signin/invite "token=$token" ; expect 303 /signin?return=/signin/invite
expect_row "SELECT lower(hex(invite_hash)) FROM session WHERE handle = 'linklinklinklin2'" "$(hash_of I)"
as link get /signin/invite ; expect 200
expect_no_text "$token"
expect_row "SELECT state FROM invite" open
# Nor by way of another page.
as link get "/signin?return=/signin/invite%3Ftoken%3D$token" ; expect 200
expect_row "SELECT ifnull(return_path, '') FROM session WHERE handle = 'linklinklinklin2'" ""
# An account that exists is opened by its own sign-in alone.
plant open bob@example.org
as link post /signin/invite "token=$token" ; expect 303 /signin?return=/signin/invite
expect_row "SELECT state FROM invite" open
expect_row "SELECT count(*) FROM session WHERE handle = 'linklinklinklin2' AND person_id IS NULL" 1
plant open eve@example.org
as link post /signin/invite "token=$token" ; expect 303 /vms
expect_row "SELECT state FROM invite" accepted
expect_row "SELECT role FROM membership m JOIN person p ON p.id = m.person_id WHERE team_id = 1 AND email = 'eve@example.org'" viewer
# Who just made the account need not prove again that it is theirs.
expect_row "SELECT authenticated_at IS NULL FROM session s JOIN person p ON p.id = s.person_id WHERE email = 'eve@example.org'" 1
plant open eve@example.org
sql "UPDATE person SET closed_at = 1 WHERE email = 'eve@example.org'"
sql "INSERT INTO session (id_hash, handle, csrf_secret, browser, created_at, seen_at, idle_at, expires_at) SELECT x'$(hash_of L)', 'linklinklinklin3', csrf_secret, browser, created_at, seen_at, idle_at, expires_at FROM session WHERE handle = 'davedavedavedav2'"
as link post /signin/invite "token=$token" ; expect 403
expect_text "This account is closed."
plant open ""
as carol post /signin/invite "token=$token" ; expect 409
expect_text "You are in this team already."
expect_row "SELECT state FROM invite" open

route "POST /team/people/:id/role"
as alice post /team/people/3/role role=viewer ; expect 303 "/signin?return=/team&again=1&ended=1"
recent
as carol post /team/people/5/role role=owner ; expect 403
as alice post /team/people/3/role role=king ; expect 422
as alice post /team/people/2/role role=viewer ; expect 404
as alice post /team/people/x/role role=viewer ; expect 404
as alice post /team/people/1/role role=viewer ; expect 303 /team
as alice get /team ; expect_text "A personal team can’t be left or handed over."
as alice post /team/people/3/role role=owner ; expect 303 /team
expect_row "SELECT role FROM membership WHERE team_id = 1 AND person_id = 3" owner
as alice post /team/people/3/role role=member ; expect 303 /team

route "GET /team/people/:id/remove"
as alice get /team/people/3/remove ; expect 200 team_remove.html
sql "UPDATE ssh_key SET person_id = 3 WHERE name = 'laptop'"
as alice get /team/people/3/remove ; expect 200 team_remove_keys.html
expect_text quiet-maple
as alice get /team/people/2/remove ; expect 404

route "GET /team/leave"
as alice get /team/leave ; expect 200 team_leave_not.html
as carol get /team/leave ; expect 200 team_leave.html

route "POST /team/people/:id/remove"
as alice post /team/people/1/remove ; expect 404
as alice post /team/people/3/remove keys=yes ; expect 303 /team
expect_row "SELECT count(*) FROM membership WHERE team_id = 1 AND person_id = 3" 0
expect_row "SELECT count(*) FROM ssh_key WHERE name = 'laptop'" 0
expect_row "SELECT is_removed FROM vm_key WHERE name = 'laptop'" 1
expect_row "SELECT current_team_id FROM session WHERE person_id = 3" 6
as carol get /vms/runningrunningru ; expect 404
as carol get /team ; expect_text "Personal team"

route "GET /team/hand-over"
as alice get /team/hand-over ; expect 200 team_hand_over_personal.html
expect_no_text 'action="/team/hand-over"'
sql "UPDATE team SET personal_of = NULL WHERE id = 1"
as alice get /team/hand-over ; expect 200 team_hand_over.html
sql "UPDATE team SET personal_of = 1 WHERE id = 1"
route "POST /team/hand-over"
as alice post /team/hand-over ; expect 422
as alice post /team/hand-over person=2 ; expect 404
as alice post /team/hand-over person=5 ; expect 303 /team
as alice get /team ; expect_text "A personal team can’t be left or handed over."

route "POST /team/leave"
as alice post /team/leave ; expect 303 /team

route "GET /teams"
nobody get /teams ; expect 303 /signin?return=/teams
as victor get /teams ; expect 200 teams.html
as dave get /teams ; expect 200

route "POST /teams"
as victor post /teams name= ; expect 422 teams_name.html
as victor post_bare /teams name=Birch ; expect 403
as bob post /teams name=Birch ; expect 303 /team
expect_row "SELECT role FROM membership m JOIN team t ON t.id = m.team_id WHERE name = 'Birch' AND person_id = 2" owner
expect_row "SELECT count(*) FROM session WHERE person_id = 2 AND id_hash <> x'$(hash_of B)' AND expires_at = 9999999999" 1

# ---- what a viewer sees, and that nothing there changes anything ----
for page in /vms /vms/runningrunningru /vms/runningrunningru/snapshots /vms/runningrunningru/activity /vms/stoppedstoppedst \
    /vms/failedfailedfail /keys /keys/keykeykeykeykey3 /receipts /team; do
    as victor get $page ; expect 200
    left=$(sed '1,/^<main/d;/^<.main/,$d' "$state/answer" |
        grep -oP '<button(?! type="button")[^>]*>|formaction|href="[^"]*/(destroy|new|clone|restore|console)["#?]|href="[^"]*/delete[?"]')
    what="$page as a viewer"
    if [ -z "$left" ]; then good; else bad "offers $left"; fi
done
sql "DELETE FROM activity WHERE at_ms > 1767300000000"
as victor get /vms ; expect 200 vms_viewer.html
as victor get /vms/runningrunningru/snapshots ; expect 200 vm_snapshots_viewer.html
as victor get /vms/runningrunningru/settings ; expect 200 vm_settings_viewer.html
expect_text '<fieldset disabled aria-describedby="viewer">'

# What the role does not allow says so.
as victor get /vms/new ; expect 403 ; expect_text "You are a viewer of" ; expect_text "An owner of the team can change that."

# A VM of another team of theirs; of others it is nothing.
other=$(sqlite3 "$state/data/main.db" "SELECT id FROM vm WHERE team_id = 2 LIMIT 1")
as victor get "/vms/$other" ; expect 404 ; expect_no_text "another team</h1>"
sql "INSERT INTO membership (team_id, person_id, role, created_at) VALUES (2, 5, 'viewer', 1767225600)"
as victor get "/vms/$other" ; expect 404 vm_elsewhere.html
as victor get "/vms/$other/activity" ; expect 404 ; expect_text "value=\"/vms/$other/activity\""
sql "DELETE FROM membership WHERE team_id = 2 AND person_id = 5"

route "POST /teams/:id/switch"
as victor post /teams/2/switch ; expect 404
as victor post /teams/5/switch return=/vms/x ; expect 303 /vms/x
expect_row "SELECT current_team_id FROM session WHERE person_id = 5" 5
as victor get /vms ; expect 303

# With WorkOS, memberships are WorkOS's.
sql "DELETE FROM invite; UPDATE membership SET created_at = 1767225600"
sed -i -e 's/^# identity .*/identity = workos/' -e 's/^# client_id *=.*/client_id = client_1/' "$state/domicile.conf"
as alice get /team ; expect 200 team_workos.html
expect_no_text 'action="/team'
as alice post /team/invites by=link role=member ; expect 404
as alice get /teams ; expect_no_text 'action="/teams'
as alice post /teams name=Oak ; expect 404
finish
