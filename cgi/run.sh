#!/bin/bash
# Starts all of Domicile in the foreground: the worker, every FastCGI program and nginx, on loopback
# only. Sets up the state directory at the first start. Ctrl-C stops everything started here except
# running guests, which the next start finds again. As an ordinary user, everything runs as that
# user; as root, it runs as the system user "domicile", and each webhook receiver as its own user.
#
# Root owns the state directory and every folder that it writes to itself. What it does in folders of
# other users, it does as that user ("as"): a link planted there leads root nowhere.
#
# A production server uses systemd units instead, with a user for each kind of program (see
# ARCHITECTURE.md).
#
# With CACHE, what domicile.conf says is built (image_build) is built there.
#
# usage: cgi/run.sh BUILD STATE PORT [CACHE]
set -euo pipefail

build=$(realpath "$1")
state=$(realpath -m "$2")
port=$3
cache=${4:-}
top=$(realpath "$(dirname "$0")/..")
programs="site signin dashboard operator vm costs account billing github"
receivers="stripe workos"

die() {
    echo "domicile: $*" >&2
    exit 1
}

# ---- as root: system users, because libvirt has no session for root and nothing here needs root ----
user_make() {
    id "$1" >/dev/null 2>&1 ||
        useradd --system --user-group --home-dir /nonexistent --shell /usr/sbin/nologin "$1"
}
is_root=
if [ "$(id -u)" = 0 ]; then
    is_root=yes
    user_make domicile
    for receiver in $receivers; do
        user_make "domicile-$receiver"
        # The worker reads the inbox of each.
        usermod -aG "domicile-$receiver" domicile
    done
    ! getent group kvm >/dev/null || usermod -aG kvm domicile
fi
# as USER COMMAND...: as that user; without root, as the one who runs this.
as() {
    local user=$1
    shift
    if [ -n "$is_root" ]; then
        setpriv --reuid="$user" --regid="$user" --init-groups -- "$@"
    else
        "$@"
    fi
}
# The user of a receiver, or of everything else.
user_of() {
    case " $receivers " in
    *" $1 "*) echo "domicile-$1" ;;
    *) echo domicile ;;
    esac
}

umask 077
ulimit -c 0 # nothing started here leaves its memory behind
mkdir -p "$state"
if [ -n "$is_root" ]; then
    if ! as domicile test -x "$(dirname "$state")"; then
        rmdir --ignore-fail-on-non-empty "$state" 2>/dev/null || true
        state=/var/lib/domicile
        echo "The user \"domicile\" cannot access $2; using $state for the state."
        mkdir -p "$state"
    fi
    parent=$state
    while [ "$parent" != / ]; do
        parent=$(dirname "$parent")
        [ -k "$parent" ] || ! as domicile test -w "$parent" ||
            die "the user \"domicile\" can replace what is in $parent; choose another STATE"
    done
fi

# Before anything in the state directory changes: what runs there must not lose its files.
if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
    die "port $port is taken; stop what uses it, or choose another: make run PORT=9443"
fi

# A worker that is just being stopped is waited for.
lock=$state/worker/worker.lock
[ ! -e "$lock" ] || as domicile flock --timeout 10 "$lock" true ||
    die "Domicile already runs with $state; stop it first"

