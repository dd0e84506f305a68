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
