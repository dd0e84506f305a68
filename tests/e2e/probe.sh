#!/bin/bash
# The isolation probe of a running server, with real guests. In a network namespace of its own: whatever a guest
# reaches there ends in this namespace, also when its network is opened on purpose. That is done by a
# program in place of QEMU's, which changes one option of it. Needs root; else only what needs neither is tested.
# BUILD is the build directory.
set -euo pipefail
cd "$(dirname "$0")/../.."
plant=/usr/local/src # the worker runs what is below /usr
qemu=/usr/bin/qemu-system-x86_64

if [ "${1:-}" != inside ]; then
    if [ "$(id -u)" = 0 ] && unshare --net --mount true 2>/dev/null; then
        exec unshare --net --mount --propagation private bash tests/e2e/probe.sh inside
    fi
    exec node tests/e2e/probe.mjs "${BUILD:-build}"
fi

# This server's address and its router's, in a private network of its own.
ip link set lo up
ip link add host0 type veth peer name router0
ip address add 10.200.0.2/24 dev host0
ip link set host0 up
ip link set router0 up
ip route add default via 10.200.0.1
mount -t tmpfs -o mode=755 tmpfs "$plant"
cat >"$plant/qemu" <<QEMU
#!/bin/bash
[ ! -e $plant/open ] || set -- "\${@/restrict=on/restrict=off}"
exec -a ${qemu##*/} $qemu-microvm "\$@"
QEMU
chmod 755 "$plant/qemu"
mount --bind "$qemu" "$qemu-microvm" # a file beside it that is not needed here
mount --bind "$plant/qemu" "$qemu"
exec node tests/e2e/probe.mjs "${BUILD:-build}" "$plant"
