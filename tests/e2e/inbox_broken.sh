#!/bin/bash
# An inbox that is no database, as a receiver that was taken over could leave it: the worker says so and
# goes on with its other work; once the file is repaired, it takes the events in it. An event that is to
# be tried again but is gone from its inbox is parked and holds up no other.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
build=$(realpath "${BUILD:-build}")
state=$(mktemp -d /tmp/ib.XXXXXX)
worker=
passed=0
failed=0
clean_up() {
    if [ -n "$worker" ]; then
        kill -9 "$worker" 2>/dev/null
        wait "$worker" 2>/dev/null
    fi
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
sql() { # DATABASE STATEMENT
    sqlite3 -cmd '.timeout 5000' "$state/$1" "$2"
}
# until_row DATABASE QUERY EXPECTED: waits for it, at most three minutes, and prints the last answer.
until_row() {
    local answer i
    for i in $(seq 1800); do
        answer=$(sql "$1" "$2")
        [ "$answer" != "$3" ] || break
        sleep 0.1
    done
    echo "$answer"
}

mkdir -p "$state/run" "$state/secrets"
sed "s/^# image_build .*/image_build = off/" domicile.conf >"$state/domicile.conf"
"$build/domicile-admin" --state "$state" migrate >/dev/null || exit 1
sql inbox/stripe/inbox.db "INSERT INTO inbox (source, id, type, received_at, is_fresh, body)
    VALUES ('stripe', 'evt_kept', 'nobody.cares', unixepoch(), 1, CAST('{}' AS BLOB))"
sql inbox/workos/inbox.db "INSERT INTO inbox (source, id, type, received_at, is_fresh, body)
    VALUES ('workos', 'event_fresh', 'nobody.cares', unixepoch(), 1, CAST('{}' AS BLOB))"
sql data/main.db "INSERT INTO event (source, id, type, received_at, state, attempts, due_at_ms, reason)
    VALUES ('workos', 'event_missing', 'user.updated', unixepoch(), 'waiting', 1, 0, 'WorkOS was away')"
mv "$state/inbox/stripe/inbox.db" "$state/good.db"
rm -f "$state"/inbox/stripe/inbox.db-*
head -c 40000 /dev/urandom >"$state/inbox/stripe/inbox.db"

"$build/domicile-admin" --state "$state" migrate >/dev/null 2>"$state/migrate.log"
expect "the start goes on without it" $? 0
expect "and says so" "$(grep -c 'inbox/stripe/inbox.db: opening: file is not a database.*no webhooks of stripe' "$state/migrate.log")" 1
expect "so does check" "$("$build/domicile-admin" --state "$state" check | grep -c 'inbox/stripe/inbox.db: opening: file is not a database')" 1
expect "the other inbox can be listed" "$("$build/domicile-admin" --state "$state" inbox 2>/dev/null | grep -c '^workos .*event_fresh')" 1
"$build/worker" --state "$state" 2>"$state/worker.log" &
worker=$!
expect "the other inbox is processed" \
    "$(until_row data/main.db "SELECT state FROM event WHERE id = 'event_fresh'" skipped)" skipped
expect "a missing event is parked" \
    "$(until_row data/main.db "SELECT state FROM event WHERE id = 'event_missing'" parked)" parked
for _ in $(seq 1800); do
    ! grep -q 'event=inbox .*inbox/stripe/inbox.db' "$state/worker.log" || break
    sleep 0.1
done
expect "the log names the broken inbox" \
    "$(grep -c -m 1 'event=inbox .*inbox/stripe/inbox.db: opening: file is not a database' "$state/worker.log")" 1
expect "the worker is the same" "$(kill -0 "$worker" && echo alive)" alive

mv "$state/good.db" "$state/inbox/stripe/inbox.db"
expect "the repaired inbox is processed" \
    "$(until_row data/main.db "SELECT state FROM event WHERE id = 'evt_kept'" skipped)" skipped
expect "by the same worker" "$(kill -0 "$worker" && echo alive)" alive
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
