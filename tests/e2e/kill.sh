#!/bin/bash
#
# Kills the worker -9 at random during creates and destroys; afterwards database and host must agree: every VM
# of the one is in the other, in the same state; nothing is left over or duplicated.
#
#     tests/e2e/kill.sh                  libvirt's test driver, in a daemon, 200 kills
#     KILLS=8 GUEST=1 tests/e2e/kill.sh  real guests, under emulation; one hangs first
#
# As root, everything runs as the user "domicile" (root has no libvirt session). Ends by pid what it started.
# KEEP=1 keeps the state.

set -euo pipefail

build=$(realpath "${BUILD:-build}")
kills=${KILLS:-200}
guest=${GUEST:+$build/guest}
state=$(mktemp -d /tmp/dk.XXXXXX)
as_user=()
if [ "$(id -u)" = 0 ]; then
    id -u domicile >/dev/null 2>&1 ||
        useradd --system --home-dir /nonexistent --shell /usr/sbin/nologin domicile
    chown domicile "$state"
    as_user=(setpriv --reuid domicile --regid domicile --init-groups)
    # The build may be where only root can read.
    install -o domicile -d "$state/bin"
    install -o domicile -m 500 "$build"/{worker,ssh_probe,state_scan,state_find,domicile-admin,tests/{kill,hang}_test} "$state/bin"
    bin=$state/bin
else
    mkdir "$state/bin"
    ln -s "$build"/{worker,ssh_probe,state_scan,state_find,domicile-admin,tests/{kill,hang}_test} "$state/bin"
    bin=$state/bin
fi
export XDG_RUNTIME_DIR=$state/run XDG_CONFIG_HOME=$state/conf
export XDG_DATA_HOME=$state/data XDG_CACHE_HOME=$state/cache
"${as_user[@]}" mkdir -m 700 "$state"/{run,conf,data,cache,vm}
vm=$state/vm
worker=
holder=
passed=0
failed=0

stop() {
    kill "$1" 2>/dev/null || return 0
    for _ in $(seq 50); do
        [ -e "/proc/$1/exe" ] || return 0
        sleep 0.1
    done
}

clean_up() {
    local file
    [ -z "$worker" ] || stop "$worker"
    [ -z "$holder" ] || stop "$holder"
    for file in "$state"/run/libvirt/qemu/run/*.pid "$state"/run/libvirt/libvirtd.pid \
        "$state"/run/libvirt/virtlogd.pid; do
        [ ! -e "$file" ] || stop "$(cat "$file")"
    done
    [ -n "${KEEP:-}" ] || rm -rf "$state"
}
trap clean_up EXIT

if [ -n "$guest" ]; then
    uri=qemu:///session
    most_ms=6000
    most_vms=4
    install -d "$vm/images"
    cp -rp "$guest" "$vm/images/tiny"
    [ "$(id -u)" != 0 ] || chown -R domicile "$vm/images"
else
    uri="test+unix:///default?socket=$state/run/libvirt/libvirt-sock"
    most_ms=80
    most_vms=12
fi
# Any session call starts the daemon. The test driver's host lives as long as one connection to it.
"${as_user[@]}" virsh -q -c qemu:///session uri >/dev/null
mkfifo "$state/hold"
exec 9<>"$state/hold"
"${as_user[@]}" virsh -q -c "$uri" <&9 >"$state/held" 2>&1 &
holder=$!
echo uri >&9
for _ in $(seq 600); do
    ! grep -q :/// "$state/held" || break
    sleep 0.1
done

# "ID STATE" on the host and in the database, and what must not exist.
host_vms() {
    "${as_user[@]}" virsh -q -c "$uri" list --all |
        awk '$2 ~ /^domicile-/ { sub(/^domicile-/, "", $2); print $2, $3 == "running" ? "running" : "stopped" }' |
        sort
}
host_disks() {
    if [ -n "$guest" ]; then
        ls "$vm/disks"
    else
        "${as_user[@]}" virsh -q -c "$uri" vol-list domicile-local | awk '{ print $1 }'
    fi | sed 's/\.qcow2$//' | sort
}
admin() {
    "${as_user[@]}" "$bin/domicile-admin" --state "$vm" "$@"
}
database_vms() {
    admin vms | awk 'NR > 1 { print $1, $5 }' | sort
}

expect() { # TEXT FOUND EXPECTED
    if [ "$2" = "$3" ]; then
        passed=$((passed + 1))
        echo "ok    $1"
    else
        failed=$((failed + 1))
        printf 'FAIL  %s\n--- found\n%s\n--- expected\n%s\n' "$1" "$2" "$3"
    fi
}

is_settled() {
    [ "$(database_vms)" = "$(host_vms)" ] &&
        [ "$(database_vms | cut -d' ' -f1)" = "$(host_disks)" ] && [ -z "$(ls "$vm/seeds")" ] &&
        [ "$(admin orphans | wc -l)" = 1 ]
}

if [ -n "$guest" ]; then
    status=0
    "${as_user[@]}" "$bin/hang_test" "$vm" "$uri" "$bin/worker" || status=$?
    expect "a hung guest blocks nothing else" "$status" 0
fi

begin=$SECONDS
"${as_user[@]}" "$bin/kill_test" "$vm" "$uri" "$bin/worker" "$kills" "$most_ms" "$most_vms"
echo "      took $((SECONDS - begin)) s"

"${as_user[@]}" "$bin/worker" --state "$vm" 2>>"$vm/worker.log" &
worker=$!
begin=$SECONDS
for _ in $(seq 600); do
    ! is_settled || break
    sleep 0.5
done
echo "      settled after $((SECONDS - begin)) s"

vms=$(database_vms)
running=$(grep -c ' running$' <<<"$vms" || true)
echo "      $running VMs run"
expect "every VM of the database is on the host, in its state, and no other" "$(host_vms)" "$vms"
expect "every VM has one disk, and there is no other" "$(host_disks)" "$(cut -d' ' -f1 <<<"$vms")"
expect "no seed is left" "$(ls "$vm/seeds")" ""
expect "no VM is in a working state or failed" "$(awk '$2 !~ /^(running|stopped)$/' <<<"$vms")" ""
[ -z "$guest" ] ||
    expect "the number of running guests equals that of running VMs" "$(pgrep -c -f "qemu.*guest=domicile-.*$state" || true)" "$running"
expect "no two VMs share a port" "$(admin vms | awk 'NR > 1 { print $7 }' | sort | uniq -d)" ""
expect "nothing is left over" "$(admin orphans | awk 'NR > 1')" ""
expect "no job had to be requested again" "$(grep -c reconcile_stuck "$vm/worker.log" || true)" 0
echo "      $(grep -c 'event=orphan' "$vm/worker.log" || true) leftovers of late host calls removed"

kill "$worker"
status=0
wait "$worker" || status=$?
expect "the worker exits with 0 on SIGTERM" "$status" 0
worker=
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
