# shellcheck shell=bash
# Prints why the system profile cannot run here; nothing if it can.
system_lacks() {
    local program
    [ "$(id -u)" = 0 ] || {
        echo "needs root"
        return
    }
    for program in libvirtd virtlogd virsh nft dnsmasq ebtables ip unshare cpio; do
        PATH=$PATH:/usr/sbin:/sbin command -v "$program" >/dev/null || {
            echo "needs $program (packages libvirt-daemon-system nftables dnsmasq-base iproute2)"
            return
        }
    done
    getent group libvirt-qemu >/dev/null || echo "needs the group libvirt-qemu (libvirt-daemon-system)"
    unshare --mount --net --pid --fork --mount-proc bash -e >/dev/null 2>&1 <<'TRY' ||
PATH=$PATH:/usr/sbin:/sbin
ip link add dom0 type bridge
ip link add host0 type veth peer name outside0
nft add table bridge t
nft add table inet t
nft "add chain inet t c { type nat hook prerouting priority -100; }"
nft add rule inet t c fib daddr type local accept
TRY
        echo "the kernel (or this container) lacks namespaces, bridges, veth or nft"
}
