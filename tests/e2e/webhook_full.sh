#!/bin/bash
# A full disk: a receiver with the inbox on a small file system of its own. Events that do not fit get 503,
# never 200; once there is space, it recovers by itself; events that got 200 are stored, and no others. The
# worker, which cannot record there what it has applied, pauses after each failure.
#
# Needs a mount namespace: as root, or in a user namespace of its own (where this user is root).
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
build=$(realpath "${BUILD:-build}")
if [ -z "${IN_NAMESPACE-}" ]; then
    who=(--map-root-user)
    [ "$(id -u)" != 0 ] || who=()
    IN_NAMESPACE=1 exec unshare --mount "${who[@]}" bash "$0"
fi

state=$(mktemp -d /tmp/df.XXXXXX)
receiver=
worker=
passed=0
failed=0
clean_up() {
    if [ -n "$worker" ]; then
        kill -9 "$worker" 2>/dev/null
        wait "$worker" 2>/dev/null
    fi
    if [ -n "$receiver" ]; then
        kill "$receiver" 2>/dev/null
        wait "$receiver"
    fi
    umount "$state/inbox/stripe" 2>/dev/null
    rm -rf "$state"
}
trap clean_up EXIT
expect() { # TEXT FOUND EXPECTED
    if [ "$2" = "$3" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED $1: got \"$2\", expected \"$3\""
    fi
}

mkdir -p "$state/inbox/stripe" "$state/run" "$state/secrets"
mount -t tmpfs -o size=8m tmpfs "$state/inbox/stripe"
sed "s/^# image_build .*/image_build = off/" domicile.conf >"$state/domicile.conf"
printf 'whsec_full\n' >"$state/secrets/stripe-webhook"
chmod 400 "$state/secrets/stripe-webhook"
"$build/domicile-admin" --state "$state" migrate >/dev/null || exit 1
head -c 5500000 /dev/zero >"$state/inbox/stripe/ballast"
spawn-fcgi -n -s "$state/run/stripe.sock" -- "$build/stripe" --state "$state" 2>"$state/log" &
receiver=$!
for _ in $(seq 1800); do
    [ ! -S "$state/run/stripe.sock" ] || break
    sleep 0.1
done

fill=$(head -c 60000 /dev/zero | tr '\0' x)
# deliver ID: prints the status.
deliver() {
    local body="{\"id\":\"$1\",\"type\":\"t\",\"fill\":\"$fill\"}" now
    now=$(date +%s)
    signature="t=$now,v1=$(printf '%s.%s' "$now" "$body" | openssl dgst -sha256 -hmac whsec_full -r | cut -d' ' -f1)"
    printf '%s' "$body" | env -i REQUEST_METHOD=POST REQUEST_URI=/webhooks/stripe CONTENT_LENGTH=${#body} \
        HTTP_STRIPE_SIGNATURE="$signature" /usr/bin/cgi-fcgi -bind -connect "$state/run/stripe.sock" |
        sed -n 's/^Status: \([0-9]*\).*/\1/p'
}
good=()
statuses=
# round NAME COUNT: delivers that many events and records which got 200.
round() {
    local status i
    statuses=
    for i in $(seq "$2"); do
        status=$(deliver "evt_$1_$i")
        statuses+="$status "
        [ "$status" != 200 ] || good+=("evt_$1_$i")
    done
}

round first 5
expect "while there is space" "$statuses" "200 200 200 200 200 "
round filling 80
expect "some still fit" "$(grep -c '200' <<<"$statuses")" 1
expect "then the disk is full" "$(tr ' ' '\n' <<<"$statuses" | grep -v '^$' | sort -u | tr '\n' ' ')" "200 503 "
round full 5
expect "it stays full" "$statuses" "503 503 503 503 503 "

# Its failures are counted by their lines and by what these say was held back. The log is there before the loop below
# reads it.
: >"$state/worker.log"
ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0 LD_PRELOAD=$build/tests/pauses.so \
    "$build/worker" --state "$state" 2>"$state/worker.log" &
worker=$!
failures() {
    awk '/event=inbox / { n++ } /event=inbox .*repeated=/ { sub(/.*repeated=/, ""); n += $1 - 1 } END { print n + 0 }' \
        "$state/worker.log"
}
for _ in $(seq 1800); do
    [ "$(failures)" -lt 5 ] || break
    sleep 0.1
done
expect "the worker fails to record" "$([ "$(failures)" -ge 5 ] && echo yes)" yes
expect "and pauses after each failure" \
    "$([ "$(grep -c '^pause 1000$' "$state/worker.log")" -ge $(($(failures) - 1)) ] && echo yes)" yes
expect "nothing is recorded" "$(sqlite3 "$state/inbox/stripe/inbox.db" 'SELECT count(*) FROM inbox WHERE is_fresh = 0')" 0
rm "$state/inbox/stripe/ballast"
round after 5
expect "with space again, it recovers by itself" "$statuses" "200 200 200 200 200 "
for _ in $(seq 1800); do
    [ "$(sqlite3 -cmd '.timeout 5000' "$state/inbox/stripe/inbox.db" 'SELECT count(*) FROM inbox WHERE is_fresh = 1')" != 0 ] || break
    sleep 0.1
done
expect "and the worker records" "$(sqlite3 -cmd '.timeout 5000' "$state/inbox/stripe/inbox.db" 'SELECT count(*) FROM inbox WHERE is_fresh = 1')" 0
expect "the process is the same" "$(kill -0 "$receiver" && echo alive)" alive
expect "all acknowledged events are stored, and no others" \
    "$(sqlite3 "$state/inbox/stripe/inbox.db" 'SELECT id FROM inbox ORDER BY id')" "$(printf '%s\n' "${good[@]}" | sort)"
expect "the inbox is intact" "$(sqlite3 "$state/inbox/stripe/inbox.db" 'PRAGMA integrity_check')" ok
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
