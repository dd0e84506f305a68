#!/bin/bash
# Pages of cgi/account.c: SSH keys, name, sign-ins.
. "$(dirname "$0")/lib.sh"
good_key="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl me@home"

route "GET /keys"
nobody get /keys ; expect 303 /signin?return=/keys
as alice get /keys ; expect 200 keys.html
expect_no_text "<img src=x"
as bob get /keys ; expect 200
expect_no_text alice@laptop
as dave get /keys ; expect 403

route "POST /keys"
nobody post /keys "key=$good_key" ; expect 303 "/signin?return=/keys&ended=1"
as alice post_bare /keys "key=$good_key" ; expect 403
as alice with HTTP_SEC_FETCH_SITE=same-site raw POST /keys "csrf=$csrf" ; expect 403
as alice post /keys key= ; expect 422 keys_empty_field.html
as alice post /keys "key=ssh-dss AAAA" ; expect 422
expect_text "DSA keys are broken"
as alice post /keys "key=ssh-ed25519 AAAA x" ; expect 422 keys_damaged.html
as alice post /keys "key=from=\"10.0.0.1\",no-pty $good_key" ; expect 422
expect_text "no-pty $good_key"
as alice post /keys "key=$good_key"$'\n'"$good_key and"$'\n'"and something else" ; expect 422
expect_text "Line 3: "
expect_text "$good_key"
as alice post /keys "key=ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGTS/6E+nCelewpRxzJo/ri9QWqHnjsGlx8E5f9aErVx again" ; expect 303
as alice post /keys "key=ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGTS/6E+nCelewpRxzJo/ri9QWqHnjsGlx8E5f9aErVx again" ; expect 422
expect_text "already added"
as alice post /keys "key=$good_key" name=home ; expect 303 /keys
expect_row "SELECT type, comment, team_id FROM ssh_key WHERE name = 'home'" "Ed25519|me@home|1"
as alice get /keys ; expect_text 'Key “home” added'
as bob post /keys "key=$good_key" ; expect 303 /keys
expect_row "SELECT name FROM ssh_key WHERE team_id = 2 AND comment = 'me@home'" "me@home"
# Several at once, one of them in PEM; with a name, without, and one that is already there.
pem=$'-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----'
as bob post /keys "key=$good_key"$'\n'"$pem" ; expect 422
expect_text 'One of these keys was already added, as “me@home”.'
expect_text "MCowBQYDK2VwAyEA"
expect_row "SELECT count(*) FROM ssh_key WHERE team_id = 2" 2
sqlite3 "$state/data/main.db" "DELETE FROM ssh_key WHERE team_id = 2"
as bob post /keys "key=- $good_key"$'\r\n'"$pem" name=desk ; expect 303 /keys
expect_row "SELECT group_concat(name) FROM (SELECT name FROM ssh_key WHERE team_id = 2 ORDER BY name)" "desk,desk 2"
as bob get /keys ; expect_text "2 keys added"
# A password is not shown again.
as bob post /keys "key=correct horse" ; expect 422
expect_no_text "correct horse"
headers=("$cookie" HTTP_SEC_FETCH_SITE=same-origin CONTENT_TYPE=application/x-www-form-urlencoded)
ask POST /keys "csrf=$csrf&key=$(printf '%066000d' 0)" ; expect 413 error_413.html
ask POST /keys "csrf=$csrf&key=%00" ; expect 400
ask POST /keys "csrf=$csrf&key=%ff" ; expect 400
headers=("$cookie" HTTP_SEC_FETCH_SITE=same-origin CONTENT_TYPE=application/json)
ask POST /keys '{}' ; expect 415

# No byte of a private key is kept: in the database, its WAL, the log, the response.
fresh
ssh-keygen -q -t ed25519 -N '' -C '' -f "$state/../domicile-page-key.$$"
private=$(cat "$state/../domicile-page-key.$$")
rm -f "$state/../domicile-page-key.$$" "$state/../domicile-page-key.$$.pub"
middle=$(sed -n 3p <<<"$private")
as alice post /keys "key=$private" name=oops ; expect 422 keys_private.html
# Nor are the API keys of LLM providers, wherever somebody pastes one.
api_key=sk-ant-api03-0123456789abcdef0123
as alice post /keys "key=$good_key" "name=$api_key" ; expect 422 ; expect_text "That looks like an API key." ; expect_no_text "$api_key"
as alice post /account/name "name=my $api_key" ; expect 422 ; expect_text "That looks like an API key." ; expect_no_text "$api_key"
expect_nowhere "$middle"
as alice post /keys "key=$good_key" "name=$(tr '\n' ' ' <<<"$private" | cut -c1-90)" ; expect 422
expect_text "That looks like a private key. Nothing of it was kept."
as alice post /keys "key=ssh-ed25519 AAAA" "name=$(tr '\n' ' ' <<<"$private")" ; expect 422
expect_text "That looks like a private key. Nothing of it was kept."
expect_nowhere "b3BlbnNzaC1rZXkt"
as alice post /keys "key=$(sed '1d;$d' <<<"$private")" ; expect 422
expect_nowhere "$middle"
expect_row "SELECT count(*) FROM ssh_key" 3

fresh
# A hundred keys, and one more.
plant_keys() {
    sql "DELETE FROM vm_key; DELETE FROM ssh_key"
    sql "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
        INSERT INTO ssh_key (team_id, created_at, id, person_id, name, type, fingerprint, comment, public_line) SELECT 1, 1767225600, printf('key%013d', i), 1, 'key ' || i, 'Ed25519', 'SHA256:' || i, '', 'ssh-ed25519 AAAA' FROM n"
}
plant_keys 100
as alice post /keys "key=$good_key" ; expect 422
expect_text "A team can have 100 keys"
plant_keys 99
as alice post /keys "key=$good_key" ; expect 303
expect_row "SELECT count(*) FROM ssh_key WHERE team_id = 1" 100
fresh

