#!/bin/bash
# The policies: published by domicile-admin migrate, shown with what was measured, and their versions.
. "$(dirname "$0")/lib.sh"

sql() { sqlite3 "$state/data/main.db" "$1"; }
admin() { "$BUILD/domicile-admin" --state "$state" "$@" 2>"$state/err"; }
# found TEXT FILE
found() { if grep -q "$1" "$state/$2"; then good; else bad "lacks $1: $(cat "$state/$2")"; fi; }
same() { if [ "$1" = "$2" ]; then good; else bad "$1 instead of $2"; fi; }

route "GET /privacy"
nobody get /privacy ; expect 200
expect_text "No version has been published yet."
route "GET /privacy/history"
nobody get /privacy/history ; expect 200 policy_history_none.html
route "GET /privacy/changes"
nobody get /privacy/changes ; expect 404

# What this version and this configuration say, signed.
openssl rand -base64 32 >"$state/secrets/signing-key"
chmod 400 "$state/secrets/signing-key"
admin migrate >/dev/null
same "$(sql "SELECT count(*) FROM policy_version")" 1
admin migrate >/dev/null
same "$(sql "SELECT count(*) FROM policy_version")" 1
for path in /privacy /terms /security /subprocessors /cookies; do
    route "GET /privacy" "GET /terms" "GET /security" "GET /subprocessors" "GET /cookies"
    nobody get $path ; expect 200
    expect_text "Last updated <time"
    expect_text "<a href=\"$path\" aria-current=\"page\">"
done
route "GET /privacy/history/:number/policy.json"
nobody get /privacy/history/1/policy.json ; expect 200
sed '1,/^\r*$/d' "$state/answer" >"$state/policy.json"
same "$(jq -r '.format + " " + (.number | tostring) + " " + .profile' "$state/policy.json")" "domicile-policy/1 1 personal-vm"
route "GET /privacy/history/:number/policy.sig"
nobody get /privacy/history/1/policy.sig ; expect 200
tail -c 64 "$state/answer" >"$state/policy.sig"
route "GET /.well-known/domicile-keys.json"
nobody get /.well-known/domicile-keys.json ; expect 200
sed '1,/^\r*$/d' "$state/answer" | jq -r '.keys[0].pem' >"$state/key.pem"
verify() { openssl pkeyutl -verify -rawin -pubin -inkey "$state/key.pem" -in "$state/$1" -sigfile "$state/policy.sig" 2>&1; }
same "$(verify policy.json)" "Signature Verified Successfully"
sed 's/"number":1/"number":2/' "$state/policy.json" >"$state/changed.json"
if verify changed.json >/dev/null; then bad "a changed policy verifies"; else good; fi
for number in 0 2 -1 x 99999999999999999999; do
    for file in "" /policy.json /policy.sig; do
        nobody get "/privacy/history/$number$file" ; expect 404
    done
done

# A weaker value is held back, by every program and command.
printf '[privacy]\nlog_days = 60\n[billing]\nbilling = stripe\n' >>"$state/domicile.conf"
admin migrate >/dev/null
same "$(sql "SELECT count(*) FROM policy_version")" 1
found 'policy_unannounced what="Request and error logs are kept for 60 days (before: 30)."' err
nobody get /data ; expect 200 ; expect_text "30 days" ; expect_text "<p>No one.</p>"
nobody get /prices ; expect 404
as alice get /vms ; expect 200 ; expect_no_text "Our policies change"
admin policy show >"$state/shown" ; same $? 1
same "$(grep -c ^unannounced "$state/shown")" 2
same "$(grep -c ^changed "$state/shown")" 0
sql "UPDATE policy_fact SET number = 1 WHERE name = 'statement' AND member = 'no-sale'"
admin policy show >"$state/shown" ; same $? 1
same "$(grep -c ^unannounced "$state/shown")" 2
found "changed      A sentence now reads: We do not sell your data" shown

# Nor is anything deleted before the text in force says so: its terms hold as long as it does.
cp "$state/domicile.conf" "$state/longer.conf"
sed -i 's/^log_days = 60$/log_days = 7\ndestroyed_vm_days = 1/' "$state/domicile.conf"
sql "UPDATE vm SET gone_at = unixepoch() - 5 * 86400 WHERE id = (SELECT min(id) FROM vm WHERE gone_at IS NOT NULL)"
admin migrate >/dev/null
same "$(sql "SELECT count(*) FROM policy_version")" 1
found 'policy_unannounced what="The record and activity of a destroyed VM are kept for 1 days (before: 90)."' err
admin --dry-run --json sweep >"$state/shown"
same "$(jq -c 'select(.name == "vm") | [.kept_s, .due]' "$state/shown")" "[$((90 * 86400)),0]"
nobody get /data ; expect 200 ; expect_text "30 days" ; expect_text "90 days after the VM is destroyed"
admin --json --now promises >"$state/shown"
same "$(jq -c 'select(.id == "destroyed-records") | .limit' "$state/shown")" $((90 * 86400 + 2 * 3600)) # and two hours
mv "$state/longer.conf" "$state/domicile.conf"
admin migrate >/dev/null
admin check >"$state/shown" ; found "FAIL not announced: Request and error logs" shown
as alice get /operator ; expect 200 ; expect_text "Changes of the policy are not announced" ; expect_text "<li>Request and error logs are kept for 60 days (before: 30).</li>"
admin --from 2026-01-01 policy schedule ; same $? 1
found "too early" err
admin --from soon policy schedule ; same $? 1
admin policy weaken ; same $? 1
admin policy schedule >"$state/shown" ; same $? 0
found "^Version 2 takes effect on .* Everybody is told in the dashboard, and nobody by email, which is not in use.$" shown
same "$(sql "SELECT count(*) FROM mail WHERE kind = 'policy_change'")" 4
admin policy schedule ; same $? 1
admin policy show >/dev/null ; same $? 0
admin migrate >/dev/null
as alice get /operator ; expect 200 ; expect_no_text "Changes of the policy are not"
nobody get /privacy ; expect 200 ; expect_text "<b>This policy changes on <time"
nobody get /prices ; expect 404

