#!/bin/bash
#
# The kind "system" of driver.sh: `world.sh STATE`, as root and as the first process of namespaces of
# its own (mounts, network, processes), so that nothing of this machine is touched and everything
# ends with it. STATE holds driver_test, bridge_probe_test, domicile-admin and guest/.
#
# Responsible for: root's hands for driver_test, which runs as an ordinary user with CAP_NET_ADMIN as the
# worker of a server does; host.sh has the host. The network and the firewall are what "domicile-admin network" prints.

set -euo pipefail
export PATH=/usr/sbin:/usr/bin:/sbin:/bin

state=$1
vm=$state/system

# shellcheck source=tests/e2e/system/host.sh
. "${0%/*}/host.sh"

# ---- a worker's user and state ----
worker=(setpriv --reuid domicile --regid domicile --groups "$(getent group libvirt | cut -d: -f3),$(
    getent group libvirt-qemu | cut -d: -f3)" --inh-caps +net_admin --ambient-caps +net_admin)
install -d -o domicile -g domicile -m 711 "$vm"
{
    cat "$state/domicile.conf"
    printf '[region test]\nuri = qemu:///system\nbridge = dom0\nssh_ports = 23600-23699\n'
    printf '[image tiny]\ndir = %s/guest\n' "$state"
} >"$vm/domicile.conf"
admin=("${worker[@]}" "$state/domicile-admin" --state "$vm")
"${admin[@]}" migrate

# check WANTED TEXT...: does "check" say of each that it is so?
check() {
    local wanted=$1 text
    shift
    "${admin[@]}" check >"$state/check" || true
    for text; do
        grep -qE "^$wanted +.*$text" "$state/check" || {
            cat "$state/check"
            echo "check does not say \"$wanted\" of: $text" >&2
            exit 1
        }
    done
}

check FAIL 'domicile_guard.*nft -f' 'Network not found.*net-define'
"$state/domicile-admin" --state "$vm" network test --libvirt >"$state/network.xml"
"$state/domicile-admin" --state "$vm" network test --nft >"$state/guard.nft"
virsh -q -c qemu:///system net-define --validate "$state/network.xml"
check FAIL 'network dom0 is not started'
virsh -q -c qemu:///system net-start dom0
nft -f "$state/guard.nft"
nft -f "$state/guard.nft"
folder=$vm/libvirt/net/test
"${worker[@]}" mkdir -p -m 700 "$folder"
"${worker[@]}" "$state/guest_access.sh" "$folder" 23600 23699 &
check ok 'domicile_guard is loaded' 'network dom0 is started' "disks in $vm/disks" "image tiny is in"
chmod 700 "$vm"
check FAIL "chmod o\+x $vm"
chmod 711 "$vm"
echo "           domicile-admin network and check agree"

# ---- root's hands: one command a line, its status back ----
mkfifo -m 600 "$state"/{root.in,root.out}
chown domicile "$state"/{root.in,root.out}
export -f start_libvirt
export DRIVER_TEST_ROOT=$state
(
    while read -r command <"$state/root.in"; do
        status=0
        bash -o pipefail -c "$command" >"$state/root.log" 2>&1 </dev/null || status=$?
        [ $status = 0 ] || cat "$state/root.log" >&2
        echo $status >"$state/root.out"
    done
) &
"${worker[@]}" "$state/driver_test" qemu:///system "$vm" "$state/guest" 23600
"${worker[@]}" "$state/bridge_probe_test" "$vm"
# Nothing of the guests remains with libvirt either.
[ -z "$(virsh -q -c qemu:///system list --all --name)" ]
! virsh -q -c qemu:///system net-dumpxml dom0 | grep '<host '