route "GET /keys/:id"
nobody get /keys/keykeykeykeykey2 ; expect 303 /signin?return=/keys/keykeykeykeykey2
as alice get /keys/keykeykeykeykey2 ; expect 200 key.html
expect_text quiet-maple
as bob get /keys/keykeykeykeykey2 ; expect 404

route "POST /keys/:id/rename"
nobody post /keys/keykeykeykeykey2/rename name=x ; expect 303 "/signin?return=/keys/keykeykeykeykey2&ended=1"
as bob post /keys/keykeykeykeykey2/rename name=x ; expect 404
as alice post_bare /keys/keykeykeykeykey2/rename name=x ; expect 403
as alice post /keys/keykeykeykeykey2/rename name= ; expect 422 key_rename_empty.html
as alice post /keys/keykeykeykeykey2/rename "name=work laptop" ; expect 303 /keys
expect_row "SELECT name FROM ssh_key WHERE id = 'keykeykeykeykey2'" "work laptop"
# Projects: on the form of new keys, on a key's page, in the list and its filter.
as alice post /keys/keykeykeykeykey2/rename "name=work laptop" "project=$(printf '%041d' 0)" ; expect 422 ; expect_text "At most 40 characters"
as alice post /keys/keykeykeykeykey2/rename "name=work laptop" "project=<b>birch</b>" ; expect 303 /keys
as alice get /keys/keykeykeykeykey2 ; expect_text 'href="/keys?q=%3Cb%3Ebirch%3C%2Fb%3E"'
as alice get "/keys?q=%3Cb%3Ebirch%3C%2Fb%3E" ; expect 200 keys_project.html
expect_no_text "<b>birch"
as alice get "/keys?q=BIRCH" ; expect_text "work laptop" ; expect_no_text "RSA 3072"
as alice post /keys "key=$good_key" "name=pine" "project=$(printf '%041d' 0)" ; expect 422 ; expect_text "At most 40 characters" ; expect_text 'value="pine"'
as alice post /keys "key=$good_key" "name=pine" project=pines ; expect 303 /keys
expect_row "SELECT project FROM ssh_key WHERE name = 'pine'" pines
sql "DELETE FROM ssh_key WHERE name = 'pine'"
as alice post /keys/keykeykeykeykey2/rename "name=work laptop" ; expect 303 /keys
expect_row "SELECT project IS NULL FROM ssh_key WHERE id = 'keykeykeykeykey2'" 1

route "GET /keys/delete"
nobody get "/keys/delete?key=keykeykeykeykey2" ; expect 303 "/signin?return=/keys/delete%3Fkey%3Dkeykeykeykeykey2"
as alice get "/keys/delete?key=keykeykeykeykey2" ; expect 200 key_delete.html
expect_text 'work laptop'
as bob get "/keys/delete?key=keykeykeykeykey2" ; expect 404
as alice get "/keys/delete?key=keykeykeykeykey2&key=keykeykeykeykey3" ; expect 200 keys_delete.html
as alice get "/keys/delete?key=keykeykeykeykey2&key=keykeykeykeykey4" ; expect 404
as alice get /keys/delete ; expect 303 /keys
# Of many keys the first are listed, and the others are a click away; all are in the form.
sql "INSERT INTO ssh_key (team_id, created_at, id, person_id, name, type, fingerprint, comment, public_line)
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 7)
    SELECT 1, 1767225600, 'manymanymanykey' || i, 1, 'many ' || i, 'Ed25519', 'SHA256:' || i, '', 'ssh-ed25519 A' || i FROM n"
as alice get "/keys/delete?$(printf 'key=manymanymanykey%d&' 1 2 3 4 5 6)key=manymanymanykey7" ; expect_text "Delete 7 keys?"
expect_text "And 2 more"
expect_text '<input type="hidden" name="key" value="manymanymanykey7">'
sql "DELETE FROM ssh_key WHERE name LIKE 'many %'"

route "POST /keys/delete"
nobody post /keys/delete key=keykeykeykeykey2 ; expect 303 "/signin?return=/keys/delete&ended=1"
as bob post /keys/delete key=keykeykeykeykey2 ; expect 404
as alice post_bare /keys/delete key=keykeykeykeykey2 ; expect 403
as alice post /keys/delete key=keykeykeykeykey2 ; expect 303 /keys
expect_row "SELECT count(*) FROM ssh_key WHERE id = 'keykeykeykeykey2'" 0
expect_row "SELECT count(*) FROM vm_key WHERE vm_id = 'runningrunningru'" 2
as alice post /keys/delete key=keykeykeykeykey2 ; expect 404
expect_text "Your team has no such SSH key. If it had a moment ago, the key has been deleted already."
lone() { sed -n '/class="lone"/,/class="acts/p' "$state/answer"; }
lone >"$state/before"
for other in keykeykeykeykey4 nosuchnosuchnosu; do # another team's, nobody's
    as alice post /keys/delete key=$other ; expect 404
    if [ -s "$state/before" ] && lone | cmp -s - "$state/before"; then good; else bad "a deleted key differs from $other"; fi
done
# From its VMs too, if that is asked for, at their next start.
fresh
as alice post /keys/delete key=keykeykeykeykey2 from_vms=yes ; expect 303 /keys
expect_row "SELECT count(*), sum(k.is_removed), sum(k.change), v.setup_wanted FROM vm_key k JOIN vm v ON v.id = k.vm_id WHERE k.vm_id = 'runningrunningru'" "2|1|1|1"
as alice get /keys ; expect_text "stop accepting it at once by their guest agent, or at their next start"
fresh
sql "UPDATE vm SET setup_wanted = 2 WHERE id = 'runningrunningru';
    UPDATE vm_key SET is_removed = 1, change = 1 WHERE vm_id = 'runningrunningru' AND fingerprint LIKE 'SHA256:fOl%';
    UPDATE vm_key SET change = 2 WHERE vm_id = 'runningrunningru' AND fingerprint LIKE 'SHA256:2VJ%'"
