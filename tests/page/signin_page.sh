#!/bin/bash
# Pages of cgi/signin.c with identity = local: the page, a link opened, used, expired and unknown, sign-out.
# The whole sign-in, also with WorkOS, is tested end to end (tests/e2e/signin.sh, workos.sh).
. "$(dirname "$0")/lib.sh"
token=$(token_of T)
hash=$(printf '%s' "$token" | sha256sum | cut -c1-64)
link() { sqlite3 "$state/data/main.db" "INSERT INTO signin_link VALUES (x'$hash', 'erin@example.org', 1767225600, $1, ${2:-NULL})"; }

route "GET /signin"
nobody get /signin ; expect 200 signin.html
nobody get "/signin?return=//evil.example" ; expect 200
nobody get "/signin?return=/vms?q=sk-ant-api03-0123456789abcdef0123" ; expect 200
expect_row "SELECT count(*) FROM session WHERE return_path LIKE '%sk-ant%'" 0
expect_no_text evil.example
as alice get /signin ; expect 303 /vms
as alice get "/signin?return=/keys" ; expect 303 /keys
nobody get "/signin?return=/a&return=/b" ; expect 400

route "GET /signin/link"
nobody get /signin/link ; expect 404 signin_link_unknown.html
nobody get "/signin/link?token=short" ; expect 404
nobody get "/signin/link?token=$token" ; expect 404
link 9999999999
as link get "/signin/link?token=$token" ; expect 200 signin_link.html
expect_row "SELECT used_at IS NULL FROM signin_link WHERE email = 'erin@example.org'" 1

route "POST /signin/link"
nobody post /signin/link "token=$token" ; expect 403
as link post_bare /signin/link "token=$token" ; expect 403
as link post /signin/link "token=$token" ; expect 303 /vms
expect_row "SELECT role FROM membership m JOIN person p ON p.id = m.person_id WHERE email = 'erin@example.org'" owner
expect_row "SELECT count(*) FROM session WHERE handle = 'linklinklinklin2'" 0
expect_row "SELECT a.seq, a.action, a.result, a.person_id = p.id AND t.personal_of = p.id FROM activity a JOIN person p ON p.email = 'erin@example.org' JOIN team t ON t.id = a.team_id WHERE a.action = 'sign_in'" "1|sign_in|done|1"
nobody get "/signin/link?token=$token" ; expect 422
expect_text "used"
fresh
link 1767226200
as link get "/signin/link?token=$token" ; expect 422 signin_link_late.html
as link post /signin/link "token=$token" ; expect 422
# The link of an account that stays closed signs nobody in, which is recorded, and leads to its deletion.
fresh
link 9999999999
sql "INSERT INTO person (id, identity, email, name, created_at, closed_at) VALUES (77, 'local:erin@example.org', 'erin@example.org', 'Erin', 1, 2);
    INSERT INTO team (id, name, personal_of, created_at) VALUES (77, 'Erin', 77, 1)"
sql "INSERT INTO erasure (id, subject, address_hash, person_id, requested_by, requested_at, due_at, state) VALUES ('e77', 'account', x'77', 77, 'operator', 1767225600, 4000000000, 'waiting')"
as link get "/signin/link?token=$token" ; expect 200
expect_text "by the admin. It is deleted for good on" ; expect_text "Signing in does not undo that. To object, write to" ; expect_text "See the deletion" ; expect_no_text ">Sign in<svg"
as link post /signin/link "token=$token" ; expect 303
expect_row "SELECT seq, action, result, person_id FROM activity WHERE team_id = 77" "1|sign_in|refused|77"
expect_row "SELECT used_at IS NOT NULL FROM signin_link WHERE email = 'erin@example.org'" 1
expect_row "SELECT count(*) FROM session WHERE person_id = 77" 0
nobody get "$(sed -n 's/^Location: //p' "$state/answer" | tr -d '\r')" ; expect 200 ; expect_text "<h1>Account deletion</h1>"
expect_text "by the admin" ; expect_text "To object, write to" ; expect_text "<dt>Closed</dt>" ; expect_no_text "Requested" ; expect_no_text "Sign in"
# Each use makes an address of the page; there is an end to that.
sql "UPDATE signin_link SET used_at = NULL;
    WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 19) INSERT INTO erasure_address SELECT CAST(n AS BLOB), 'e77' FROM n"
