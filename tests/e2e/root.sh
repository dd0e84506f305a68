#!/bin/bash
# As root, cgi/run.sh follows no link that a service's user has planted, and nothing runs that such a user has
# put in place of a program. Plants links in every folder that each of these users can write to, in today's
# layout and in that of earlier versions (where they owned the state folder), and starts again: no file outside
# may change. Programs keep no capability of root's, but the worker one for a bridge. (What programs run as an ordinary user can do is the business of walls.sh.)
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
build=$(realpath "${BUILD:-build}")
passed=0
failed=0
if [ "$(id -u)" != 0 ]; then
    echo "skipped: there is no root here whom somebody could lead astray"
    echo "1 passed, 0 failed"
    exit 0
fi
top=$(mktemp -d /tmp/dr.XXXXXX)
chmod 755 "$top"
state=$top/state
first=$(tests/ports.sh $$)
port=$first
server=
started=

expect() { # TEXT FOUND EXPECTED
    if [ "$2" = "$3" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED $1: got \"$2\", expected \"$3\"; the last start said:"
        tail -20 "$top/out"
    fi
}
as() {
    local user=$1
    shift
    setpriv --reuid="$user" --regid="$user" --init-groups -- "$@"
}

# start: until it is ready, or has refused to start. Each time on another port, as nobody else's.
start() {
    port=$((port + 1))
    # Not by the redirection alone: the loop below must not read what the start before said.
    : >"$top/out"
    bash cgi/run.sh "$build" "$state" $port >"$top/out" 2>&1 &
    server=$!
    for _ in $(seq 1800); do
        ! grep -q '^ready ' "$top/out" || break
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    started=$(grep -c '^ready ' "$top/out")
}
stop() {
    [ -n "$server" ] || return 0
    kill -TERM "$server" 2>/dev/null
    wait "$server"
    server=
}
clean_up() {
    local pid
    stop
    for pid in $(cd /proc && grep -lsF "$state/" [0-9]*/cmdline | cut -d/ -f1); do
        kill "$pid" 2>/dev/null
    done
    sleep 0.5
    rm -rf "$top"
}
trap clean_up EXIT

# What must not change: files of root's, in a folder of root's.
outside=$top/outside
mkdir -m 700 "$outside" "$outside/folder"
echo secret >"$outside/file"
chmod 600 "$outside/file"
outside_state() {
    (cd "$outside" && find . -printf '%p %u %g %m %s %T@\n' | sort && cat file)
}
before=$(outside_state)

# What must not run.
marker=$top/marker
install -d -m 777 "$marker"
printf '#!/bin/sh\ntouch %s/ran\nsleep 60\n' "$marker" >"$top/foreign"
chmod 755 "$top/foreign"

users="domicile domicile-stripe domicile-workos"
# Names that run.sh uses, or once did with a pattern.
names="app app.new app/bin bin site worker domicile-admin data inbox secrets tls run log nginx disks seeds images image_versions libvirt reviews tiny
kernel initrd cmdline domicile.conf main.db main.db-wal inbox.db inbox.db-wal inbox.db-shm key.pem certificate.pem
stripe-webhook stripe-webhook-thin stripe-webhook-x stripe-webhook.new workos-webhook workos-webhook.new
workos-api-key signing-key stripe stripe.sock site.sock workos.sock nginx.conf nginx.pid pid config cache x"

# What these users do: plant TARGET in place of everything in the folders that the user can write to, and put a
# program in place of ours.
cat >"$top/plant" <<'END'
find "$1" -type d -writable 2>/dev/null | sort -r | while read -r folder; do
    for name in $NAMES; do
        [ ! -e "$folder/$name" ] || [ -L "$folder/$name" ] || mv -T "$folder/$name" "$folder/$name.away"
        ln -sfn "$2" "$folder/$name"
    done
done
END
cat >"$top/replace" <<'END'
cd "$1" || exit 1
mv app app.away
mkdir -p app/bin
for name in site stripe worker new; do
    cp "$2" app/bin/$name || ln -sf "$2" app/bin/$name
done
mv "$2" run/
END
plant() { # USER TARGET
    as "$1" env NAMES="$names" bash "$top/plant" "$state" "$2" 2>/dev/null
}
# start_over: a state folder as after a first start.
start_over() {
    stop
    rm -rf "$state"
    cp -a "$top/fresh" "$state"
}
# What earlier versions left to the user "domicile".
old_owner() {
    chown domicile: "$state" "$state"/{secrets,inbox,run,tls}
    chmod 711 "$state" "$state/secrets"
}

start
expect "the first start" "$started" 1
stop
cp -a "$state" "$top/fresh"

for layout in today earlier; do
    for user in $users; do
        for target in "$outside/file" "$outside/folder" "$outside/missing"; do
            start_over
            [ $layout = today ] || old_owner
            plant "$user" "$target"
            start
            stop
            expect "$layout, links of $user to $(basename "$target"): nothing outside has changed" "$(outside_state)" "$before"
        done
    done
    # The smallest: one more name beside the secrets.
    start_over
    [ $layout = today ] || old_owner
    as domicile ln -s "$outside/file" "$state/secrets/stripe-webhook-x" 2>/dev/null
    start
    stop
    expect "$layout, one link beside the secrets" "$(outside_state)" "$before"
done

# ---- programs in place of ours, while it runs ----
start_over
start
expect "it starts" "$started" 1
for user in $users; do
    as "$user" bash "$top/replace" "$state" "$top/foreign" 2>/dev/null
done
expect "the programs stay root's" "$(find "$state/app" \( ! -user root -o -perm /022 \) | wc -l)" 0
for program in site stripe worker; do
    # Ready means that a page can be fetched; a receiver may still be starting.
    old=
    for _ in $(seq 600); do
        old=$(pgrep -fx "$state/app/bin/$program --state $state" | head -1)
        [ -z "$old" ] || break
        sleep 0.1
    done
    kill -9 "$old"
    for _ in $(seq 600); do
        now=$(pgrep -fx "$state/app/bin/$program --state $state" | grep -vx "$old" | head -1)
        [ -z "$now" ] || [ "$(readlink "/proc/$now/exe")" != "$state/app/bin/$program" ] || break
        sleep 0.1
    done
    expect "$program, killed, is ours again" "$(readlink "/proc/$now/exe")" "$state/app/bin/$program"
done
expect "nothing foreign has run" "$(ls "$marker")" ""
stop
expect "nothing outside has changed" "$(outside_state)" "$before"

# ---- what a program may do of what root may: only the worker, and only for a bridge, sees the firewall ----
# capabilities PROGRAM: of each of its processes, once there is one. CAP_NET_ADMIN is bit 12.
capabilities() {
    local pids=
    for _ in $(seq 600); do
        pids=$(pgrep -fx "$state/app/bin/$1 --state $state")
        [ -z "$pids" ] || break
        sleep 0.1
    done
    for pid in $pids; do sed -n 's/^CapEff:\t//p' "/proc/$pid/status"; done | sort -u
}
start_over
start
expect "the worker has no capability" "$(capabilities worker)" 0000000000000000
stop
printf '[region local]\nuri = qemu:///system\nbridge = dom0\n' >>"$state/domicile.conf"
start
expect "it starts with a bridge" "$started" 1
expect "for a bridge the worker has CAP_NET_ADMIN" "$(capabilities worker)" 0000000000001000
for program in site signin stripe; do
    expect "$program has no capability" "$(capabilities $program)" 0000000000000000
done
stop

# ---- an upgrade: databases where earlier versions kept them ----
start_over
mv "$state/data/main.db" "$state/main.db"
rm -f "$state"/data/main.db-*
install -m 660 "$state/inbox/stripe/inbox.db" "$state/inbox/inbox.db"
rm -r "$state"/inbox/{stripe,workos}
now=$(date +%s)
for event in stripe:evt_old workos:event_old; do
    sqlite3 "$state/inbox/inbox.db" "INSERT INTO inbox (source, id, type, received_at, is_fresh, body)
        VALUES ('${event%:*}', '${event#*:}', 'nothing.known', $now, 1, x'7b7d')"
done
old_owner
chown domicile: "$state/main.db" "$state/inbox/inbox.db"
start
expect "it starts after an upgrade" "$started" 1
for event in stripe:evt_old workos:event_old; do
    source=${event%:*}
    expect "the event of $source has moved to its own inbox" \
        "$(sqlite3 "$state/inbox/$source/inbox.db" 'SELECT source, id FROM inbox')" "$source|${event#*:}"
done
expect "nothing is left where it was" "$(find "$state" -maxdepth 2 -name 'main.db*' -path "$state/main*" -o -name 'inbox.db*' -path '*/data/*' -o \
    -path "$state/inbox/inbox.db*")" ""
stop

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