as alice get /keys ; expect_text "(until its next start)" ; expect_text "(from its next start)"
as alice get /keys/keykeykeykeykey2 ; expect_text "(until its next start)"
as alice get /vms/runningrunningru ; expect_text "removed at the next start" ; expect_text "added at the next start"
sql "UPDATE vm SET agent_started = 1 WHERE id = 'runningrunningru'"
as alice get /keys ; expect_text "(being removed)" ; expect_text "(being added)"
as alice get /keys/keykeykeykeykey2 ; expect_text "(being removed)"
as alice get "/keys/delete?key=keykeykeykeykey2" ; expect_text "(being removed)"
as alice get /vms/runningrunningru ; expect_text "being removed" ; expect_text "being added" ; expect_no_text "at the next start"
sql "UPDATE vm SET agent_failed = 2 WHERE id = 'runningrunningru'"
as alice get /keys ; expect_text "(until its next start)" ; expect_text "(from its next start)"
# Several are deleted together, or none.
fresh
as alice post /keys/delete key=keykeykeykeykey2 key=keykeykeykeykey4 ; expect 404
expect_row "SELECT count(*) FROM ssh_key" 3
# What is chosen twice is deleted once.
as alice post /keys/delete key=keykeykeykeykey2 key=keykeykeykeykey3 key=keykeykeykeykey2 ; expect 303 /keys
expect_row "SELECT group_concat(id) FROM ssh_key" keykeykeykeykey4
as alice get /keys ; expect_text "2 keys deleted. VMs with them still accept and list them."
# They are searched for, which the page shows to the team until it is over.
expect_text "2 keys deleted. Erase remains from the database’s files: in progress."
sql "UPDATE erasure_step SET state = CASE name WHEN 'log' THEN 'done' ELSE 'failed' END, answer = '1 found, as in log/2026-01-01'"
as alice get /keys ; expect_text "2 keys deleted. Search the server’s files: failed, retrying, <code>1 found, as in log/2026-01-01</code>."
as bob get /keys ; expect_no_text "Search the server"
as alice post /keys/delete ; expect 303 /keys
as alice get /keys ; expect_text "No keys selected."

# Many keys: pages, a search, an order.
fresh
sql "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60) INSERT INTO ssh_key (team_id, created_at, id, person_id, name, type, fingerprint, comment, public_line)
    SELECT 1, 1767225600 + i, printf('many%012d', i), 1, printf('Key %02d', 61 - i), 'Ed25519', 'SHA256:' || i, '', '' FROM n"
as alice get /keys ; expect 200
expect_text "1–25 of 62"
expect_text 'aria-label="Search keys"'
expect_text "Key 25<"
expect_no_text "Key 26<"
as alice get "/keys?sort=name&page=2" ; expect_text "Key 49<"
expect_text 'href="/keys?q=&amp;sort=name&amp;page=1"'
as alice get "/keys?q=kEY+6" ; expect_text "Key 60<"
expect_no_text "1 to"
as alice get "/keys?q=none" ; expect 200 keys_no_match.html

fresh
route "GET /account"
nobody get /account ; expect 303 /signin?return=/account
as alice get /account ; expect 200 account.html
as carol get /account ; expect 200 account_carol.html
expect_no_text "<script>alert"
as dave get /account ; expect 200
# This browser comes first, even if another has signed in since.
sql "UPDATE session SET created_at = created_at + 60 WHERE handle = 'alicealicealice3'"
as alice get /account ; expect 200 account_newer.html

route "GET /account/shortcuts"
nobody get /account/shortcuts ; expect 303 /signin?return=/account/shortcuts
as alice get /account/shortcuts ; expect 200 shortcuts.html

route "POST /account/name"
nobody post /account/name name=x ; expect 303 "/signin?return=/account&ended=1"
as alice post_bare /account/name name=x ; expect 403
as alice post /account/name name= ; expect 422 account_name_empty.html
as alice post /account/name "name=$(printf '%0101d' 0)" ; expect 422
expect_text "At most 100 characters, please; this has 101."
as alice post /account/name "name=$(printf 'ë%.0s' $(seq 100))" ; expect 303
for wrong in Domicile "  domicile " $'Al\u202eice' $'\u2800' $'Al\u200bice'; do
    as alice post /account/name "name=$wrong" ; expect 422
done
as alice post /account/name "name=$(head -c 48 /dev/urandom | base64 -w 0)" ; expect 422
expect_text "That looks like a private key"
as alice post /account/name name=Alicia ; expect 303 /account
expect_row "SELECT name FROM person WHERE id = 1" Alicia

route "POST /account/team"
nobody post /account/team name=x ; expect 303 "/signin?return=/account&ended=1"
as carol post /account/team name=x ; expect 403
as alice post_bare /account/team name=x ; expect 403
as alice post /account/team name= ; expect 422 account_team_empty.html
as alice post /account/team "name=$(printf '%0101d' 0)" ; expect 422
for wrong in Domicile $'Al\u202eice' $'\u2800'; do
    as alice post /account/team "name=$wrong" ; expect 422
