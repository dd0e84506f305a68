#!/bin/bash
#
# Runs driver_test: `driver.sh [session|test|socket]...` (default: all three).
#
# Responsible for the surroundings: a short private state folder, libvirt's four XDG variables, an
# ordinary user (root has no libvirt session; as root, the user "domicile" is taken). Checks that no
# file of a removed VM is left anywhere in that state. Ends the daemons of this run by their pids.
#
# session   real guests under emulation    test     libvirt's test driver in the process
# socket    the test driver in a daemon, whose state several processes share

set -euo pipefail

build=${BUILD:-build}
[ $# -gt 0 ] || set -- session test socket

if [ "$(id -u)" = 0 ]; then
    id -u domicile >/dev/null 2>&1 ||
        useradd --system --home-dir /nonexistent --shell /usr/sbin/nologin domicile
    state=$(mktemp -d /tmp/dv.XXXXXX)
    chown domicile "$state"
    as_user=(setpriv --reuid domicile --regid domicile --init-groups)
else
    state=$(mktemp -d /tmp/dv.XXXXXX)
    as_user=()
fi
export XDG_RUNTIME_DIR=$state/run XDG_CONFIG_HOME=$state/conf
export XDG_DATA_HOME=$state/data XDG_CACHE_HOME=$state/cache
"${as_user[@]}" mkdir -m 700 "$state"/{run,conf,data,cache,vm}
# The user may not be able to reach the checkout.
program=$state/driver_test
guest=$state/guest
install -m 755 "$build/tests/driver_test" "$program"
cp -r "$build/guest" "$guest"
chmod -R a+rX "$guest"

# Guests first, by the pid files that libvirt keeps, then the daemons, virtlogd last.
clean_up() {
    local file pid
    for file in "$state"/run/libvirt/qemu/run/*.pid "$state"/run/libvirt/libvirtd.pid \
        "$state"/run/libvirt/virtlogd.pid; do
        [ -e "$file" ] || continue
        pid=$(cat "$file")
        kill "$pid" 2>/dev/null || continue
        for _ in $(seq 50); do
            [ -e "/proc/$pid/exe" ] || break
            sleep 0.1
        done
    done
    rm -rf "$state"
}
trap clean_up EXIT

passed=0
for kind; do
    echo "== $kind"
    case $kind in
    session)
        "${as_user[@]}" "$program" qemu:///session "$state/vm" "$guest"
        ;;
    test)
        "${as_user[@]}" "$program" test:///default "$state/vm" "$guest"
        ;;
    socket)
        # Any session call starts the daemon; it then also answers for the test driver.
        "${as_user[@]}" virsh -q -c qemu:///session uri >/dev/null
        "${as_user[@]}" "$program" \
            "test+unix:///default?socket=$state/run/libvirt/libvirt-sock" "$state/vm" "$guest"
        ;;
    esac
    if left=$(find "$state" -name '*aaaaaaaaaaaaaaa2*' -o -name '*bbbbbbbbbbbbbbb3*' | grep .); then
        echo "left behind: $left" >&2
        exit 1
    fi
    passed=$((passed + 1))
done
echo "$passed passed, 0 failed"
