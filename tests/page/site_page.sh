#!/bin/bash
# Pages of cgi/site.c, and how every program handles invalid requests.
. "$(dirname "$0")/lib.sh"

route "GET /"
nobody get / ; expect 200 home.html
expect_no_text "€"
expect_no_text "illed"
expect_no_text 'href="/prices"'
as alice get / ; expect 200 home_alice.html

route "GET /prices"
nobody get /prices ; expect 404
printf '[billing]\nbilling = stripe\n' >>"$state/domicile.conf"
nobody get / ; expect 200 home_billing.html
nobody get /prices ; expect 200 prices.html
as alice get /prices ; expect 200
sqlite3 "$state/data/main.db" "INSERT INTO price VALUES ('small', 4102444800, 1400), ('snapshot_gb', 4102444800, 4)"
nobody get /prices ; expect 200 prices_coming.html
expect_text "€0.014 from 1 Jan 2100"
fresh

route "GET /data"
# Every column of both databases, from the build's own declarations.
nobody get /data ; expect 200
expect_text "email: to show who is signed in and to write to them"
expect_text "body: as received; removed once processed"
expect_text "seeds/*"
expect_text "90 days after the VM is destroyed"
expect_no_text "<h2>Other</h2>" # a table that no subject has
expect_text "<p>No one.</p>"
# Listed by the configuration; what was sent, by the ledger, without a value or a team.
printf '[billing]\nbilling = stripe\n[mail]\nmail = smtp\nurl = smtps://mail.example.org:465\nfrom = a@example.org\n' \
    >>"$state/domicile.conf"
sqlite3 "$state/data/main.db" "INSERT INTO outbound VALUES
    (1781481600, 'api.stripe.com', 'billing', 'customers/{id}, limit', 1, 1, 2, 2, 9, 9, 1781500000, 1781510000),
    (1781481600, 'api.stripe.com', 'billing', 'email, name, metadata[team_id], limit', NULL, 1, 2, 2, 9, 9, 1, 1781520000),
    (1781481600, 'api.workos.com', 'identity', 'code', NULL, 1, 2, 2, 9, 9, 1, 1781420000)"
nobody get /data ; expect 200
normal | sed -n "/id=\"recipients\"/,/<\\/section>/p" >"$state/recipients.html"
like recipients.html "$state/recipients.html" && good
expect_no_text "<p>No one.</p>"
records() { "$BUILD/domicile-admin" --state "$state" "$@" records; }
if [ "$(records | grep -c '^recipients,')" = 2 ]; then good; else bad "recipients in the records"; fi
recipient=$(records --json | sed -n 's/.*"where": *"recipients", *"name": *"\(Mail[^"]*\)".*/\1/p')
if [ "$recipient" = "Mail server, mail.example.org" ]; then good; else bad "as JSON: $recipient"; fi
fresh

route "GET /about"
nobody get /about ; expect 200 about_none.html
sqlite3 "$state/data/main.db" "INSERT INTO about VALUES (1, 1767225600, 1767229200, 14, 23456, 6, 63000)"
nobody get /about ; expect 200 about.html ; expect_no_text "Version"
as alice get /about ; expect 200 ; expect_text "<dt>Version</dt>"
fresh

route "GET /status"
nobody get /status ; expect 200 status_none.html
sqlite3 "$state/data/main.db" "INSERT INTO promise VALUES
    ('kept', 0, 'Keys', 'A promise that is kept.', 'worker/x.c', 1000000000, 'green', 'count', 0, 0, 'Counted.', 1781524800, 1, NULL),
    ('broken', 1, 'Retention', 'Rows are deleted after 30 days.', 'worker/y.c', 1000000000, 'red', 'seconds', 2692000, 2599200, 'Age of the oldest.', 1781524800, 1, NULL),
    ('late', 2, 'Retention', 'Records are deleted after 7 years.', 'worker/y.c', 3600, 'green', 'seconds', 4000, 221363200, 'Age of the oldest.', 1781524800, 1, NULL),
    ('unknown', 3, 'Retention', 'Nobody knows.', 'worker/z.c', 1000000000, 'unknown', 'count', 0, 0, 'A host cannot be reached.', 1781524800, 1, NULL),
    ('never', 4, 'Retention', 'It takes a day.', 'worker/z.c', 86400, 'unknown', 'count', 0, 0, 'Not run yet.', 0, 1, NULL),
    ('years', 5, 'Retention', 'Invoices are deleted after 7 years.', 'worker/y.c', 1000000000, 'red', 'seconds', 225363600, 221364000, 'Age of the oldest.', 1781524800, 1, NULL),
    ('day', 6, 'Retention', 'Links are deleted after 1 day.', 'worker/y.c', 1000000000, 'red', 'seconds', 94000, 93600, 'Age of the oldest.', 1781524800, 1, NULL),
    ('certificate', 7, 'Retention', 'The certificate is renewed.', 'the operator', 1000000000, 'red', 'seconds', 777600, 0, 'Until 2 Dec 2026.', 1781524800, 1, NULL)"