done
sql "UPDATE person SET restricted_at = 1 WHERE id = 1"
as alice post /account/team name=Alices ; expect 422 ; expect_text "Your account is restricted"
sql "UPDATE person SET restricted_at = NULL WHERE id = 1; UPDATE team SET workos_organization_id = 'org_1' WHERE id = 1"
as alice post /account/team name=Alices ; expect 409
as alice get /account ; expect_text "is an organization at WorkOS" ; expect_no_text 'action="/account/team"'
sql "UPDATE team SET workos_organization_id = NULL"
expect_row "SELECT name FROM team WHERE id = 1" alice
as alice post /account/team "name=Alice & Söhne" ; expect 303 /account
expect_row "SELECT name FROM team WHERE id = 1" "Alice & Söhne"
expect_row "SELECT group_concat(action) FROM activity WHERE team_id = 1 AND action LIKE 'team%'" team_rename
as alice get /account ; expect_text "Team renamed." ; expect_text 'value="Alice &amp; Söhne"' ; expect_no_text "tax ID"
printf '[billing]\nbilling = stripe\n' >>"$state/domicile.conf"
as alice get /account ; expect 200 account_billing.html ; expect_text 'href="/billing">Billing address'
as carol get /account ; expect_no_text "tax ID"
fresh

# Another address: links to both, used by a button.
route "GET /account/email"
signed_in() { sql "UPDATE session SET created_at = $1, authenticated_at = $1 WHERE person_id IN (1, 2)"; }
nobody get /account/email ; expect 303 /signin?return=/account/email
as bob get /account/email ; expect 200 account_email_off.html
printf '[mail]\nmail = smtp\nurl = smtp://localhost:25\nfrom = noreply@example.org\n' >>"$state/domicile.conf"
as bob get /account/email ; expect 200 account_email.html
as alice get /account/email ; expect 200 account_email_operator.html
cp "$state/domicile.conf" "$state/domicile.conf.local"
sed -i -e 's/^# identity .*/identity = workos/' -e 's/^# client_id *=.*/client_id = client_1/' "$state/domicile.conf"
as bob get /account/email ; expect 200 account_email_workos.html
mv "$state/domicile.conf.local" "$state/domicile.conf"

route "POST /account/email"
again="/signin?return=/account/email&again=1&ended=1"
nobody post /account/email email=b@example.org ; expect 303 "/signin?return=/account/email&ended=1"
as bob post /account/email email=b@example.org ; expect 303 "$again"
signed_in "unixepoch()"
as bob post_bare /account/email email=b@example.org ; expect 403
as bob post /account/email email= ; expect 422
as bob post /account/email email=bob ; expect 422 account_email_wrong.html
as bob post /account/email email=BOB@example.org ; expect 422 ; expect_text "This is your address already."
as alice post /account/email email=b@example.org ; expect 422 ; expect_text "Set <code>operator</code>"
expect_row "SELECT count(*) FROM email_change" 0
as bob post /account/email email=robert@münchen.example ; expect 303 /account
expect_row "SELECT new_email FROM email_change WHERE person_id = 2" robert@xn--mnchen-3ya.example
expect_row "SELECT group_concat(kind || ' ' || to_email, ', ') FROM (SELECT * FROM mail WHERE kind LIKE 'email%' ORDER BY kind)" "email_approve bob@example.org, email_confirm robert@xn--mnchen-3ya.example"
as bob get /account ; expect_text "Links sent to both addresses."
sql "UPDATE email_change SET expires_at = 9999999999, new_confirmed_at = 1767225600"
signed_in 1767225600
as bob get /account ; expect 200 account_email_waits.html
signed_in "unixepoch()"
as alice get /account ; expect_no_text robert@
# Somebody else's address: the same answer, another mail.
as bob post /account/email email=carol@example.org ; expect 303 /account
as bob get /account ; expect_text "Links sent to both addresses." ; expect_text "Changes to <b class=\"breakable\">carol@example.org</b>"
expect_row "SELECT group_concat(kind || ' ' || to_email, ', ') FROM (SELECT * FROM mail WHERE kind LIKE 'email_%' ORDER BY kind)" "email_approve bob@example.org, email_taken carol@example.org"

route "POST /account/email/cancel"
nobody post /account/email/cancel ; expect 303 "/signin?return=/account/email&ended=1"
as bob post_bare /account/email/cancel ; expect 403
as bob post /account/email/cancel ; expect 303 /account
expect_row "SELECT count(*) FROM email_change" 0
as bob get /account ; expect_text "Your email stays as it is." ; expect_no_text "carol@example.org"

route "GET /account/email/link"
plant_change() {
    sql "DELETE FROM email_change; INSERT INTO email_change VALUES (2, 'changechangechan', 'robert@example.org', x'$(printf %s "$new" | sha256sum | cut -c1-64)', x'$(printf %s "$old" | sha256sum | cut -c1-64)', NULL, NULL, 1767225600, $1)"
}
new=$(token_of N) old=$(token_of O)
plant_change 9999999999
for token in "" x "$(token_of X)"; do nobody get "/account/email/link?token=$token" ; expect 404 account_email_invalid.html; done
as link get "/account/email/link?token=$new" ; expect 200 account_email_new.html
as link get "/account/email/link?token=$old" ; expect 200 account_email_old.html
expect_row "SELECT new_confirmed_at IS NULL AND old_confirmed_at IS NULL FROM email_change" 1