# Socket paths must fit in 108 bytes (unix(7)); libvirt's add up to 45 to the state directory.
[ ${#state} -le 60 ] || die "STATE=$state is too long for unix sockets; choose a path of at most 60 bytes."

# ---- the state directory ----
# own PATH OWNER MODE: as root, of something in a folder that only root can write.
own() {
    [ ! -L "$1" ] || die "$1 is a link; replace it by what it should be"
    [ -d "$1" ] || [ "$(stat -c %h "$1")" = 1 ] || die "$1 has another name elsewhere; replace it by a copy"
    [ -z "$is_root" ] || chown -h "$2" "$1"
    chmod "$3" "$1"
}
# folder NAME OWNER MODE: the mode is root's; for an ordinary user it is 700.
folder() {
    [ -e "$state/$1" ] || [ -L "$state/$1" ] || mkdir "$state/$1"
    [ -d "$state/$1" ] || die "$state/$1 is not a folder"
    own "$state/$1" "$2" "$([ -n "$is_root" ] && echo "$3" || echo 700)"
}
# The group "domicile" may list these, receivers only pass through.
folder . root:domicile 751
folder secrets root:domicile 751
folder inbox root:domicile 751
folder tls root:domicile 750
for name in data libvirt worker nginx log reviews exports; do
    folder "$name" domicile:domicile 700
done
# A system's libvirt passes through them as another user.
for name in disks seeds images image_versions; do
    folder "$name" domicile:domicile 711
done
for receiver in $receivers; do
    folder "inbox/$receiver" "domicile-$receiver:domicile-$receiver" 2770
done
as domicile mkdir -p -m 700 "$state"/libvirt/{run,config,data,cache}
# Made anew at each start: sockets and the configuration of nginx.
rm -rf "$state/run" "$state/app.new"
folder run root:domicile 751

install -d -m 755 "$state/app.new/bin"
install -m 755 "$top/cgi/guest_net.sh" "$top/cgi/guest_access.sh" "$state/app.new/bin/"
for program in $programs $receivers worker ssh_probe state_scan state_find log_keeper guest_relay domicile-admin; do
    install -m 755 "$build/$program" "$state/app.new/bin/" || die "cannot write $state/app.new: is the file system full?"
done
cp -r "$build/static" "$build/errors" "$top/cgi/guest" "$state/app.new/" || die "cannot write $state/app.new: is the file system full?"
chmod -R a+rX "$state/app.new"
rm -rf "$state/app"
mv "$state/app.new" "$state/app"

origin="https://localhost:$port"
conf=$state/domicile.conf
build_images="# image_build = on"
[ -n "$cache" ] || build_images="image_build = off"
# For trying out, somebody is responsible for the data: placeholders that nobody takes for real.
[ -e "$conf" ] || sed -e "s|^# image_build = .*|$build_images|" -e "s|^public_url = .*|public_url = $origin|" \
    -e "s|^# controller =\$|# Placeholders for trying out: replace the values of these three lines, and add no others.\ncontroller = Example operator (trial)|" -e "s|^# address =\$|address = 1 Example Street, Example City|" \
    -e "s|^# country =\$|country = ZZ|" -e "s|^# authority =\$|# Placeholders, too: replace both values.\nauthority = Example authority|" \
    -e "s|^# authority_url =\$|authority_url = https://authority.example|" "$top/domicile.conf" >"$conf"
own "$conf" root:domicile 640
# Without a port, a proxy's address: it stays.
if grep -qE "^public_url *= *https://[^:]*:[0-9]+\$" "$conf" && ! grep -qE "^public_url *= *.*:$port\$" "$conf"; then
    sed -i "s|^\(public_url *= *https://[^:]*\):[0-9]*\$|\1:$port|" "$conf"
    own "$conf" root:domicile 640
    echo "domicile.conf: public_url now names port $port."
fi
host=$(sed -n 's|^public_url *= *https://\([A-Za-z0-9.-]*\).*|\1|p' "$conf")
[ -n "$host" ] || die "$conf: public_url must be like https://localhost:8443"

if [ ! -e "$state/tls/certificate.pem" ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 825 \
        -subj "/CN=$host" -addext "subjectAltName=DNS:$host,IP:127.0.0.1" \
        -keyout "$state/tls/key.pem" -out "$state/tls/certificate.pem" 2>/dev/null
fi
# An operator's links to a certificate elsewhere stay what they are: nginx follows them as its user.
for file in "$state"/tls/{key,certificate}.pem; do
    [ -L "$file" ] || own "$file" root:domicile 640
done
# The worker sees them only if they are there when it starts.
built_images="debian-12 debian-12-agent"
for image in $built_images; do as domicile mkdir -p "$state/images/$image"; done
# Is it among the images of domicile.conf, or of the shipped ones with the full image?
has_image() {
    grep -qE "^\[image $1\]" "$conf" ||
        { ! grep -qE '^\[image ' "$conf" && ! grep -qE '^image_build *= *off' "$conf"; }
}
# image_copy FOLDER NAME: a small image that was built here.
image_copy() {
    local from=$1 to=$state/images/$2 file
    as domicile mkdir -p "$to"
    for file in kernel initrd cmdline; do
        if ! as domicile cmp -s - "$to/$file" <"$from/$file"; then
            as domicile tee "$to/$file" <"$from/$file" >/dev/null
            # The worker leaves alone what was written just now: somebody might still be copying it.
            as domicile touch -d '1 hour ago' "$to/$file"
        fi
    done
}
[ ! -d "$build/guest" ] || image_copy "$build/guest" tiny
[ ! -d "$build/guest-dev" ] || ! has_image tiny-dev || image_copy "$build/guest-dev" tiny-dev

# ---- secrets: each of the user who needs it; random ones for webhooks until the operator sets those
# of the services ----
for receiver in $receivers; do
    secret=$state/secrets/$receiver-webhook
    [ -e "$secret" ] || [ -L "$secret" ] || printf 'whsec_%s\n' "$(openssl rand -hex 32)" >"$secret"
done
# Signs what the operator can show to others.
key=$state/secrets/signing-key
[ -e "$key" ] || [ -L "$key" ] || openssl rand -base64 32 >"$key"
while read -r name owner; do
    [ ! -e "$state/secrets/$name" ] || own "$state/secrets/$name" "$owner:" 400
done <<'NAMES'
stripe-webhook domicile-stripe
stripe-webhook-thin domicile-stripe
workos-webhook domicile-workos
workos-api-key domicile
stripe-api-key domicile
smtp-password domicile
signing-key domicile
NAMES

# ---- databases ----
# Where earlier versions kept them.
for file in main.db inbox/inbox.db; do
    for name in "$file" "$file-wal" "$file-shm"; do
        [ ! -e "$state/$name" ] || {
            own "$state/$name" domicile:domicile 600
            mv -T "$state/$name" "$state/data/$(basename "$name")"
        }
    done
done
for receiver in $receivers; do
    # The group is the worker's way in; SQLite's other files get the mode of the first.
    as "domicile-$receiver" touch "$state/inbox/$receiver/inbox.db"
    as "domicile-$receiver" chmod 660 "$state/inbox/$receiver/inbox.db"
done
as domicile "$state/app/bin/domicile-admin" --state "$state" migrate >/dev/null

# ---- one process tree for everything; its processes are stopped in order ----
sed -e "s|/var/lib/domicile|$state|g" -e "s|8443|$port|g" -e "s|server_name localhost|server_name $host|" \
    -e "s|https://localhost:|https://$host:|" "$top/nginx.conf" >"$state/run/nginx.conf"
as domicile "$state/app/bin/domicile-admin" --state "$state" nginx >"$state/run/settings.conf"
own "$state/run/settings.conf" root:domicile 640
if [ ! -e /proc/net/if_inet6 ]; then
    sed -i '/listen \[::1\]/d' "$state/run/nginx.conf"
fi
own "$state/run/nginx.conf" root:domicile 640

pids=()
builder=
keeper=
log=
stop() {
    trap '' INT TERM
    stop_programs
    # What they said last is kept before the keeper ends.
    [ -z "$log" ] || exec {log}>&-
    [ -z "$keeper" ] || kill -TERM "$keeper" 2>/dev/null || true
}
stop_programs() {
    [ -z "$builder" ] || kill -KILL -- "-$builder" 2>/dev/null || true
    [ ${#pids[@]} -gt 0 ] || return 0
    kill -TERM "${pids[@]}" 2>/dev/null || true
    for _ in $(seq 50); do
        kill -0 "${pids[@]}" 2>/dev/null || break
        sleep 0.1
    done
    # Each remaining process leads its own process group, which includes its children.
    for pid in "${pids[@]}"; do
        kill -KILL -- "-$pid" 2>/dev/null || true
    done
}
trap 'stop; exit 0' INT TERM HUP
trap stop EXIT

# drop USER: the command that becomes that user for good, and ends with this script. drop_most USER: the
# same for what needs a user namespace, in which it is root.
drop_most() {
    drop=(/usr/bin/setpriv)
    [ -z "$is_root" ] || drop+=(--reuid="$1" --regid="$1" --init-groups)
    drop+=(--pdeathsig TERM --)
}
drop() {
    drop_most "$1"
    drop=("${drop[0]}" --no-new-privs "${drop[@]:1}")
}
# multiwatch restarts a process that exits, immediately and without limit.
watch=(/usr/bin/multiwatch -r 1000000 -t 1 -s TERM)

# The log of all programs: one process keeps what they say, by day.
drop domicile
exec {log}> >(trap '' INT && exec setsid "${drop[@]}" "${watch[@]}" -f 1 -- "$state/app/bin/log_keeper" "$state" 2>/dev/null)
keeper=$!
log_tail() {
    sleep 0.5
    as domicile tail -n "$1" "$state/log/$(date -u +%F)" >&2
}

# Each in its own session: Ctrl-C reaches only this script, which then stops them in order. What a shell
# starts in the background ignores SIGQUIT, which multiwatch 1.0.0 sends for "-s TERM".
start() {
    setsid env --default-signal=QUIT PATH=/usr/sbin:/usr/bin:/sbin:/bin LIBFCGI_OS_CLOSE_POLL_TIMEOUT=0 \
        HOME="$state" \
        XDG_RUNTIME_DIR="$state/libvirt/run" XDG_CONFIG_HOME="$state/libvirt/config" \
        XDG_DATA_HOME="$state/libvirt/data" XDG_CACHE_HOME="$state/libvirt/cache" \
        "$@" >&"$log" 2>&1 {log}>&- &
    pids+=($!)
}
# Sockets are made before the user is changed, since only root can write to their folder, and belong
# to nginx's user.
socket_owner=()
[ -z "$is_root" ] || socket_owner=(-U domicile -G domicile)

# ---- images that take minutes are built beside all this, once ready, and end with it ----
# The full images, unless domicile.conf has none, or they are there. Without root: in a user namespace,
# which needs a range of user ids.
image_is_wanted() {
    [ -n "$cache" ] && ! grep -qE '^image_build *= *off' "$conf" && has_image "$1" || return 1
    [ ! -e "$state/images/$1/kernel" ]
}
# The worker finds them being built from the beginning; what is left of a build that was killed is not believed.
wanted_images=()
for image in $built_images; do
    as domicile rm -f "$state/images/$image/progress"
    ! image_is_wanted "$image" || {
        wanted_images+=("$image")
        echo $(($(date +%s) + 120 * ${#wanted_images[@]})) | as domicile tee "$state/images/$image/progress" >/dev/null
    }
done
image_user_ids() {
    [ -n "$is_root" ] && ! grep -q '^domicile:' /etc/subuid || return 0
    local first
    first=$(awk -F: '{ if ($2 + $3 > first) first = $2 + $3 } END { print first ? first : 100000 }' /etc/subuid /etc/subgid)
    usermod --add-subuids "$first-$((first + 65535))" --add-subgids "$first-$((first + 65535))" domicile
}
images_start() {
    image_user_ids
    [ -z "$is_root" ] || install -d -m 711 -o domicile -g domicile "$cache"
    # newuidmap gives it its range.
    drop_most domicile
    setsid nice -n 10 env PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME="$state" "${drop[@]}" \
        bash "$state/app/guest/image_build.sh" "$cache" "${wanted_images[@]/#/$state/images/}" >&"$log" 2>&1 {log}>&- &
    builder=$!
}

# To see the firewall in front of guests on a bridge, what deals with it keeps this of what root may do.
capability=()
[ -z "$is_root" ] || ! grep -qE '^bridge *= *[a-z]' "$conf" ||
    capability=(--inh-caps +net_admin --ambient-caps +net_admin)
# ---- the networks of guests, which outlive this script as guests do ----
# Debian's own rights of this device are for everybody; where they are not, as in some containers,
# the system user gets them.
[ -z "$is_root" ] || [ ! -c /dev/net/tun ] || as domicile test -w /dev/net/tun || {
    chgrp domicile /dev/net/tun
    chmod g+rw /dev/net/tun
}
# The network that is there is kept, unless its rules have changed.
network() {
    local folder=$state/libvirt/net/$1 file is_changed=
    as domicile mkdir -p -m 700 "$folder"
    for file in nft dnsmasq; do
        as domicile "$state/app/bin/domicile-admin" --state "$state" "network" "$1" "--$file" |
            as domicile tee "$folder/$file.new" >/dev/null
        as domicile cmp -s "$folder/$file.new" "$folder/$file" || is_changed=yes
        as domicile mv -T "$folder/$file.new" "$folder/$file"
    done
    local arguments=("$state/app/bin/guest_relay" "$folder" "$2" "$3")
    [ -z "$is_changed" ] || as domicile "$state/app/bin/guest_net.sh" end "${arguments[@]}"
    drop_most domicile
    start "${drop[@]}" "${watch[@]}" -f 1 -- "$state/app/bin/guest_net.sh" keep "${arguments[@]}"
    # The worker looks first at its start: by then it is up, or it is known why not.
    for _ in $(seq 20); do
        as domicile flock --nonblock "$folder/started" true || break
        [ ! -s "$folder/why" ] || break
        sleep 0.05
    done
}
# On a bridge root has made the network, and it stays; this tells it what each guest may reach.
bridge_control() {
    local folder=$state/libvirt/net/$1
    as domicile mkdir -p -m 700 "$folder"
    drop domicile
    start "${drop[0]}" "${capability[@]}" "${drop[@]:1}" "${watch[@]}" -f 1 -- \
        "$state/app/bin/guest_access.sh" "$folder" "$2" "$3"
}
while read -r region first last kind; do
    if [ "$kind" = bridge ]; then
        bridge_control "$region" "$first" "$last"
    else
        network "$region" "$first" "$last"
    fi
done < <(as domicile "$state/app/bin/domicile-admin" --state "$state" networks)

# ---- the programs ----
drop domicile
start "${drop[0]}" "${capability[@]}" "${drop[@]:1}" "${watch[@]}" -f 1 -- "$state/app/bin/worker" --state "$state"
for program in $programs $receivers; do
    # Of receivers one process each: events that arrive together share a commit; two processes would
    # only wait for each other's lock.
    [[ " $receivers " == *" $program "* ]] && count=1 || count=2
    drop "$(user_of "$program")"
    start spawn-fcgi -n "${socket_owner[@]}" -M 0600 -s "$state/run/$program.sock" -- \
        "${drop[@]}" "${watch[@]}" -f "$count" -- "$state/app/bin/$program" --state "$state"
done
drop domicile
# "-e": what it says before it has read its configuration goes to the log too.
start "${drop[@]}" nginx -p "$state" -e stderr -c "$state/run/nginx.conf" -g 'daemon off;'

# ---- ready when a page can be fetched through nginx ----
for _ in $(seq 100); do
    if curl -fsS -o /dev/null -H 'Sec-GPC: 1' --cacert "$state/tls/certificate.pem" --resolve "$host:$port:127.0.0.1" \
        "https://$host:$port/" 2>/dev/null; then
        echo "ready https://$host:$port"
        operator=$(sed -n 's/^operator *= *//p' "$conf")
        if ! grep -qE '^identity *= *workos' "$conf"; then
            echo "Sign in as $operator within ten minutes:"
            as domicile "$state/app/bin/domicile-admin" --state "$state" signin "$operator"
        fi
        if [ ${#wanted_images[@]} -gt 0 ]; then
            images_start
            echo "Debian 12 is being prepared for new VMs; it takes a few minutes."
        fi
        echo "Logs are in $state/log. Ctrl-C stops everything except running VMs."
        wait -n "${pids[@]}" || true
        log_tail 5
        die "a process has exited; the last lines of $state/log are above"
    fi
    sleep 0.1
done
log_tail 20
die "not ready after 10 seconds; the last lines of $state/log are above"