nobody get /status ; expect 200 status.html
expect_text ">1<small> of 8 kept"
as alice get /status ; expect 200
fresh

route "GET /.well-known/gpc.json"
nobody get /.well-known/gpc.json ; expect 200
expect_text '{"gpc":true,"lastUpdate":"2026-11-27"}'
route "GET /.well-known/domicile-audit.json"
nobody get /.well-known/domicile-audit.json ; expect 404
sql "INSERT INTO signing_key VALUES ('k', x'00', 1); INSERT INTO audit_publication VALUES (1781524800, x'ab', 'k', x'cd')"
nobody get /.well-known/domicile-audit.json ; expect 200
expect_text '{"format":"domicile-audit-ends-1","hash":"ab","at":1781524800,"key_id":"k","signature":"zQ==","empty":false}'
sql "INSERT INTO audit_publication VALUES (1781524801, x'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'k', x'cd')"
nobody get /.well-known/domicile-audit.json ; expect 200
expect_text '"empty":true}'
route "GET /.well-known/security.txt"
nobody get /.well-known/security.txt ; expect 200
expect_text "Contact: mailto:operator@localhost" ; expect_text "Canonical: https://localhost:8443/.well-known/security.txt"
if [ "$(date -d "$(sed -n 's/^Expires: //p' "$state/answer")" +%s)" -gt "$(date -d '+80 days' +%s)" ]; then good; else bad "expires too soon"; fi

route "GET /healthz"
nobody get /healthz ; expect 503
expect_text "the worker does not respond"
sqlite3 "$state/data/main.db" "UPDATE region_status SET checked_at = unixepoch()"
nobody get /healthz ; expect 200
expect_text "ok"

route "GET /metrics"
nobody get /metrics ; expect 200
expect_text "domicile_worker_up 1"
expect_text 'domicile_host_reachable{region="local"} 1'
sqlite3 "$state/data/main.db" "UPDATE region_status SET error = 'gone', checked_at = 1;
    INSERT INTO promise SELECT value, 0, 't', 's', 'm', 300, value, 'count', 0, 0, 'e', unixepoch(), 1, NULL
    FROM json_each('[\"green\", \"red\", \"unknown\"]');
    INSERT INTO promise VALUES ('late', 0, 't', 's', 'm', 300, 'green', 'count', 0, 0, 'e', unixepoch() - 1000, 1, NULL)"
nobody get /metrics ; expect 200
expect_text "domicile_worker_up 0"
expect_text 'domicile_host_reachable{region="local"} 0'
expect_text 'domicile_promise{id="green"} 1'
expect_text 'domicile_promise{id="red"} 0'
expect_text 'domicile_promise{id="unknown"} NaN' ; expect_text 'domicile_promise{id="late"} NaN'
fresh

