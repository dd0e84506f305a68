# shellcheck shell=bash
# Sourced as root and in namespaces of one's own (mounts, network, processes): a host with libvirt's system
# daemon with nothing in it, an address 198.51.100.1, and an "outside" behind that (198.51.100.2 and, as a
# network at home, 10.99.0.2, both with an open port 53).
: "${state:?a folder for it}"

# ---- a libvirt of our own ----
cp -r /etc/libvirt "$state/etc"
rm -rf "$state"/etc/qemu/*
cat >"$state/etc/libvirtd.conf" <<'CONF'
unix_sock_group = "libvirt"
unix_sock_rw_perms = "0770"
auth_unix_ro = "none"
auth_unix_rw = "none"
CONF
mount -t tmpfs -o mode=755 run /run
for folder in /var/lib/libvirt /var/cache/libvirt /var/log/libvirt; do
    mount -t tmpfs -o mode=755 libvirt "$folder"
done
mount --bind "$state/etc" /etc/libvirt
# /sys shows the network of whoever mounted it.
mkdir "$state/cgroup"
mount --rbind /sys/fs/cgroup "$state/cgroup"
mount -t sysfs sysfs /sys
mount --rbind "$state/cgroup" /sys/fs/cgroup
# As Debian has it. Otherwise libvirt, root, finds KVM and its guests' user does not, and it looks again
# at every call, which takes seconds.
if [ -e /dev/kvm ]; then
    mknod -m 660 "$state/kvm" c 10 232
    chgrp kvm "$state/kvm"
    mount --bind "$state/kvm" /dev/kvm
fi
start_libvirt() {
    libvirtd --daemon --config /etc/libvirt/libvirtd.conf
}
virtlogd --daemon
start_libvirt

# ---- an outside ----
ip link set lo up
ip netns add outside
ip link add host0 type veth peer name outside0 netns outside
ip addr add 198.51.100.1/24 dev host0
ip addr add 10.99.0.1/24 dev host0
ip link set host0 up
ip -n outside addr add 198.51.100.2/24 dev outside0
ip -n outside addr add 10.99.0.2/24 dev outside0
ip -n outside link set outside0 up
ip -n outside link set lo up
ip -n outside route add 10.77.0.0/16 via 198.51.100.1 # somebody who tries
ip netns exec outside dnsmasq --no-resolv --no-hosts --bind-interfaces --listen-address=198.51.100.2 \
    --listen-address=10.99.0.2 --pid-file= --conf-file=/dev/null --user=root