# Those who were here are told on every page until they acknowledge it.
nobody get /vms ; expect 303
as alice get /vms ; expect 200 ; expect_text "<b>Our policies change on"
as alice get /privacy/changes ; expect 200 ; expect_text "Acknowledge" ; expect_text "<h1>Version 2</h1>"
nobody get /privacy/changes ; expect 200 ; expect_no_text "Acknowledge"
route "POST /account/policy"
nobody post /account/policy ; expect 303
as alice post_bare /account/policy ; expect 403
for number in 1 3 x "" 2x; do as alice post /account/policy version=$number ; expect 404; done
as alice post /account/policy version=2 ; expect 303 /account
as alice post /account/policy version=2 ; expect 303 /account
same "$(sql "SELECT count(*) FROM policy_ack")" 1
as alice get /privacy/changes ; expect 200 ; expect_no_text "Acknowledge</button>"
as alice get /vms ; expect 200 ; expect_no_text "<b>Our policies change on"
as bob get /vms ; expect 200 ; expect_text "<b>Our policies change on"

# On its day it is in force.
sql "UPDATE policy_version SET effective_at = unixepoch() WHERE number = 2"
nobody get /data ; expect 200 ; expect_text "60 days"
nobody get /prices ; expect 200
nobody get /privacy ; expect 200 ; expect_no_text "This policy changes on"
admin policy show >/dev/null ; same $? 0

# Pages of versions, with texts of the test.
fresh
text='{"documents":[{"blocks":[{"kind":"text","text":["We run ",{"code":"domicile"},", see ",{"href":"/docs","text":"docs"},"."]},
{"id":"logs","kind":"heading","text":["Logs"]},
{"command":"curl -sI https://x/","id":"kept","kind":"promise","note":"The oldest line is read.","text":["Logs are deleted after DAYS days."]},
{"id":"late","kind":"promise","text":["Nobody measures this yet."]},
{"id":"no-sale","kind":"statement","note":"Software cannot see what people do.","text":["We do not sell ",{"strong":"your"}," data."]},
{"kind":"item","text":["One"]},{"kind":"item","text":["Two"]},
{"id":"recipients","kind":"table","table":[["Recipient","Place"],["Stripe","US"]]},
{"id":"places","kind":"table","table":[["Region"]]}],"name":"privacy","title":"Privacy policy"}],"facts":[]}'
sql "INSERT INTO signing_key VALUES ('0123456789abcdef', x'$(printf '%064d' 7)', 1767225600)"
version() { # NUMBER DAYS CHANGES EFFECTIVE TITLES
    sql "INSERT INTO policy_version (number, body, content_hash, hash, signature, key_id, titles, changes, announced_at, effective_at) VALUES ($1, '${text/DAYS/$2}', x'00', x'$(printf '%064d' "$1")', x'00', '0123456789abcdef', '$5', '$3', 1767225600, $(($4)))"
}
version 1 30 "" 1767225600 ""
version 2 60 "Logs are kept longer." 1767312000 "Privacy policy"
version 3 60 "" 1767398400 ""
version 4 90 "Logs are kept still longer." 4102444800 "Privacy policy"
sql "INSERT INTO promise VALUES ('kept', 0, 'Keys', 'x', 'worker/x.c', 1000000000, 'green', 'seconds', 1296000, 2592000, 'Age of the oldest.', 1781524800, 1, NULL)"
nobody get /privacy ; expect 200 policy.html
nobody get /terms ; expect 404
nobody get /privacy/history ; expect 200 policy_history.html
route "GET /privacy/history/:number"
nobody get /privacy/history/1 ; expect 200 policy_version_first.html
nobody get /privacy/history/2 ; expect 200 policy_version.html
nobody get /privacy/history/3 ; expect 200 ; expect_text "The texts are the same as in version 2."
as alice get /privacy/history/4 ; expect 200 ; expect_text "Acknowledge</button>"
sql "UPDATE policy_version SET withdrawn_at = 1767300000 WHERE number = 4"
as alice get /privacy/history/4 ; expect 200 policy_version_withdrawn.html
sql "INSERT INTO policy_ack (person_id, version, at) SELECT id, 2, 1767312060 FROM person"
as alice get /privacy/history/2 ; expect 200 ; expect_text "You acknowledged this"

route "GET /support"
nobody get /support ; expect 200 support.html
route "GET /robots.txt"
nobody get /robots.txt ; expect 200 ; expect_text "User-agent: *"

finish
