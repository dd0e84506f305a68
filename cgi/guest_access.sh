#!/bin/bash
# What each guest of a region may reach, put into the firewall that "domicile-admin network" prints:
# the internet, some names alone, or nothing. Without this program no guest begins a connection.
#
# FOLDER/access/PORT has "on", "off" or "names NAME...", as the worker writes it for the guest with
# this port; FOLDER/access/PORT.done is its copy once the firewall does it. A line in the pipe
# FOLDER/access/changed says that there are others. A guest with names has a resolver that knows
# these and nothing else, and that puts each address it tells the guest into the guest's set.
#
# It runs where the firewall is: in the namespace of guest_net.sh, or with CAP_NET_ADMIN on a host
# with a bridge. FOLDER/access/limited lists the ports of guests that began more connections than
# they may in the last two minutes.
#
# usage: cgi/guest_access.sh FOLDER FIRST LAST     FIRST and LAST: the ports of the region
set -euo pipefail
PATH=/usr/sbin:/usr/bin:/sbin:/bin

folder=$1/access first=$2 last=$3
table='inet domicile_guard'
# A connection belongs to the names of the time when it began, also to those of a process before.
mark=$((RANDOM << 15 | RANDOM))
# By port: the file's content and what the firewall does; by number: the resolver's process.
declare -A applied=() modes=() resolvers=()
# What "limited" has; at first not known.
limited=-

# As in base/guest_address.h and base/limit.h.
host=10.77.0.1
resolver_port=20000
names_max=32

resolver_end() {
    [ -z "${resolvers[$1]:-}" ] || kill "${resolvers[$1]}" 2>/dev/null || true
    unset "resolvers[$1]"
}

# Names of the internet's hosts alone, each with at least one dot.
names_check() {
    [ $# -ge 1 ] && [ $# -le "$names_max" ] || return 1
    local name
    for name in "$@"; do
        [[ "$name" =~ ^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$ ]] || return 1
    done
}

resolver_start() {
    local number=$1 name
    shift
    {
        printf '%s\n' "port=$((resolver_port + number))" "listen-address=$host" bind-interfaces no-dhcp-interface= \
            no-hosts no-resolv no-poll cache-size=0 max-ttl=300 filter-AAAA pid-file log-facility=/dev/null "user=$(id -un)" group=
        for name in "$@"; do
            printf '%s\n' "server=/$name/$host" "nftset=/$name/4#inet#domicile_guard#names_$number"
        done
    } >"$folder/$number.resolver"
    setpriv --pdeathsig TERM dnsmasq --keep-in-foreground --conf-file="$folder/$number.resolver" <&- &
    resolvers[$number]=$!
}

# From one mode to another at once.
rules() {
    local number=$1 ip=$2 former=$3 mode=$4
    case $former in
    on) echo "delete element $table open { $ip }" ;;
    names) printf '%s\n' "delete element $table listed { $ip }" "delete element $table resolvers { $ip }" ;;
    esac
    case $mode in
    on) echo "add element $table open { $ip }" ;;
    names)
        printf '%s\n' "add set $table names_$number { type ipv4_addr; flags timeout; timeout 1h; size 4096; }" \
            "flush set $table names_$number" "add chain $table names_$number" "flush chain $table names_$number" \
            "add rule $table names_$number ct state new ip daddr @names_$number ct mark set $mark" \
            "add rule $table names_$number ct mark $mark goto internet" "add rule $table names_$number drop" \
            "add element $table listed { $ip : goto names_$number }" \
            "add element $table resolvers { $ip : $((resolver_port + number)) }"
        ;;
    esac
}

# apply PORT MODE NAME...     fails, and lets nothing through, if that cannot be done
apply() {
    local port=$1 mode=$2 number=$(($1 - first + 2))
    shift 2
    local ip=10.77.$((number / 256)).$((number % 256)) former=${modes[$port]:-off} status=0
    case $mode in
    on | off) ;;
    names) names_check "$@" || status=1 ;;
    *) status=1 ;;
    esac
    resolver_end "$number"
    mark=$((mark + 1))
    if [ "$status" = 0 ] && rules "$number" "$ip" "$former" "$mode" | nft -f -; then
        modes[$port]=$mode
        [ "$mode" != names ] || resolver_start "$number" "$@"
        return 0
    fi
    rules "$number" "$ip" "$former" off | nft -f - || exit 1
    modes[$port]=off
    return 1
}

# Whoever gets this port next has not begun what this guest did.
forget() {
    local number=$(($1 - first + 2)) list
    for list in limited connections; do
        nft delete element inet domicile_guard "$list" "{ 10.77.$((number / 256)).$((number % 256)) }" 2>/dev/null || true
    done
}

# Takes up what has changed in the folder.
look() {
    local path port content words
    for path in "$folder"/*; do
        port=${path##*/}
        [[ "$port" =~ ^[1-9][0-9]{0,4}$ ]] || continue
        ((port >= first && port <= last)) || continue
        content=$(head -c 10000 "$path" 2>/dev/null) || continue
        [ "${applied[$port]:-}" != "$content" ] || continue
        read -ra words <<<"$content"
        applied[$port]=$content
        apply "$port" "${words[@]:-off}" || continue
        echo "$content" >"$path.done.new"
        mv -T "$path.done.new" "$path.done"
    done
    for port in "${!applied[@]}"; do
        [ ! -e "$folder/$port" ] || continue
        apply "$port" off
        forget "$port"
        rm -f "$folder/$port.done" "$folder/$((port - first + 2)).resolver"
        unset "applied[$port]" "modes[$port]"
    done
}

# Tells who was over the limit of connections.
limited_tell() {
    local ip rest ports=
    while read -r ip; do
        rest=${ip#10.77.}
        ports+="$((${rest%.*} * 256 + ${rest#*.} - 2 + first))"$'\n'
    done < <(nft list set inet domicile_guard limited | grep -oE '10\.77\.[0-9]+\.[0-9]+')
    [ "$ports" != "$limited" ] || return 0
    limited=$ports
    printf '%s' "$ports" >"$folder/limited.new"
    mv -T "$folder/limited.new" "$folder/limited"
}

# Is the firewall the one in which the guests were put? One that was loaded anew lets nobody through.
is_known() {
    nft get element inet domicile_guard watchers "{ $$ }" >/dev/null 2>&1
}

begin() {
    local number
    for number in "${!resolvers[@]}"; do resolver_end "$number"; done
    applied=() modes=()
    rm -f "$folder"/*.done "$folder"/*.new "$folder"/*.resolver
    printf '%s\n' "flush set $table open" "flush map $table listed" "flush map $table resolvers" \
        "flush set $table watchers" "flush set $table limited" "add element $table watchers { $$ }" | nft -f -
}

[ -d "$folder" ] || mkdir -m 700 "$folder"
[ -p "$folder/changed" ] || mkfifo -m 600 "$folder/changed"
exec 8>>"$folder/lock" 9<>"$folder/changed"
flock 8
while true; do
    # On a host with a bridge root may not have loaded it yet.
    if ! is_known && ! begin; then
        sleep 5
        continue
    fi
    look
    for number in "${!resolvers[@]}"; do
        # Without its resolver a guest has no names: all are started again.
        kill -0 "${resolvers[$number]}" 2>/dev/null || exit 1
    done
    limited_tell
    read -r -t 5 -u 9 _ || true
done
