#!/bin/bash
# The responses of the programs that receive webhooks, and that only acknowledged events are kept.
. "$(dirname "$0")/lib.sh"

event='{"id":"evt_1","type":"invoice.paid","data":{}}'
now=$(date +%s)

# hex SECRET TIME BODY
hex() { printf '%s.%s' "$2" "$3" | openssl dgst -sha256 -hmac "$1" -r | cut -d' ' -f1; }
# deliver stripe|workos HEADER BODY [MORE_HEADERS...]
deliver() {
    local program=$1 header=$2 body=$3
    shift 3
    headers=("HTTP_${program^^}_SIGNATURE=$header" CONTENT_TYPE=application/json "$@")
    ask POST "/webhooks/$program" "$body"
}
stripe() { deliver stripe "t=${2:-$now},v1=$(hex "${3:-whsec_stripe_new}" "${2:-$now}" "$1")" "$1"; }
workos() { deliver workos "t=${2:-${now}000}, v1=$(hex "${3:-whsec_workos_new}" "${2:-${now}000}" "$1")" "$1"; }
# expect_inbox SOURCE STATEMENT EXPECTED
expect_inbox() {
    local got
    got=$(sqlite3 "$state/inbox/$1/inbox.db" "$2")
    if [ "$got" = "$3" ]; then good; else bad "the inbox of $1 says \"$got\" to $2, expected \"$3\""; fi
}

stripe "$event"
expect 200
expect_inbox stripe "SELECT source, id, type, is_fresh, body FROM inbox" "stripe|evt_1|invoice.paid|1|$event"
stripe "$event" # again: acknowledged, kept once
expect 200
stripe '{"id":"evt_2","type":"invoice.paid"}' "$now" whsec_stripe_old
expect 200
workos '{"id":"event_1","event":"user.created","data":{}}'
expect 200
workos '{"id":"event_2","event":"user.created"}' "${now}999" whsec_workos_old
expect 200
expect_inbox stripe "SELECT count(*), count(DISTINCT id), min(source), max(source) FROM inbox" "2|2|stripe|stripe"
expect_inbox workos "SELECT count(*), count(DISTINCT id), min(source), max(source) FROM inbox" "2|2|workos|workos"

for skew in -310 400; do
    stripe '{"id":"evt_bad","type":"invoice.paid"}' $((now + skew))
    expect 400
done
for skew in -190 300; do
    workos '{"id":"evt_bad","event":"user.created"}' "$((now + skew))000"
    expect 400
done
workos '{"id":"evt_bad","event":"user.created"}' "$now" # seconds
expect 400
stripe "$event" "$now" whsec_workos_new
expect 400
deliver stripe "" "$event"
expect 400
deliver stripe "t=$now,v1=$(hex whsec_stripe_new "$now" "$event")" "$event "
expect 400
for body in '' '{' '[]' '{}' '{"id":"evt_bad"}' '{"type":"invoice.paid"}' '{"id":1,"type":"invoice.paid"}' \
    '{"id":"","type":"invoice.paid"}' '{"id":"evt bad","type":"invoice.paid"}' \
    '{"id":"evt_bad","id":"evt_bad","type":"invoice.paid"}' "{\"id\":\"evt_bad\",\"type\":\"$(printf '%0101d' 0)\"}"; do
    stripe "$body"
    expect 400
done
for method in GET HEAD PUT DELETE PATCH OPTIONS; do
    ask $method /webhooks/stripe
    expect 405
    expect_text "Allow: POST"
done
deliver stripe x "$event" HTTP_CONTENT_ENCODING=gzip
expect 415
deliver stripe x "$event" HTTP_STRIPE_SIGNATURE=y # the same header twice
expect 400
headers=()
ask POST /webhooks/stripe/more "$event"
expect 404

# The longest id, type and header, and one character more.
longest=$(printf '%0100d' 0)
stripe "{\"id\":\"$longest\",\"type\":\"$longest\"}"
expect 200
stripe "{\"id\":\"${longest}0\",\"type\":\"t\"}"
expect 400
right="t=$now,v1=$(hex whsec_stripe_new "$now" "$event")"
deliver stripe "$right,v0=$(printf "%0$((1024 - ${#right} - 4))d" 0)" "$event"
expect 200
deliver stripe "$right,v0=$(printf "%0$((1025 - ${#right} - 4))d" 0)" "$event"
expect 400

# The largest allowed body, and one byte more (which is not even read).
large() { printf '{"id":"evt_large","type":"big","fill":"%s"}' "$(head -c "$(($1 - 42))" /dev/zero | tr '\0' x)"; }
large 1048576 >"$state/body"
signature="t=$now,v1=$(printf '%s.' "$now" | cat - "$state/body" | openssl dgst -sha256 -hmac whsec_stripe_new -r | cut -d' ' -f1)"
for more in 0 1; do
    size=$((1048576 + more))
    printf '%*s' $more '' >>"$state/body"
    env -i REQUEST_METHOD=POST REQUEST_URI=/webhooks/stripe CONTENT_LENGTH=$size \
        ASAN_OPTIONS="${ASAN_OPTIONS-}" HTTP_STRIPE_SIGNATURE="$signature" "$BUILD/stripe" --state "$state" \
        <"$state/body" >"$state/answer" 2>"$state/log"
    what="POST with $size bytes"
    expect $((more ? 413 : 200))
done
rm "$state/body"

expect_inbox stripe "SELECT count(*) FROM inbox WHERE id LIKE '%bad%'" 0
expect_inbox stripe "SELECT count(*) FROM inbox" 4
expect_inbox workos "SELECT count(*) FROM inbox" 2

# Without a secret the program does not start; a secret that others can read counts as missing.
chmod 644 "$state/secrets/workos-webhook"
workos '{"id":"event_3","event":"user.created"}'
expect_no_text "Status"
finish