route "POST /account/email/link"
nobody post /account/email/link "token=$new" answer=confirm ; expect 403
as link post_bare /account/email/link "token=$new" answer=confirm ; expect 403
as link post /account/email/link "token=$new" ; expect 400
as link post /account/email/link "token=$new" answer=refuse ; expect 400
as link post /account/email/link "token=$(token_of X)" answer=confirm ; expect 404
as link post /account/email/link "token=$new" answer=confirm ; expect 200 account_email_confirmed.html
as link get "/account/email/link?token=$new" ; expect_text ">Confirmed</span>"
as link post /account/email/link "token=$old" answer=refuse ; expect 200 account_email_refused.html
as link get "/account/email/link?token=$new" ; expect 404
plant_change 1767225600
as link get "/account/email/link?token=$new" ; expect 404
plant_change 9999999999
sql "INSERT INTO signin_link VALUES (x'01', 'bob@example.org', 1767225600, 9999999999, NULL)"
sql "INSERT INTO session SELECT x'02', 'bobbobbobbobbob3', person_id, current_team_id, csrf_secret, browser, created_at, seen_at, idle_at, expires_at, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM session WHERE handle = 'bobbobbobbobbob2'"
as bob post /account/email/link "token=$old" answer=confirm ; expect 200
expect_row "SELECT email FROM person WHERE id = 2" bob@example.org
as bob post /account/email/link "token=$new" answer=confirm ; expect 200 account_email_changed.html
expect_row "SELECT identity || ' ' || email FROM person WHERE id = 2" "local:robert@example.org robert@example.org"
expect_row "SELECT group_concat(handle) FROM session WHERE person_id = 2" bobbobbobbobbob2
expect_row "SELECT count(*) FROM signin_link" 0
expect_row "SELECT group_concat(kind || ' ' || to_email, ', ') FROM (SELECT * FROM mail WHERE kind IN ('email_changed', 'email_former') ORDER BY kind)" "email_changed robert@example.org, email_former bob@example.org"
expect_row "SELECT group_concat(action || ' ' || ifnull(detail, '-'), ', ') FROM (SELECT * FROM activity WHERE team_id = 2 AND vm_id IS NULL ORDER BY seq)" \
    "email_request -, email_request -, email_cancel -, email_cancel -, email_change -"
as bob post /account/email/link "token=$new" answer=confirm ; expect 404
fresh
as alice post /account/name name=Alicia ; expect 303 /account

route "POST /account/theme"
nobody post /account/theme theme=dark ; expect 303 "/signin?return=/account&ended=1"
as alice post_bare /account/theme theme=dark ; expect 403
as alice post /account/theme theme=dark return=/vms ; expect 303 /vms
expect_row "SELECT theme FROM person WHERE id = 1" dark
as alice get /account ; expect_text '<html lang="en" data-theme="dark">'
expect_text 'value="dark" aria-pressed="true"'
as alice post /account/theme theme=blue return=https://evil.example ; expect 303 /account
expect_row "SELECT theme IS NULL FROM person WHERE id = 1" 1
as alice post /account/theme theme=light return=//evil.example ; expect 303 /account

# What is told by email, and by which link the weekly summary is turned off.
route "GET /account/notifications"
nobody get /account/notifications ; expect 303 /signin?return=/account/notifications
as bob get /account/notifications ; expect 200 notifications_off.html
cp "$state/domicile.conf" "$state/domicile.conf.before"
printf '[mail]\nmail = smtp\nurl = smtp://localhost:25\nfrom = noreply@example.org\n' >>"$state/domicile.conf"
as bob get /account/notifications ; expect 200 notifications.html
expect_no_text 'name="budget"'
as dave get /account/notifications ; expect 200

route "POST /account/notifications"
nobody post /account/notifications weekly=yes ; expect 303 "/signin?return=/account/notifications&ended=1"
as bob post_bare /account/notifications weekly=yes ; expect 403
as bob post /account/notifications weekly=yes ; expect 303 /account/notifications
expect_row "SELECT kind FROM mail_off WHERE person_id = 2" idle
expect_row "SELECT length(token), since_at = done_at FROM weekly_summary WHERE person_id = 2" "43|1"
expect_row "SELECT detail FROM activity WHERE team_id = 2 AND action = 'notices'" "Idle warnings off, Weekly summary on"
as bob get /account/notifications ; expect_text "Email notifications saved."
sql "UPDATE weekly_summary SET since_at = 1767225600"
as bob get /account/notifications ; expect 200 notifications_chosen.html
as bob post /account/notifications weekly=yes idle=yes ; expect 303
expect_row "SELECT count(*) FROM mail_off" 0
expect_row "SELECT since_at FROM weekly_summary" 1767225600
as bob post /account/notifications weekly=yes idle=yes ; expect 303
expect_row "SELECT count(*) FROM activity WHERE team_id = 2 AND action = 'notices'" 2
printf '[billing]\nbilling = stripe\n' >>"$state/domicile.conf"
as bob get /account/notifications ; expect 200 notifications_billing.html
as bob post /account/notifications weekly=yes idle=yes ; expect 303
expect_row "SELECT kind FROM mail_off WHERE person_id = 2" budget
sql "UPDATE person SET restricted_at = 1767225600 WHERE id = 2"
as bob get /account/notifications ; expect_text "While your account is restricted"
sql "UPDATE person SET restricted_at = NULL"
mv "$state/domicile.conf.before" "$state/domicile.conf"

# The link works signed out, without a token of a form, and says the same for every secret.
route "GET /unsubscribe/:token"
secret=$(sqlite3 "$state/data/main.db" "SELECT token FROM weekly_summary")
alike() { sed -E "s/$1/SECRET/g; s/[0-9a-f]{16}/REQUEST/; s/(name=\"csrf\" value=\")[^\"]+/\1CSRF/; s/__Host-session=[^;]+/COOKIE/; s/(data-version=\")[^\"]+/\1VERSION/" "$state/answer"; }
nobody get "/unsubscribe/$secret" ; expect 200 ; alike "$secret" >"$state/known"
nobody get "/unsubscribe/$(token_of X)" ; expect 200 unsubscribe.html ; alike "$(token_of X)" >"$state/unknown"
if [ -s "$state/known" ] && cmp -s "$state/known" "$state/unknown"; then good; else bad "the page differs between secrets"; fi
expect_row "SELECT count(*) FROM weekly_summary" 1

