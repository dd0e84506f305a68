#!/bin/bash
# Pages of cgi/site.c, and what every program does with requests that are none.
. "$(dirname "$0")/lib.sh"

route "GET /"
nobody get / ; expect 200 home.html
as alice get / ; expect 200 home_alice.html
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

finish
