#!/bin/bash
# Pages of cgi/dashboard.c: the list of VMs, a new VM, the activity, the operator's page.
. "$(dirname "$0")/lib.sh"

route "GET /vms"
nobody get /vms ; expect 303 /signin?return=/vms
as alice get /vms ; expect 200 vms.html
expect_no_text bobs-vm
as bob get /vms ; expect 200 vms_silent.html
expect_no_text quiet-maple
as dave get /vms ; expect 403 error_403.html
as alice raw POST /vms/new ; expect 405
expect_text "Allow: GET, HEAD"
as alice raw DELETE /vms ; expect 405
as alice raw HEAD /vms ; expect 200
expect_no_text "<html"
nobody get /vms/new/more ; expect 404 error_404.html
nobody get "/vms?x=%" ; expect 303 /signin?return=/vms%3Fx%3D%25
nobody get "/vms?before=17-a&x=1" ; expect 303 "/signin?return=/vms%3Fbefore%3D17-a%26x%3D1"
nobody get "/vms?x=<>" ; expect 303 /signin?return=/vms
as alice with HTTP_HX_REQUEST=true raw GET /vms ; expect 200 fragment_vms.html
version=$(sed -n 's/^ETag: \(.*\)\r/\1/p' "$state/answer")
extra=("HTTP_HX_REQUEST=true" "HTTP_IF_NONE_MATCH=$version")
as alice raw GET /vms ; expect 304
sqlite3 "$state/data/main.db" "UPDATE vm SET state = 'stopping' WHERE id = 'runningrunningru'"
as alice raw GET /vms ; expect 200
extra=()
nobody with HTTP_HX_REQUEST=true raw GET /vms ; expect_text "HX-Refresh: true"

route "GET /vms/new"
nobody get /vms/new ; expect 303 /signin?return=/vms/new
as alice get /vms/new ; expect 200 vm_new.html
as bob get /vms/new ; expect 200
expect_no_text laptop

route "POST /vms"
fresh
nobody post /vms name=x ; expect 303 "/signin?return=/vms&ended=1"
as alice post_bare /vms name=x ; expect 403 error_403_alice.html
as alice post /vms ; expect 422 vm_new_empty.html
as alice post /vms name=-Bad- image=tiny size=nano region=local key=keykeykeykeykey2 ; expect 422 vm_new_bad_name.html
as alice post /vms name=quiet-maple image=tiny size=nano region=local key=keykeykeykeykey2 ; expect 422
expect_text "already has a VM called quiet-maple"
secret=$(head -c 48 /dev/urandom | base64 -w 0)
as alice post /vms "name=$secret" image=tiny size=nano region=local key=keykeykeykeykey2 ; expect 422
expect_no_text "$secret"
as alice post /vms name=fresh image=none size=nano region=local key=keykeykeykeykey2 ; expect 422
as alice post /vms name=fresh image=tiny size=nano region=local key=keykeykeykeykey4 ; expect 422
expect_row "SELECT count(*) FROM vm WHERE name = 'fresh'" 0
as alice post /vms name=fresh image=tiny size=nano region=local key=keykeykeykeykey2 key=keykeykeykeykey2 ; expect 422
expect_text "A key is chosen twice."
as alice post /vms name=fresh image=tiny size=nano region=local key=keykeykeykeykey2 ; expect 303
expect_row "SELECT state, wanted, team_id FROM vm WHERE name = 'fresh'" "creating|running|1"
expect_row "SELECT kind, state FROM job WHERE vm_id = (SELECT id FROM vm WHERE name = 'fresh')" "create|queued"
as alice post /vms name=sixth image=tiny size=nano region=local key=keykeykeykeykey2 ; expect 422
expect_text "has all of its 5 VMs"
as alice post /vms name=a name=b ; expect 400 error_400.html

route "GET /activity"
fresh
nobody get /activity ; expect 303 /signin?return=/activity
as alice get /activity ; expect 200 activity.html
as bob get /activity ; expect 200
expect_no_text quiet-maple
as alice get "/activity?before=abc" ; expect 200
as alice get "/activity?before=1767225604100-" ; expect 200
expect_no_text "internal error"
# Entries of one moment are spread over pages; each is on exactly one of them.
sqlite3 "$state/data/main.db" "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 124)
    INSERT INTO activity (team_id, at_ms, id, vm_id, what, detail, person_id) SELECT 1, 1767225603000, printf('same%03d', i), 'runningrunningru', printf('entry%03d', i), NULL, 1 FROM n"
next=
for page in 1 2 3; do
    as alice get "/activity${next:+?before=$next}" ; expect 200
    grep -o 'entry[0-9]*' "$state/answer" >>"$state/entries"
    next=$(sed -n 's/.*href="\/activity?before=\([^"]*\)".*/\1/p' "$state/answer")
    [ $page = 3 ] || [ -n "$next" ] || bad "page $page has no older one"
done
if [ -z "$next" ] && [ "$(sort -u "$state/entries" | wc -l) $(wc -l <"$state/entries")" = "124 124" ]; then good; else
    bad "$(wc -l <"$state/entries") entries, of 124; next: $next"
fi

route "GET /operator"
nobody get /operator ; expect 303 /signin?return=/operator
as bob get /operator ; expect 403
as alice get /operator ; expect 200 operator.html
route "POST /operator/events/retry"
as bob post /operator/events/retry id=event_parked ; expect 403
as alice post_bare /operator/events/retry id=event_parked ; expect 403
as alice post /operator/events/retry id=evt_applied ; expect 404
as alice post /operator/events/retry ; expect 404
as alice post /operator/events/retry id=event_parked ; expect 303 /operator
expect_row "SELECT state, attempts, due_at_ms FROM event WHERE id = 'event_parked'" "waiting|0|0"
as alice post /operator/events/retry id=event_parked ; expect 404
expect_no_text sent@example.org
expect_no_text fresh@example.org
sqlite3 "$state/data/main.db" "DELETE FROM mail"
as alice get /operator ; expect 200
expect_text "the mail server has taken every mail"

finish