route "POST /unsubscribe/:token"
nobody with HTTP_ORIGIN=https://mail.example raw POST "/unsubscribe/$(token_of X)" 'List-Unsubscribe=One-Click' ; expect 200 unsubscribed.html
alike "$(token_of X)" >"$state/unknown"
expect_row "SELECT count(*) FROM weekly_summary" 1
nobody with HTTP_ORIGIN=https://mail.example raw POST "/unsubscribe/$secret" 'List-Unsubscribe=One-Click' ; expect 200
alike "$secret" >"$state/known"
if [ -s "$state/known" ] && cmp -s "$state/known" "$state/unknown"; then good; else bad "the answer differs between secrets"; fi
expect_row "SELECT count(*) FROM weekly_summary" 0
expect_row "SELECT detail FROM activity WHERE team_id = 2 AND action = 'notices' ORDER BY seq DESC LIMIT 1" "Weekly summary off, by the link in it"
nobody raw POST "/unsubscribe/$secret" 'List-Unsubscribe=One-Click' ; expect 200
as bob post /account/notifications weekly=yes idle=yes ; expect 303
secret=$(sqlite3 "$state/data/main.db" "SELECT token FROM weekly_summary")
headers=(CONTENT_TYPE="multipart/form-data; boundary=x")
ask POST "/unsubscribe/$secret" $'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n' ; expect 200
expect_row "SELECT count(*) FROM weekly_summary" 0
expect_nowhere "$secret"

route "POST /account/statistics"
as alice get /account ; expect_no_text Statistics
sed -i "s/^# profile = .*/profile = agent-runs/" "$state/domicile.conf"
as alice get /account ; expect_text 'value="yes" aria-pressed="true"'
nobody post /account/statistics counted=no ; expect 303 "/signin?return=/account&ended=1"
as alice post_bare /account/statistics counted=no ; expect 403
as alice post /account/statistics counted=no ; expect 303 /account
expect_row "SELECT is_uncounted FROM person WHERE id = 1" 1
as alice get /account ; expect_text 'value="no" aria-pressed="true"'
expect_text "You are no longer counted."
as alice post /account/statistics counted=yes ; expect 303 /account
expect_row "SELECT is_uncounted FROM person WHERE id = 1" 0

route "POST /account/charts"
team=$(sql "SELECT current_team_id FROM session WHERE handle = 'alicealicealice2'")
sql "INSERT INTO usage_day (team_id, vm_id, day_at, from_at, quarters) SELECT team_id, id, 86400, 86400, zeroblob(13824) FROM vm WHERE team_id = $team LIMIT 1"
sql "UPDATE vm SET cpu_line = 'M0 0', cpu_percent = 1 WHERE team_id = $team"
nobody post /account/charts charts=off ; expect 303 "/signin?return=/account&ended=1"
as alice post_bare /account/charts charts=off ; expect 403
as alice post /account/charts charts=off ; expect 303 /account
as alice get /account ; expect_text 'name="charts" value="off" aria-pressed="true"'
expect_row "SELECT count(*) FROM usage_day WHERE team_id = $team" 0
expect_row "SELECT count(*) FROM usage_minute WHERE team_id = $team" 0
expect_row "SELECT count(*) FROM vm WHERE team_id = $team AND cpu_line IS NOT NULL" 0
as alice post /account/charts charts=on ; expect 303 /account
as alice get /account ; expect_text 'name="charts" value="on" aria-pressed="true"'

route "POST /account/restriction"
nobody post /account/restriction restricted=yes ; expect 303 "/signin?return=/account&ended=1"
as alice post_bare /account/restriction restricted=yes ; expect 403
as alice post /account/restriction restricted=yes ; expect 303 /account
as alice get /account ; expect_text "Your account is restricted.</b>" ; expect_text "End restriction</button>"
expect_row "SELECT restricted_at > 0 FROM person WHERE id = 1" 1
as bob get /account ; expect_no_text "Your account is restricted"
as alice post /keys/keykeykeykeykey3/rename name=while-restricted ; expect 422
expect_text "Your account is restricted, so nothing new is begun."
as alice post /keys "key=$good_key" name=while-restricted ; expect 422
expect_text "Your account is restricted, so nothing new is begun."
expect_row "SELECT count(*) FROM ssh_key WHERE name = 'while-restricted'" 0
for page in /account /keys /keys/keykeykeykeykey3; do
    as alice get $page ; expect_text 'disabled aria-describedby="restricted">' ; expect_text '<small class="why">Your account is restricted.</small>'
done
as alice post /account/restriction restricted=no ; expect 303 /account
for page in /account /keys /keys/keykeykeykeykey3; do
    as alice get $page ; expect_no_text 'aria-describedby="restricted"'
done
expect_row "SELECT restricted_at IS NULL FROM person WHERE id = 1" 1

expect_row "SELECT group_concat(action || ' ' || ifnull(detail, '-'), ', ') FROM (SELECT * FROM activity WHERE team_id = 1 AND vm_id IS NULL ORDER BY seq)" \
    "person_rename -, statistics Not counted, statistics Counted, charts Off, charts On, restriction -, restriction_end -"