# The deletion of an account, at an address that only whoever has requested it knows.
fresh
token=$(token_of T)
hash=$(printf '%s' "$token" | sha256sum | cut -c1-64)
plant_erasure() {
    sql "INSERT INTO erasure VALUES ('erasureerasurees', x'$hash', NULL, 'person', 1767225600, $2, '$1', $3, NULL, '${5:-account}', NULL);
        INSERT INTO erasure_step SELECT 'erasureerasurees', key, value, '$4', 1, 1767225600, 'SQLite: 7 rows', 7 FROM
        json_each('[\"billing\", \"vms\", \"access\", \"services\", \"rows\", \"log\", \"search\", \"receipt\"]')"
}
route "GET /deletion/:token"
nobody get "/deletion/$token" ; expect 404
nobody get /deletion/short ; expect 404
plant_erasure waiting 9999999999 NULL waiting
nobody get "/deletion/$token" ; expect 200 deletion_waiting.html
sql "DELETE FROM erasure_step; DELETE FROM erasure"
plant_erasure running 1767225600 NULL failed
nobody get "/deletion/$token" ; expect 200 deletion_failed.html
nobody get "/deletion/$token/receipt.zip" ; expect 404
sql "DELETE FROM erasure_step; DELETE FROM erasure"
plant_erasure 'done' 9999999999 1767225700 waiting
sql "UPDATE erasure SET undone_at = ended_at; INSERT INTO erasure_address VALUES (x'$(printf '%s' "$(token_of V)" | sha256sum | cut -c1-64)', 'erasureerasurees')"
nobody get "/deletion/$token" ; expect 200 deletion_undone.html
nobody get "/deletion/$(token_of V)" ; expect 200 ; expect_text "by signing in"
nobody get "/deletion/$token/receipt.zip" ; expect 404
sql "UPDATE erasure SET subject = 'team'"
nobody get "/deletion/$token" ; expect 200 ; expect_text "by an owner of the team"
sql "DELETE FROM erasure_step; DELETE FROM erasure"
plant_erasure 'done' 1767225600 1767225700 'done'
sql "INSERT INTO erasure_rest VALUES ('erasureerasurees', 'invoices', 3, 1988150400);
    INSERT INTO signing_key VALUES ('0011223344556677', x'$hash', 1);
    INSERT INTO signed_receipt VALUES (7, 'account', 'erasureerasurees', NULL, '{\"number\":7}', x'$hash', x'0011', '0011223344556677', 1767225700)"
nobody get "/deletion/$token" ; expect 200 deletion_done.html

route "GET /deletion/:token/receipt.zip"
nobody get "/deletion/$(token_of U)/receipt.zip" ; expect 404
nobody get "/deletion/$token/receipt.zip" ; expect 200
expect_text 'Content-Disposition: attachment; filename="receipt.zip"'
answer_unpack "$state/receipt"
if [ "$(cat "$state/receipt/receipt.json")" = '{"number":7}' ]; then good; else bad "not as it was signed"; fi
if [ "$(od -An -tx1 "$state/receipt/receipt.sig")" = " 00 11" ]; then good; else bad "another signature"; fi
if openssl pkey -pubin -in "$state/receipt/key.pem" -noout -text | grep -q ED25519; then good; else bad "no key"; fi
expect_readme() { if grep -qF -- "$1" "$state/receipt/README.txt"; then good; else bad "README.txt lacks: $1"; fi; }
expect_readme "Receipt 7 of https://"
expect_readme "with the id 0011223344556677"
expect_readme "openssl pkeyutl -verify -rawin -pubin -inkey key.pem -in receipt.json -sigfile receipt.sig"
fresh

nobody raw POST / ; expect 405
nobody raw OPTIONS / ; expect 405
nobody raw HEAD / ; expect 200
nobody get /nothing ; expect 404 error_404_site.html
nobody get "/%2e%2e/etc/passwd" ; expect 404
nobody get "/$(printf '%01100d' 0)" ; expect 400
nobody get $'/a\x01b' ; expect 400
nobody get $'/\xff' ; expect 400
nobody with HTTP_CONTENT_ENCODING=gzip raw GET / ; expect 415
nobody with CONTENT_LENGTH=abc raw GET / ; expect 400
nobody with CONTENT_LENGTH=-1 raw GET / ; expect 400

# nginx's own error pages; those of a passing fault lead to the same address again.
for status in 404 405 429 500 502 503; do
    cp "$BUILD/errors/$status.html" "$state/answer"
    what="error page $status"
    case $status in 40*) expect_no_text 'href=""' ;; *) expect_text 'href="">' ;; esac
done

finish
