#!/bin/bash
# Passkeys: added and removed on the account's pages, and used on the sign-in page. What a device signs is checked by
# tests/unit/passkey_test.c; here that each page is for its owner, fresh sign-ins, and what is shown.
. "$(dirname "$0")/lib.sh"
. "$tests/passkey_answers.sh"
fresh
stale() { sql "UPDATE session SET created_at = unixepoch() - 700"; }
recent() { sql "UPDATE session SET created_at = unixepoch()"; }
# Of Bob, as devices know him.
user=$(printf 'passkey user 2 1767225600' | openssl dgst -sha256 -binary | openssl base64 -A | tr '+/' '-_' | tr -d '=')

route "GET /account/passkeys/new"
nobody get /account/passkeys/new ; expect 303 /signin?return=/account/passkeys/new
as bob get /account/passkeys/new ; expect 303 "/signin?return=/account/passkeys/new&again=1"
recent
as bob get /account/passkeys/new ; expect 200 passkey_new.html
expect_text "data-user=\"$user\"" ; expect_text 'data-known=""'
as bob get /account ; expect_text "Add a passkey"

route "POST /account/passkeys/new"
nobody post /account/passkeys/new "client_data=$new_client_data" "authenticator_data=$new_authenticator_data" ; expect 303
as bob post_bare /account/passkeys/new "client_data=$new_client_data" "authenticator_data=$new_authenticator_data" ; expect 403
stale
as bob post /account/passkeys/new "client_data=$new_client_data" "authenticator_data=$new_authenticator_data" ; expect 303 "/signin?return=/account/passkeys/new&again=1&ended=1"
recent
as bob post /account/passkeys/new ; expect 422 passkey_new_refused.html
as bob post /account/passkeys/new "client_data=$client_data" "authenticator_data=$new_authenticator_data" ; expect 422
as bob post /account/passkeys/new "client_data=$new_client_data" "authenticator_data=$(printf '%09000d' 0)" ; expect 400
expect_row "SELECT count(*) FROM passkey" 0
as bob post /account/passkeys/new "client_data=$new_client_data" "authenticator_data=$new_authenticator_data" ; expect 303
expect_row "SELECT person_id, algorithm, length(public_key), name FROM passkey" "2|-7|64|Unknown browser"
expect_row "SELECT kind, to_email FROM mail WHERE kind LIKE 'passkey%'" "passkey_added|bob@example.org"
expect_row "SELECT action, team_id FROM activity WHERE object IS NOT NULL AND action LIKE 'passkey%'" "passkey_add|2"
sql "UPDATE passkey SET id = 'passkeypasskey22', name = 'Key <b>of</b> Bob', created_at = 1767225600"
as bob post /account/passkeys/new "client_data=$new_client_data" "authenticator_data=$new_authenticator_data" ; expect 422
as bob get /account/passkeys/new ; expect_text "data-known=\"$id\""

route "GET /account/passkeys/:id"
nobody get /account/passkeys/passkeypasskey22 ; expect 303
as carol get /account/passkeys/passkeypasskey22 ; expect 404
as bob get /account/passkeys/unknownunknown22 ; expect 404
as bob get /account/passkeys/passkeypasskey22 ; expect 200 passkey.html
as bob get /account ; expect_text "Key &lt;b&gt;of&lt;/b&gt; Bob" ; expect_text "Not used yet"

route "POST /account/passkeys/:id/rename"
nobody post /account/passkeys/passkeypasskey22/rename name=Laptop ; expect 303
as carol post /account/passkeys/passkeypasskey22/rename name=Laptop ; expect 404
as bob post_bare /account/passkeys/passkeypasskey22/rename name=Laptop ; expect 403
as bob post /account/passkeys/passkeypasskey22/rename name= ; expect 422 passkey_empty.html
as bob post /account/passkeys/passkeypasskey22/rename name=Laptop ; expect 303 "/account#passkeys"
expect_row "SELECT name FROM passkey" Laptop

# Signing in, without an address; what is refused is told, and the page still has its other ways.
route "POST /signin/passkey"
fields=("id=$id" "user=$user")
use() { post /signin/passkey "${fields[@]}" "client_data=$client_data" "authenticator_data=$authenticator_data" "signature=$signature"; }
nobody use ; expect 403
as link post_bare /signin/passkey "${fields[@]}" ; expect 403
as link post /signin/passkey ; expect 422 signin_passkey_refused.html
as link post /signin/passkey "id=$(printf '%02000d' 0)" ; expect 400
as link post /signin/passkey "id=AAAA" "user=$user" "client_data=$client_data" "authenticator_data=$authenticator_data" "signature=$signature" ; expect 422
expect_text "not known here"
as carol use ; expect 422
expect_text "another account"
expect_row "SELECT count(*) FROM passkey_challenge WHERE expires_at > 4102444000" 1
as link use ; expect 303 /vms
expect_text "Max-Age=2592000"
expect_row "SELECT count(*) FROM session WHERE person_id = 2 AND seen_at < 9999999999 AND idle_at - created_at = 14 * 86400 AND expires_at - created_at = 30 * 86400" 1
expect_row "SELECT used_at IS NOT NULL, sign_count FROM passkey" "1|1"
as bob use ; expect 422
expect_row "SELECT count(*) FROM activity WHERE action = 'sign_in' AND team_id = 2" 1
# A device whose count does not rise: refused, and what its owner is told stays.
client_data=$again_client_data authenticator_data=$again_authenticator_data signature=$again_signature
as bob use ; expect 422
expect_text "may have been copied"
expect_row "SELECT group_concat(kind) FROM (SELECT kind FROM mail WHERE kind LIKE 'passkey%' ORDER BY kind)" "passkey_added,passkey_refused"
expect_row "SELECT result FROM activity WHERE action = 'passkey_copied'" refused

route "POST /account/passkeys/:id/remove"
nobody post /account/passkeys/passkeypasskey22/remove ; expect 303
as carol post /account/passkeys/passkeypasskey22/remove ; expect 404
as bob post_bare /account/passkeys/passkeypasskey22/remove ; expect 403
stale
as bob post /account/passkeys/passkeypasskey22/remove ; expect 303 "/signin?return=/account/passkeys/passkeypasskey22&again=1&ended=1"
recent
as bob post /account/passkeys/passkeypasskey22/remove ; expect 303 "/account#passkeys"
expect_row "SELECT count(*) FROM passkey" 0
expect_row "SELECT promise FROM mail WHERE kind = 'passkey_removed'" Laptop
as bob post /account/passkeys/passkeypasskey22/remove ; expect 404

# An account has at most ten.
sql "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 10)
    INSERT INTO passkey SELECT 'p' || n, 2, CAST(n AS BLOB), -7, x'00', 0, 'Key ' || n, 1767225600 + n, NULL FROM n"
as bob get /account/passkeys/new ; expect 200 passkey_new_full.html
sql "UPDATE session SET created_at = 1767225600; DELETE FROM session WHERE seen_at < 9999999999"
as bob get /account ; expect 200 account_passkeys.html

recent

# Neither without a name of the server, nor where WorkOS signs in.
sed -i 's|^public_url = .*|public_url = https://192.0.2.1|' "$state/domicile.conf"
as bob get /account/passkeys/new ; expect 404
as bob get /account ; expect_no_text "Passkeys"
as carol post /signin/passkey ; expect 404
nobody get /signin ; expect_no_text "passkey"
finish
