#!/bin/bash
# The network of a region's guests, for guests of an ordinary user (qemu:///session): a network
# namespace of its own, with the way to the internet that pasta makes, the guard of nft, dnsmasq for
# addresses and names, guest_access.sh for what each guest may reach, and helper/guest_relay.c, which
# carries frames between here and the guests.
# Nothing of the host's own network is changed, and nothing needs root.
#
# run.sh starts it beside the worker, whose sandbox forbids namespaces. Like guests it outlives the
# control plane; it ends once there is neither. If one part of it ends, all do, and all are started
# again while there is a control plane; until then guests have no network besides SSH.
#
# FOLDER has what "domicile-admin network" prints with --nft and --dnsmasq; the lock on "started" is
# held by the network that is there, "pid" is its first process, and "why" says what has failed. "own"
# lines tell the part inside the addresses of the host, which it cannot see; guests never reach these.
#
# usage: cgi/guest_net.sh keep RELAY FOLDER FIRST LAST     FIRST and LAST: the ports of the region; runs until it is ended
#        cgi/guest_net.sh end RELAY FOLDER FIRST LAST      end the network that is there
set -euo pipefail
PATH=/usr/sbin:/usr/bin:/sbin:/bin

own() {
    # shellcheck disable=SC2046
    echo own $(ip -4 -o address show | sed -nE 's/.* inet ([0-9.]+).*/\1/p' | sort -u)
}

# Prints why there can be no network here; nothing if there can.
lacks() {
    local program
    for program in pasta dnsmasq nft ip; do
        command -v "$program" >/dev/null || {
            echo "$program is missing: apt install passt dnsmasq-base nftables iproute2"
            return
        }
    done
    if ! [ -w /dev/net/tun ]; then
        echo "the user $(id -un) cannot open /dev/net/tun: chmod 666 /dev/net/tun, as Debian has it"
        return
    fi
    unshare --user --map-root-user --net true 2>/dev/null ||
        echo "the kernel allows ordinary users no namespaces (sysctl kernel.unprivileged_userns_clone, user.max_user_namespaces)"
    ip -4 route show default | grep -q . || echo "this host has no default route"
}

mode=$1 relay=$2 folder=$3 first=$4 last=$5

if [ "$mode" = own ]; then
    own
    setpriv --pdeathsig TERM ip -4 -o monitor address | while read -r _; do own; done
    exit
fi

# end FILE: the process whose id is in the file, if it is one of this network's.
end() {
    local pid
    pid=$(cat "$1" 2>/dev/null) || return 0
    ! grep -qsF "$folder" "/proc/${pid:-none}/cmdline" || kill "$pid" || true
}

# Says that there is a control plane, by its lock, and sees to it that there is somebody who watches
# the network, were that one killed.
if [ "$mode" = keep ]; then
    exec 9>>"$folder/keep"
    flock --shared 9
    # A shell that waits for a program in the foreground ends after that one.
    trap 'kill $! 2>/dev/null; exit' TERM QUIT
    while true; do
        setsid --fork "$0" watch "${@:2}" </dev/null >/dev/null 2>&1 9>&-
        sleep 20 9>&- &
        wait $!
    done
fi
if [ "$mode" = end ]; then
    end "$folder/watcher"
    end "$folder/pid"
    flock --timeout 10 "$folder/started" true || true
    exit
fi

# One for each region. What needs something that may come later, as a default route, is tried again
# too.
if [ "$mode" = watch ]; then
    exec 7>>"$folder/watched"
    # The one that is there goes on; one that is just ending is waited for.
    flock --timeout 10 7 || exit 0
    echo $$ >"$folder/watcher"
    until setsid --wait "$0" once "${@:2}" 7>&-; do
        # The lock is free: there is no control plane that wants a network.
        ! flock --nonblock "$folder/keep" true || exit 0
        sleep 5
    done
    exit 0
fi
if [ "$mode" = once ]; then
    exec 8>>"$folder/started"
    # One that is just ending is waited for; one that stays is looked at again.
    flock --timeout 10 8 || exit 1
    why=$(lacks)
    echo "$why" >"$folder/why"
    [ -z "$why" ] || exit 1
    echo $$ >"$folder/pid"
    trap 'trap - EXIT TERM; kill 0' EXIT
    trap exit TERM
    # What is inside ends when nobody tells it the host's addresses any more: so it ends with this
    # process, whose child that one is, however it ends. The lock is this process's alone.
    exec 6< <(exec setpriv --pdeathsig TERM /bin/bash "$0" own "${@:2}" 8>&-)
    pasta --foreground --quiet --config-net --ipv4-only --no-map-gw --mtu 1500 -t none -u none -T none -U none -- \
        /bin/bash "$0" inside "${@:2}" <&6 6<&- >/dev/null 2>"$folder/why" 8>&- &
    exec 6<&-
    status=0
    wait $! || status=$?
    exit "$status"
fi

ip link set lo up
ip tuntap add dom0 mode tap user 0
# Guests that run on know it from the network before.
ip link set dom0 address 52:54:00:4d:00:00
ip link set dom0 up
ip address add 10.77.0.1/16 dev dom0
sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.disable_ipv6=1 2>/dev/null ||
    sysctl -qw net.ipv4.ip_forward=1

# take "own ADDRESS...": the addresses that guests never reach, all of them at once.
take() {
    local addresses
    [[ "$1" =~ ^own(\ [0-9.]+)+$ ]] || return 1
    addresses=${1#own }
    nft -f - <<<"flush set inet domicile_guard own
add element inet domicile_guard own { ${addresses// /, } }"
}
nft -f "$folder/nft"
read -r line
take "$line"

# Of the host's resolvers the one that can be reached from here.
resolver=/etc/resolv.conf
! grep -qE '^nameserver +127\.' "$resolver" || resolver=/run/systemd/resolve/resolv.conf
dnsmasq --keep-in-foreground --conf-file="$folder/dnsmasq" --resolv-file="$resolver" &
while read -r line; do take "$line"; done <&0 &
"${0%/*}/guest_access.sh" "$folder" "$first" "$last" </dev/null &
setpriv --bounding-set=-all --inh-caps=-all --no-new-privs -- "$relay" "$folder" dom0 "$first" "$last" </dev/null 2>/dev/null &
status=0
wait -n || status=$?
# Without what the shell itself has said about it.
[ "$status" = 0 ] || echo "a part of their network has ended (status $status) and is started again" >"$folder/why"
exit "$status"
