#!/bin/bash
#
# Runs driver_test: `driver.sh [session|test|socket|system]...` (default: all).
#
# Prepares the environment: a short private state directory, libvirt's four XDG variables, an ordinary user
# (root has no libvirt session; as root, the user "domicile" is used), unused ports. Checks that no file of a
# removed VM is left anywhere in that state. Ends the daemons of this run by their pids.
#
# session   real guests under emulation    test     libvirt's test driver in the process
# socket    the test driver in a daemon, whose state several processes share
# system    real guests on an isolated bridge, in namespaces of their own; only as root, and where
#           kernel and packages allow it (system/world.sh)

set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD:-build}
# shellcheck source=tests/e2e/system/lacks.sh
. "$here/system/lacks.sh"
[ $# -gt 0 ] || set -- session test socket system

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
# The user may have no access to the checkout.
program=$state/driver_test
guest=$state/guest
install -m 755 "$build/tests/driver_test" "$build/ssh_probe" "$state/"
install -m 755 "$here/../../cgi/guest_access.sh" "$state/"
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

# In this test guest, the user can run commands as root; and its disks are backed by the image's, as those of
# a full guest are.
add_root() {
    qemu-img create -q -f qcow2 "$guest/disk.qcow2" 512M
    chmod 644 "$guest/disk.qcow2"
    mkdir "$state/root"
    cp "$here/../../cgi/guest/guest_init.sh" "$state/root/init.guest"
    cp "$here/system/guest_root.sh" "$state/root/init"
    chmod 755 "$state"/root/init*
    (cd "$state/root" && find . | cpio --quiet -o -H newc -R 0:0 | gzip -n) >>"$guest/initrd"
    rm -r "$state/root"
}

passed=0
first=$("$here/../ports.sh" $$)
for kind; do
    echo "== $kind"
    case $kind in
    session)
        "${as_user[@]}" "$program" qemu:///session "$state/vm" "$guest" "$first"
        ;;
    test)
        "${as_user[@]}" "$program" test:///default "$state/vm" "$guest" "$first"
        ;;
    socket)
        # Any session call starts the daemon, which then also serves the test driver.
        "${as_user[@]}" virsh -q -c qemu:///session uri >/dev/null
        "${as_user[@]}" "$program" \
            "test+unix:///default?socket=$state/run/libvirt/libvirt-sock" "$state/vm" "$guest" "$first"
        ;;
    system)
        lacking=$(system_lacks)
        if [ -n "$lacking" ]; then
            echo "skipped: $lacking"
            continue
        fi
        add_root
        install -m 755 "$build/domicile-admin" "$build/tests/bridge_probe_test" "$here/../../domicile.conf" "$state/"
        chmod 711 "$state"
        env -u XDG_RUNTIME_DIR -u XDG_CONFIG_HOME -u XDG_DATA_HOME -u XDG_CACHE_HOME \
            unshare --mount --net --pid --fork --kill-child --mount-proc "$here/system/world.sh" "$state"
        # libvirt leaves the parent directory of its guests' directories.
        rmdir /sys/fs/cgroup/{.,*}/machine 2>/dev/null || true
        ;;
    esac
    if left=$(find "$state" -name '*aaaaaaaaaaaaaaa2*' -o -name '*bbbbbbbbbbbbbbb3*' | grep .); then
        echo "left behind: $left" >&2
        exit 1
    fi
    passed=$((passed + 1))
done
echo "$passed passed, 0 failed"