as link get "/signin/link?token=$token" ; expect 200 ; expect_text "To object, write to" ; expect_no_text '<form method="post" action="/signin/link"' ; expect_no_text "works once"
as link post /signin/link "token=$token" ; expect 403 ; expect_text "To object, write to"
expect_row "SELECT count(*) FROM erasure_address" 20
fresh
link 9999999999
sql "INSERT INTO person (id, identity, email, name, created_at, closed_at) VALUES (77, 'local:erin@example.org', 'erin@example.org', 'Erin', 1, 2);
    INSERT INTO team (id, name, personal_of, created_at) VALUES (77, 'Erin', 77, 1)"
# Without a deletion there is none to see.
as link get "/signin/link?token=$token" ; expect 200 ; expect_text "This account is closed." ; expect_no_text '<form method="post" action="/signin/link"'
as link post /signin/link "token=$token" ; expect 403 signin_account_closed.html
expect_row "SELECT used_at IS NULL FROM signin_link WHERE email = 'erin@example.org'" 1
sql "INSERT INTO erasure (id, subject, address_hash, person_id, requested_by, requested_at, due_at, state) VALUES ('e77', 'account', x'77', 77, 'operator', 1767225600, 4000000000, 'waiting')"

# One that its owner has closed says what using the link does.
sql "UPDATE erasure SET requested_by = 'person'"
as link get "/signin/link?token=$token" ; expect 200 signin_link_closed.html
as link post /signin/link "token=$token" ; expect 303 /vms
expect_row "SELECT closed_at IS NULL FROM person WHERE id = 77" 1

# A link that the admin makes for somebody's account is in that person's activity, too; one's own, and that of nobody
# yet, in the operator's history alone.
fresh
for email in Bob@Example.org erin@example.org operator@localhost; do
    "$BUILD/domicile-admin" --state "$state" signin "$email" >>"$state/links" 2>&1
done
expect_row "SELECT count(*) FROM signin_link" 3
expect_row "SELECT team_id, actor, ifnull(person_id, 0) FROM activity WHERE action = 'signin_link' ORDER BY team_id, seq" "0|operator|2
0|operator|0
0|operator|1
2|operator|2"
as bob get /activity ; expect 200 ; expect_text "Sign-in link made by the admin"

# With mail: the page has a form for links, and its response does not reveal whether the address is known.
fresh
# A form was sent after the session had ended: why, and back to the form, wherever that was.
https=https://localhost:8443
extra=("HTTP_REFERER=$https/vms/new?x=1")
nobody raw POST /vms "csrf=x&name=y" ; expect 303 "/signin?return=/vms/new%3Fx%3D1&ended=1"
for elsewhere in https://localhost:8443.example.org/vms/new $https//evil.example https://evil.example/ $https/vms; do
    extra=("HTTP_REFERER=$elsewhere")
    nobody raw POST /vms "csrf=x&name=y" ; expect 303 "/signin?return=/vms&ended=1"
done
extra=("HTTP_REFERER=$https/vms/runningrunningru/rename")
nobody raw POST /vms/runningrunningru/rename "csrf=x&name=y" ; expect 303 "/signin?return=/vms/runningrunningru&ended=1"
extra=()
nobody get "/signin?return=/vms/new&ended=1" ; expect 200 signin_ended.html
as alice get "/signin?return=/vms/new%3Fx%3D1&ended=1" ; expect 303 /vms/new?x=1