# A copy of one's data, only with a sign-in of the last ten minutes.
fresh
again="/signin?return=/account&again=1&ended=1"
route "POST /account/copy"
nobody post /account/copy ; expect 303 "/signin?return=/account&ended=1"
as alice post /account/copy ; expect 303 "$again"
expect_row "SELECT count(*) FROM export" 0
signed_in "unixepoch()"
as alice post_bare /account/copy ; expect 403
as alice post /account/copy ; expect 303 /account#data
as alice post /account/copy ; expect 303 /account#data
expect_row "SELECT state, person_id, count(*) FROM export" "queued|1|1"
sql "UPDATE export SET state = 'running', rows_written = 4000"
signed_in 1767225600
as alice get /account ; expect 200 account_copying.html
as bob get /account ; expect_no_text "rows written"
sql "UPDATE export SET id = 'copycopycopycop2', state = 'ready', file_bytes = 123456, expires_at = 9999999999"
as alice get /account ; expect 200 account_copied.html

route "POST /account/copy/:id"
nobody post /account/copy/copycopycopycop2 ; expect 303 "/signin?return=/account&ended=1"
as alice post /account/copy/copycopycopycop2 ; expect 303 "$again"
signed_in "unixepoch() - 601"
as alice post /account/copy/copycopycopycop2 ; expect 303 "$again"
signed_in "unixepoch()"
as bob post /account/copy/copycopycopycop2 ; expect 404 account_copy_expired.html
as bob post /account/copy/nonenonenonenon2 ; expect 404 account_copy_expired.html
as alice post_bare /account/copy/copycopycopycop2 ; expect 403
as alice post /account/copy/copycopycopycop2 ; expect 200
expect_text "X-Accel-Redirect: /exports/copycopycopycop2.zip"
expect_text "Content-Disposition: attachment; filename=\"copy-"
expect_row "SELECT downloads FROM export" 1
as alice get /account ; expect_text "Downloads: 1."
sql "UPDATE export SET expires_at = unixepoch()"
as alice post /account/copy/copycopycopycop2 ; expect 404
expect_text "There is no copy of your data at this address."
as alice post /account/copy/../copycopycopycop2 ; expect 404
expect_row "SELECT downloads FROM export" 1
sql "UPDATE export SET state = 'failed', requested_at = requested_at - 1, expires_at = 9999999999"
as alice get /account ; expect_text "The copy could not be prepared."
as alice post /account/copy ; expect 303
expect_row "SELECT group_concat(state) FROM (SELECT state FROM export ORDER BY state)" "failed,queued"
as alice get /account ; expect_no_text "The copy could not be prepared."
# Two of them were copies; five are the limit of a day.
expect_row "SELECT count(*) FROM activity WHERE action = 'copy'" 2
for _ in 3 4 5; do sql "UPDATE export SET state = 'ready'" ; as alice post /account/copy ; expect 303 /account#data ; done
sql "UPDATE export SET state = 'ready', id = 'copycopycopycop2', file_bytes = 1" ; as alice post /account/copy ; expect 303 /account#data
expect_row "SELECT id, (SELECT count(*) FROM activity WHERE action = 'copy') FROM export" "copycopycopycop2|5"
as alice get /account ; expect_text "No copy was prepared: the limit is 5 copies and 20 attempts in 24 hours. The next is possible from"
sql "UPDATE activity SET at_ms = at_ms - 86400000 WHERE action = 'copy'" ; as alice post /account/copy ; expect 303
expect_row "SELECT state, (SELECT count(*) FROM activity WHERE action = 'copy') FROM export" "queued|6"
fresh

route "POST /account/sessions/:handle/end"
nobody post /account/sessions/alicealicealice3/end ; expect 303 "/signin?return=/account&ended=1"
as bob post /account/sessions/alicealicealice3/end ; expect 404
as alice post_bare /account/sessions/alicealicealice3/end ; expect 403
as alice post /account/sessions/alicealicealice2/end ; expect 409
as alice post /account/sessions/alicealicealice3/end ; expect 303 /account
expect_row "SELECT count(*) FROM session WHERE handle = 'alicealicealice3'" 0
expect_row "SELECT group_concat(action || ' ' || ifnull(detail, '-'), ', ') FROM (SELECT * FROM activity WHERE team_id = 1 AND vm_id IS NULL ORDER BY seq)" \
    "session_end -"

fresh
route "POST /account/end-others"
nobody post /account/end-others ; expect 303 "/signin?return=/account&ended=1"
as alice post_bare /account/end-others ; expect 403
as alice post /account/end-others ; expect 303 /account
expect_row "SELECT group_concat(handle) FROM session WHERE person_id = 1" alicealicealice2
as bob get /account ; expect 200

route "GET /account/delete"
fresh
nobody get /account/delete ; expect 303 /signin?return=/account/delete
as alice get /account/delete ; expect 200 account_delete.html
as bob get /account/delete ; expect 200
expect_no_text "Teams with other members"
# Where nothing can be undone, that is said before.
cp "$state/domicile.conf" "$state/conf"
printf '[privacy]\nclosed_account_days = 0\n' >>"$state/domicile.conf"
as bob get /account ; expect_text "This begins at once and cannot be undone."
as bob get /account/delete ; expect_text "<b>this cannot be undone</b>"
expect_no_text "undo it"
mv "$state/conf" "$state/domicile.conf"

