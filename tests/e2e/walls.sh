#!/bin/bash
# What a program can do that somebody has taken over: starts the whole server with intruder.c in every program,
# as root (users of their own) and as an ordinary user (one user for all: Landlock and seccomp alone), and
# compares what each could do with what it may. The SSH probe is asked about a port of this server.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
build=$(realpath "${BUILD:-build}")
passed=0
failed=0
top=$(mktemp -d /tmp/dl.XXXXXX)
chmod 755 "$top"
first=$(tests/ports.sh $$)
port=$((first + 10))
server=
# Somebody to connect to, from the first moment.
spawn-fcgi -n -a 127.0.0.1 -p "$first" -- /bin/sleep infinity 2>/dev/null &
listener=$!
expect() { # TEXT FOUND EXPECTED
    if [ "$2" = "$3" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED %s: got\n%s\nexpected\n%s\n' "$1" "$2" "$3"
    fi
}
clean_up() {
    local pid
    kill "$listener"
    if [ -n "$server" ]; then
        kill -TERM "$server"
        wait "$server"
    fi
    for pid in $(cd /proc && grep -lsF "$top/" [0-9]*/cmdline | cut -d/ -f1); do
        kill "$pid" 2>/dev/null
    done
    sleep 0.5
    rm -rf "$top"
}
trap clean_up EXIT

# The ordinary user cannot read the checkout.
mkdir "$top/tree" "$top/tree/build"
cp -r cgi domicile.conf nginx.conf "$top/tree/"
cp -r "$build"/{site,signin,dashboard,operator,vm,costs,account,billing,github,stripe,workos,worker,ssh_probe,state_scan,state_find,log_keeper,guest_relay,domicile-admin} \
    "$build"/{static,errors} "$top/tree/build/"
cp "$build/tests/intruder.so" "$top/"
chmod -R a+rX "$top"
web="site signin dashboard operator vm costs account billing github"

# could PROGRAM: what it did, in order.
could() {
    cat "$state"/log/* "$top/probe" | sed -n "s/^intruder $1 \(.*\) DONE$/\1/p" | sort -u
}
# expect_walls NAME PROGRAM THING...: it could do these things and no others.
expect_walls() {
    local name=$1 program=$2
    shift 2
    expect "$name: $program" "$(could "$program")" "$(printf '%s\n' "$@" over | sort -u)"
}

# walls NAME USER [SETTINGS]: a server started by USER, with these lines of domicile.conf instead of those
# that begin alike. As root, the programs run as "domicile" and others.
walls() {
    local name=$1 user=$2 as=() owner=${2/root/domicile} program signal=
    state=$top/$name
    port=$((port + 1))
    [ "$user" = root ] || as=(setpriv --reuid="$user" --regid="$user" --init-groups --)
    install -d -m 700 -o "$user" "$state" "$state/secrets"
    for secret in stripe-webhook workos-webhook workos-api-key stripe-api-key smtp-password; do
        echo "whsec_$secret" >"$state/secrets/$secret"
        chmod 400 "$state/secrets/$secret"
        chown "$user" "$state/secrets/$secret"
    done
    sed -E -e "s/^# image_build .*/image_build = off/" -e "${3:-}" domicile.conf >"$state/domicile.conf"
    chown "$user" "$state/domicile.conf"
    # Not by the redirection alone: the loop below must not read what the server before said.
    : >"$top/out"
    LD_PRELOAD=$top/intruder.so INTRUDER_STATE=$state INTRUDER_PORT=$first \
        "${as[@]}" bash "$top/tree/cgi/run.sh" "$top/tree/build" "$state" $port >"$top/out" 2>&1 &
    server=$!
    for _ in $(seq 1800); do
        ! grep -q '^ready ' "$top/out" || break
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    expect "$name: it starts" "$(grep -c '^ready ' "$top/out")" 1
    # It says something else than SSH: what counts is that the probe has connected.
    LD_PRELOAD=$top/intruder.so INTRUDER_STATE=$state INTRUDER_PORT=$first \
        setpriv --reuid="$owner" --regid="$owner" --init-groups -- \
        "$state/app/bin/ssh_probe" 127.0.0.1 $port 2000 2>&1 | cat >"$top/probe"

    # Linux before 6.12 lets them send signals to processes of the same user.
    [ "$(sed -n 's/.*program=site event=sandbox landlock=\([0-9]*\).*/\1/p' "$state"/log/* | head -1)" -ge 6 ] || signal=signal
    for program in $web; do
        case $name:$program in services:signin | services:github) continue ;; esac
        expect_walls "$name" "$program" "read:data/main.db" "make in:data" $signal
    done
    for program in stripe workos; do
        expect_walls "$name" "$program" "read:inbox/$program/inbox.db" "make in:inbox/$program" $signal
    done
    expect_walls "$name" ssh_probe $signal
    expect_walls "$name" log_keeper "make in:log" $signal
    expect_walls "$name" worker "read:data/main.db" "read:inbox/stripe/inbox.db" "read:inbox/workos/inbox.db" \
        "read:secrets/workos-api-key" "read:secrets/stripe-api-key" "read:/etc/passwd" "make in:data" \
        "make in:inbox/stripe" "make in:inbox/workos" "make in:disks" "make in:image_versions" connect "run:/usr/bin/true" signal
    expect "$name: each says what holds" "$(grep -c 'event=sandbox landlock=[1-9][0-9]* seccomp=yes' <(cat "$state"/log/*))" \
        "$(grep -c '^intruder .* over DONE' <(cat "$state"/log/*))"
    # With a service that they ask, these two use the network.
    [ "$name" != services ] || for program in signin github; do
        expect_walls "$name" $program "read:data/main.db" "make in:data" "read:/etc/passwd" connect $signal
    done
    kill -TERM "$server"
    wait "$server"
    server=
}

if [ "$(id -u)" = 0 ]; then
    walls root root
    walls services root 's/^# identity .*/identity = workos/; s/^# client_id .*/client_id = client_1/; s/^# github_import .*/github_import = on/'
    walls one domicile
else
    walls one "$(id -un)"
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