route "GET /signin/mail"
nobody get /signin/mail ; expect 404
route "POST /signin/mail"
as link post /signin/mail email=alice@example.org ; expect 404
printf '[mail]\nmail = smtp\nurl = smtp://localhost:25\nfrom = noreply@example.org\n' >>"$state/domicile.conf"
mails() { expect_row "SELECT count(*) FROM mail WHERE kind = 'signin_link' AND to_email = '$1'" "$2"; }
as link get /signin ; expect 200 signin_with_mail.html
as link get /signin/mail ; expect 200 signin_mail.html
nobody post /signin/mail email=alice@example.org ; expect 403
as link post_bare /signin/mail email=alice@example.org ; expect 403
as link post /signin/mail email=nobody ; expect 422 signin_with_mail_wrong.html
as link post /signin/mail ; expect 422
as link post /signin/mail $'email=alice@example.org\r\nBcc: x@example.org' ; expect 422
as link post /signin/mail email=Bob@Example.ORG ; expect 303 /signin/mail
mails bob@example.org 1
as link post /signin/mail email=bob@example.org ; expect 303 /signin/mail
mails bob@example.org 1
as link post /signin/mail email=unknown@example.org ; expect 303 /signin/mail
mails unknown@example.org 0
as link post /signin/mail email=operator@localhost ; expect 303 /signin/mail
mails operator@localhost 1
# One form of every address: domains of any script, a dot at the end.
sqlite3 "$state/data/main.db" "UPDATE person SET identity = 'local:bob@xn--mller-kva.example', email = 'bob@xn--mller-kva.example' WHERE id = 2"
as link post /signin/mail "email= Bob@MÜLLER.example. " ; expect 303 /signin/mail
mails bob@xn--mller-kva.example 1
for wrong in bob@müller..example "bob@mül ler.example" bøb@example.org bob@ @example.org bob@.; do
    as link post /signin/mail "email=$wrong" ; expect 422
    expect_text "Enter a valid email address"
done
expect_row "SELECT count(*) FROM signin_link" 0
link 1767226200
as link get "/signin/link?token=$token" ; expect 422
expect_text 'Email me a new link'

# What is sensitive needs a sign-in of the last ten minutes: who is signed in is led through it, by each way.
fresh
long_ago() { sql "UPDATE session SET authenticated_at = unixepoch() - $1 WHERE handle = 'alicealicealice2'"; }
as alice post /account/copy ; expect 303 "/signin?return=/account&again=1&ended=1"
long_ago 601
as alice get "/signin?return=/account&again=1&ended=1" ; expect 200 signin_again.html
expect_text "Ask the admin</a> for a sign-in link" ; expect_no_text "domicile-admin"
long_ago 480
as alice post /account/copy ; expect 303 /account#data
printf '[mail]\nmail = smtp\nurl = smtp://localhost:25\nfrom = noreply@example.org\n' >>"$state/domicile.conf"
as alice get "/signin?return=/account&again=1" ; expect 200 signin_again_mail.html
as alice post /signin/mail email=operator@localhost again=1 ; expect 303 /signin/mail
mails operator@localhost 1
sed -i -e 's/^# identity .*/identity = workos/' -e 's/^# client_id *=.*/client_id = client_1/' "$state/domicile.conf"
install -m 400 /dev/stdin "$state/secrets/workos-api-key" <<<sk_test_1
as alice get "/signin?return=/account&again=1" ; expect 200 signin_again_workos.html
expect_text 'href="/signin/workos?again=1"'

fresh
route "GET /signin/workos"
nobody get /signin/workos ; expect 404
route "GET /auth/callback"
nobody get "/auth/callback?code=x&state=y" ; expect 404

fresh
route "POST /signout"
as alice post_bare /signout ; expect 403
as alice with HTTP_SEC_FETCH_SITE=cross-site raw POST /signout "csrf=$csrf" ; expect 403
as alice post /signout ; expect 303 /signed-out
expect_text "Set-Cookie: __Host-session=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"
expect_row "SELECT count(*) FROM session WHERE handle = 'alicealicealice2'" 0
expect_row "SELECT action, person_id FROM activity WHERE team_id = 1 AND vm_id IS NULL" "sign_out|1"

route "GET /signed-out"
nobody get /signed-out ; expect 200 signed_out.html

finish