route "POST /account/delete"
nobody post /account/delete email=bob@example.org ; expect 303 "/signin?return=/account/delete&ended=1"
# A sign-in of long ago does not suffice.
as bob post /account/delete email=bob@example.org ; expect 303 "/signin?return=/account/delete&again=1&ended=1"
sql "UPDATE session SET created_at = unixepoch(), authenticated_at = unixepoch()"
as bob post_bare /account/delete email=bob@example.org ; expect 403
as bob post /account/delete email=b@example.org ; expect 422
expect_text "Enter bob@example.org."
# A team with other members is deleted knowingly, or not at all.
as alice post /account/delete email=operator@localhost ; expect 422 account_delete_team.html
as alice post /account/delete email=operator@localhost team=2 ; expect 422
expect_row "SELECT count(*) FROM erasure" 0
as bob post /account/delete email=Bob@Example.org ; expect 303
location=$(sed -n 's/^Location: //p' "$state/answer" | tr -d '\r')
expect_row "SELECT count(*) FROM session WHERE person_id = 2" 0
expect_row "SELECT group_concat(team_id) FROM erasure_team" 2
expect_row "SELECT count(*) FROM erasure_step" 8
expect_row "SELECT due_at - requested_at FROM erasure" 2592000
expect_row "SELECT state FROM vm WHERE team_id = 2" stopping
nobody get "$location" ; expect 200
expect_text "Sign in to keep the account"
as alice post /account/delete email=operator@localhost team=1 ; expect 303
expect_row "SELECT group_concat(team_id) FROM erasure_team" 1,2
# Others lose only the team.
as carol get /account ; expect 200
fresh

# The address may be written as people do.
sql "UPDATE session SET created_at = unixepoch(), authenticated_at = unixepoch(); UPDATE person SET email = 'bob@xn--bcher-kva.example' WHERE id = 2"
as bob post /account/delete email=bob@bucher.example ; expect 422
as bob post /account/delete email=bob@bücher.example ; expect 303
fresh

# A team, which its owners alone delete, and which is nobody's own.
route "GET /account/team/delete"
route "POST /account/team/delete"
route "POST /account/team/keep"
as alice get /account/team/delete ; expect 404
as alice get /account ; expect_no_text "/account/team/delete"
sql "UPDATE session SET created_at = unixepoch(), authenticated_at = unixepoch(); INSERT INTO membership (team_id, person_id, role, created_at) VALUES
    (3, 2, 'owner', 1), (3, 3, 'member', 1); UPDATE session SET current_team_id = 3 WHERE person_id IN (2, 3);
    UPDATE team SET name = 'Dave & Co' WHERE id = 3"
nobody get /account/team/delete ; expect 303 /signin?return=/account/team/delete
as carol get /account/team/delete ; expect 403
as bob get /account ; expect_text 'href="/account/team/delete"'
as bob get /account/team/delete ; expect 200 team_delete.html
nobody post /account/team/delete "name=Dave & Co" ; expect 303
as carol post /account/team/delete "name=Dave & Co" ; expect 403
as bob post_bare /account/team/delete "name=Dave & Co" ; expect 403
as bob post /account/team/delete name=dave ; expect 422 team_delete_name.html
sql "UPDATE session SET created_at = 1, authenticated_at = 1"
as bob post /account/team/delete "name=Dave & Co" ; expect 303 "/signin?return=/account/team/delete&again=1&ended=1"
sql "UPDATE session SET created_at = unixepoch(), authenticated_at = unixepoch()"
expect_row "SELECT count(*) FROM erasure" 0
nobody post /account/team/keep ; expect 303
as carol post /account/team/keep ; expect 403
as bob post_bare /account/team/keep ; expect 403
as bob post /account/team/keep ; expect 409
as bob post /account/team/delete "name=Dave & Co" ; expect 303
location=$(sed -n 's/^Location: //p' "$state/answer" | tr -d '\r')
expect_row "SELECT subject || group_concat(t.team_id) || ifnull(e.person_id, '-') FROM erasure e JOIN erasure_team t ON t.erasure_id = e.id" team3-
expect_row "SELECT group_concat(to_email || kind || promise) FROM (SELECT * FROM mail ORDER BY to_email)" "bob@example.orgteam_deletionDave & Co,carol@example.orgteam_deletionDave & Co"
expect_row "SELECT action FROM activity WHERE team_id = 3 ORDER BY at_ms DESC LIMIT 1" team_deletion
nobody get "$location" ; expect 200
expect_text "Team deletion"
expect_text 'href="/account/team/delete">Keep the team'
as bob post /account/team/delete "name=Dave & Co" ; expect 409
as bob get /account/team/delete ; expect 200
expect_text "is closed, and is deleted on"
sql "UPDATE session SET created_at = 1, authenticated_at = 1"
as bob post /account/team/keep ; expect 303 "/signin?return=/account&again=1&ended=1"
expect_row "SELECT count(*) FROM erasure" 1
sql "UPDATE session SET created_at = unixepoch(), authenticated_at = unixepoch()"
as bob post /account/team/keep ; expect 303 /account
expect_row "SELECT count(*) FROM erasure WHERE undone_at IS NULL" 0
expect_row "SELECT count(*) FROM team WHERE closed_at IS NOT NULL" 0
expect_row "SELECT group_concat(to_email || kind || promise) FROM (SELECT * FROM mail WHERE kind = 'team_kept' ORDER BY to_email)" "bob@example.orgteam_keptDave & Co,carol@example.orgteam_keptDave & Co"
nobody get "$location" ; expect 200 ; expect_text "by an owner of the team"
# Closed by others, it is not opened here.
as bob post /account/team/delete "name=Dave & Co" ; expect 303
sql "UPDATE erasure SET requested_by = 'identity'"
as bob post /account/team/keep ; expect 409
as bob get /account/team/delete ; expect_text "This cannot be undone here."
fresh

# Sessions: ended, unknown, malformed and doubled cookies.
cookie="HTTP_COOKIE=__Host-session=$(token_of E)" get /account ; expect 303
expect_text "Set-Cookie: __Host-session=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"
cookie="HTTP_COOKIE=__Host-session=$(token_of Z)" get /account ; expect 303
cookie="HTTP_COOKIE=__Host-session=short" get /account ; expect 303
cookie="HTTP_COOKIE=a=b; __Host-session=$(token_of A)" get /account ; expect 200
cookie="HTTP_COOKIE=__Host-session=$(token_of A); __Host-session=$(token_of B)" get /account ; expect 400
finish
