#!/bin/bash
# Requests for access: off by default; asked for by strangers, with the same answer for everybody; answered by the admin.
. "$(dirname "$0")/lib.sh"
fresh
mail=$'[mail]\nmail = smtp\nurl = smtp://localhost:25\nfrom = noreply@example.org\n'

route "GET /signin/request"
route "POST /signin/request"
route "GET /signin/requested"
nobody get /signin/request ; expect 404
as link post /signin/request email=erin@example.org note=x ; expect 404
nobody get /signin/requested ; expect 404
as alice get /operator/access ; expect 200 operator_access_off.html
as alice get /operator ; expect_no_text "Access requests"
sed -i 's/^# access_requests .*/access_requests = on/' "$state/domicile.conf"
nobody get /signin
if grep -q 'access_requests = on needs identity = local' "$state/log"; then good; else bad "it starts without mail"; fi
printf '%s' "$mail" >>"$state/domicile.conf"
# As long as the policies name nobody who is responsible, nobody can ask.
nobody get /signin/request ; expect 404
as alice get /operator/access ; expect 200 operator_access_closed.html
printf '[privacy]\ncontroller = Example Ltd\naddress = 1 Example Street\ncountry = SE\n' >>"$state/domicile.conf"
nobody get /signin ; expect 200 signin_request.html
nobody get /signin/request ; expect 200 access_request.html

asked() { expect_row "SELECT count(*) FROM access_request" "$1"; expect_row "SELECT count(*) FROM mail WHERE kind = 'access_requested'" "${2:-$1}"; }
nobody post /signin/request email=erin@example.org note=x ; expect 403
as link post_bare /signin/request email=erin@example.org note=x ; expect 403
as link post /signin/request email=erin "note=To build <b>things</b>" ; expect 422 access_request_wrong.html
as link post /signin/request email=erin@example.org note= ; expect 422
expect_text "note-help"
as link post /signin/request email=erin@example.org "note=$(printf '%0201d' 0)" ; expect 422
as link post /signin/request email=erin@example.org $'note=two\nlines' ; expect 422
asked 0
as link post /signin/request email=Erin@Example.ORG "note=To build <b>things</b> at evil.example" ; expect 303 /signin/requested
asked 1
expect_row "SELECT email, note FROM access_request" "erin@example.org|To build <b>things</b> at evil.example"
expect_row "SELECT to_email, promise, note FROM mail WHERE kind = 'access_requested'" "operator@localhost|erin@ example. org|To build <b>things</b> at evil. example"
as link get /signin/requested ; expect 200 access_request_sent.html
# Again, or by somebody with an account: the same answer, and nothing is done.
as link post /signin/request email=erin@example.org note=again ; expect 303 /signin/requested
as link post /signin/request email=bob@example.org note=x ; expect 303 /signin/requested
asked 1
# Not invited, no link.
as link post /signin/mail email=erin@example.org ; expect 303 /signin/mail
expect_row "SELECT count(*) FROM mail WHERE kind = 'signin_link'" 0
# There is an end to it, the same for everybody.
sql "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 29)
    INSERT INTO access_request SELECT 'N' || n, 'n' || n || '@example.org', 'x', unixepoch() FROM n"
as link post /signin/request email=frank@example.org note=x ; expect 422
expect_text "Too many requests for access right now" ; expect_text 'value="frank@example.org"'
as link post /signin/request email=bob@example.org note=x ; expect 422
sql "DELETE FROM access_request WHERE id GLOB 'N*'"

route "GET /operator/access"
sql "UPDATE access_request SET id = 'erinerinerineri2', since_at = 1767225600"
nobody get /operator/access ; expect 303
as bob get /operator/access ; expect 403
as alice get /operator/access ; expect 200 operator_access.html
expect_no_text "<b>things</b>"
expect_row "SELECT count(*) FROM activity WHERE action = 'admin_page' AND object = 'access'" 1
as alice get /operator ; expect_text '<a class="state wait" href="/operator/access">1 open</a>'

route "POST /operator/access/:id/invite"
nobody post /operator/access/erinerinerineri2/invite ; expect 303
as bob post /operator/access/erinerinerineri2/invite ; expect 403
as alice post_bare /operator/access/erinerinerineri2/invite ; expect 403
as alice post /operator/access/unknownunknown22/invite ; expect 404
as alice post /operator/access/erinerinerineri2/invite ; expect 303 /operator/access
as alice get /operator/access ; expect_text "erin@example.org is invited." ; expect_text "No requests"
expect_row "SELECT count(*) FROM access_request" 0
expect_row "SELECT to_email, is_transient FROM mail WHERE kind = 'invited'" "erin@example.org|1"
expect_row "SELECT count(*) FROM activity WHERE action = 'account_invite' AND team_id = 0" 1
as alice post /operator/access/erinerinerineri2/invite ; expect 404
# It is an invite like any other: listed under People and revoked there; a sign-in link is still sent to nobody without an account.
as alice get /operator/people ; expect_text "Pending invites" ; expect_text "<b class=\"breakable\">erin@example.org</b>"
as link post /signin/mail email=erin@example.org ; expect 303 /signin/mail
expect_row "SELECT count(*) FROM mail WHERE kind = 'signin_link'" 0
as alice post "/operator/invites/$(sqlite3 "$state/data/main.db" "SELECT id FROM invite")/revoke" ; expect 303 /operator/people
expect_row "SELECT count(*) FROM mail WHERE kind = 'invited'" 0
# Who may have no more invites keeps their request.
sql "INSERT INTO access_request VALUES ('erinerinerineri2', 'erin@example.org', 'x', unixepoch())"
sql "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 10)
    INSERT INTO invite (id, person_id, email, role, state, created_at, expires_at)
    SELECT 'N' || n, 1, 'n' || n || '@example.org', 'owner', 'revoked', unixepoch(), unixepoch() FROM n"
as alice post /operator/access/erinerinerineri2/invite ; expect 422
expect_text "Too many invites for now" ; expect_text "erin@example.org"
expect_row "SELECT count(*) FROM access_request" 1
expect_row "SELECT count(*) FROM mail WHERE kind = 'invited'" 0
# Whoever gets an account in another way needs no answer.
sql "UPDATE access_request SET email = 'gus@example.org'"
token=$(token_of T)
sql "INSERT INTO signin_link VALUES (x'$(printf %s "$token" | sha256sum | cut -c1-64)', 'gus@example.org', 1767225600, 9999999999, NULL)"
as link post /signin/link "token=$token" ; expect 303
expect_row "SELECT count(*) FROM access_request" 0

route "POST /operator/access/:id/decline"
sql "INSERT INTO access_request VALUES ('gustgustgustgus2', 'gustav@example.org', 'x', unixepoch())"
nobody post /operator/access/gustgustgustgus2/decline ; expect 303
as bob post /operator/access/gustgustgustgus2/decline ; expect 403
as alice post_bare /operator/access/gustgustgustgus2/decline ; expect 403
as alice post /operator/access/gustgustgustgus2/decline ; expect 303 /operator/access
expect_row "SELECT count(*) FROM access_request" 0
expect_row "SELECT count(*) FROM activity WHERE action = 'access_decline'" 1
as alice post /operator/access/gustgustgustgus2/decline ; expect 404
finish
