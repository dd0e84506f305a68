#!/bin/bash
# A server with guests of the system's libvirt on a bridge, set up as production.md says, in namespaces of its
# own. Needs root and what that needs. BUILD is the build directory.
set -euo pipefail
cd "$(dirname "$0")/../.."

if [ "${1:-}" != inside ]; then
    # shellcheck source=tests/e2e/system/lacks.sh
    . tests/e2e/system/lacks.sh
    lacking=$(system_lacks)
    if [ -n "$lacking" ]; then
        echo "skipped: $lacking"
        echo "1 passed, 0 failed"
        exit
    fi
    state=$(mktemp -d /tmp/domicile-bridge.XXXXXX)
    trap 'rm -rf "$state"' EXIT
    chmod 711 "$state"
    unshare --mount --net --pid --fork --kill-child --mount-proc bash tests/e2e/bridge.sh inside "$state"
    # libvirt leaves the parent directory of its guests' directories.
    rmdir /sys/fs/cgroup/{.,*}/machine 2>/dev/null || true
    exit
fi

state=$2
id domicile >/dev/null 2>&1 ||
    useradd --system --user-group --home-dir /nonexistent --shell /usr/sbin/nologin domicile
# shellcheck source=tests/e2e/system/host.sh
. tests/e2e/system/host.sh
# As usermod -aG does it, in here alone.
awk -F: -v OFS=: '$1 ~ /^(libvirt|libvirt-qemu|kvm)$/ { $4 = $4 ($4 == "" ? "" : ",") "domicile" } { print }' /etc/group >"$state/group"
mount --bind "$state/group" /etc/group
node tests/e2e/bridge.mjs "${BUILD:-build}"
