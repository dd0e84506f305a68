#!/bin/bash
# Starts all of Domicile in the foreground: the worker, every FastCGI program and nginx, on loopback
# only. Sets up the state directory at the first start. Ctrl-C stops everything started here except
# running guests, which the next start finds again. As an ordinary user, everything runs as that
# user; as root, it runs as the system user "domicile", and each webhook receiver as its own user.
#
# A production server uses systemd units instead, with a user for each kind of program (see
# ARCHITECTURE.md).
#
# usage: cgi/run.sh BUILD STATE PORT
set -euo pipefail

build=$(realpath "$1")
state=$(realpath -m "$2")
port=$3
top=$(realpath "$(dirname "$0")/..")
programs="site signin dashboard operator vm costs account billing"
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
    # The group shares the inbox between the receivers, which write it, and the worker, which reads
    # it.
    getent group domicile-inbox >/dev/null || groupadd --system domicile-inbox
    usermod -aG domicile-inbox domicile
    for receiver in $receivers; do
        user_make "domicile-$receiver"
        usermod -aG domicile-inbox "domicile-$receiver"
    done
    ! getent group kvm >/dev/null || usermod -aG kvm domicile
    as_user=(setpriv --reuid=domicile --regid=domicile --init-groups --)
    mkdir -p "$state"
    chown domicile: "$state"
    if ! "${as_user[@]}" test -x "$state"; then
        rmdir --ignore-fail-on-non-empty "$state" 2>/dev/null || true
        state=/var/lib/domicile
        echo "The user \"domicile\" cannot access $2; using $state for the state."
        mkdir -p "$state"
        chown domicile: "$state"
    fi
else
    as_user=(env)
fi
as() { "${as_user[@]}" "$@"; }

# Socket paths must fit in 108 bytes (unix(7)); libvirt's add up to 45 to the state directory.
[ ${#state} -le 60 ] || die "STATE=$state is too long for unix sockets; choose a path of at most 60 bytes."

# ---- the state directory ----
umask 077
mkdir -p "$state"
chmod 700 "$state"
as mkdir -p -m 700 "$state"/{run,secrets,tls,disks,seeds,images,libvirt,inbox}
as mkdir -p -m 700 "$state"/libvirt/{run,config,data,cache}
rm -rf "$state/app.new"
install -d -m 755 "$state/app.new/bin"
for program in $programs $receivers worker domicile-admin; do
    install -m 755 "$build/$program" "$state/app.new/bin/"
done
cp -r "$build/static" "$build/errors" "$state/app.new/"
chmod -R a+rX "$state/app.new"
rm -rf "$state/app"
mv "$state/app.new" "$state/app"

origin="https://localhost:$port"
if [ ! -e "$state/domicile.conf" ]; then
    sed "s|^public_url = .*|public_url = $origin|" "$top/domicile.conf" |
        as tee "$state/domicile.conf" >/dev/null
elif ! grep -qE "^public_url *= *.*:$port\$" "$state/domicile.conf"; then
    as sed -i "s|^\(public_url *= *https://[^:]*\):[0-9]*\$|\1:$port|" "$state/domicile.conf"
    echo "domicile.conf: public_url now names port $port."
fi
host=$(sed -n 's|^public_url *= *https://\([^:/]*\).*|\1|p' "$state/domicile.conf")
[ -n "$host" ] || die "$state/domicile.conf: public_url must be like https://localhost:8443"

if [ ! -e "$state/tls/certificate.pem" ]; then
    as openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 825 \
        -subj "/CN=$host" -addext "subjectAltName=DNS:$host,IP:127.0.0.1" \
        -keyout "$state/tls/key.pem" -out "$state/tls/certificate.pem" 2>/dev/null
fi
if [ -d "$build/guest" ]; then
    as mkdir -p "$state/images/tiny"
    for file in kernel initrd cmdline; do
        if ! cmp -s "$build/guest/$file" "$state/images/tiny/$file"; then
            as tee "$state/images/tiny/$file" <"$build/guest/$file" >/dev/null
            # The worker leaves alone what was written just now: somebody might still be copying it.
            as touch -d '1 hour ago' "$state/images/tiny/$file"
        fi
    done
fi
as "$state/app/bin/domicile-admin" --state "$state" migrate >/dev/null

# ---- webhooks: random secrets until the operator sets those of the services ----
for receiver in $receivers; do
    secret=$state/secrets/$receiver-webhook
    if [ ! -e "$secret" ]; then
        printf 'whsec_%s\n' "$(openssl rand -hex 32)" | as tee "$secret.new" >/dev/null
        mv "$secret.new" "$secret"
    fi
    chmod 400 "$secret"
done
if [ -n "$is_root" ]; then
    # Receivers can traverse to their secret and the inbox, but read nothing else on the way.
    chmod 711 "$state" "$state/secrets"
    chgrp -R domicile-inbox "$state/inbox"
    chmod 2770 "$state/inbox"
    chmod 660 "$state"/inbox/*
    for receiver in $receivers; do
        chown "domicile-$receiver:" "$state/secrets/$receiver-webhook"*
    done
fi

# ---- one process tree for everything; its processes are stopped in order ----
if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
    die "port $port is taken; stop what uses it, or choose another: make run PORT=9443"
fi
sed -e "s|/var/lib/domicile|$state|g" -e "s|8443|$port|g" -e "s|server_name localhost|server_name $host|" \
    -e "s|https://localhost:|https://$host:|" "$top/nginx.conf" | as tee "$state/run/nginx.conf" >/dev/null
as "$state/app/bin/domicile-admin" --state "$state" nginx | as tee "$state/run/networks.conf" >/dev/null
if [ ! -e /proc/net/if_inet6 ]; then
    as sed -i '/listen \[::1\]/d' "$state/run/nginx.conf"
fi

# The log of all programs, kept until the next start.
log=$state/run/log
as rm -f "$log"
as touch "$log"

pids=()
stop() {
    trap '' INT TERM
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

# Each in its own session: Ctrl-C reaches only this script, which then stops them in order.
start_raw() {
    setsid env PATH=/usr/sbin:/usr/bin:/sbin:/bin LIBFCGI_OS_CLOSE_POLL_TIMEOUT=0 \
        HOME="$state" TMPDIR="$state/run" "$@" >>"$log" 2>&1 &
    pids+=($!)
}
start() {
    start_raw "${as_user[@]}" setpriv --pdeathsig TERM -- env \
        XDG_RUNTIME_DIR="$state/libvirt/run" XDG_CONFIG_HOME="$state/libvirt/config" \
        XDG_DATA_HOME="$state/libvirt/data" XDG_CACHE_HOME="$state/libvirt/cache" "$@"
}
# multiwatch restarts a process that exits, immediately and without limit.
watch=(/usr/bin/multiwatch -r 1000000 -t 1 -s TERM)
start "${watch[@]}" -f 1 -- "$state/app/bin/worker" --state "$state"
for program in $programs; do
    as rm -f "$state/run/$program.sock"
    start spawn-fcgi -n -M 0600 -s "$state/run/$program.sock" -- "${watch[@]}" -f 2 -- \
        "$state/app/bin/$program" --state "$state"
done
# One process each: events that arrive together share a commit; two processes would only wait for
# each other's lock. The socket is created before the user is changed, and belongs to nginx's user.
for receiver in $receivers; do
    as rm -f "$state/run/$receiver.sock"
    command=("${watch[@]}" -f 1 -- "$state/app/bin/$receiver" --state "$state")
    if [ -n "$is_root" ]; then
        start_raw spawn-fcgi -n -U domicile -M 0600 -s "$state/run/$receiver.sock" -- /usr/bin/setpriv \
            --reuid="domicile-$receiver" --regid="domicile-$receiver" --init-groups --pdeathsig TERM -- "${command[@]}"
    else
        start spawn-fcgi -n -M 0600 -s "$state/run/$receiver.sock" -- "${command[@]}"
    fi
done
start nginx -p "$state" -c "$state/run/nginx.conf" -g 'daemon off;'

# ---- ready when a page can be fetched through nginx ----
for _ in $(seq 100); do
    if curl -fsS -o /dev/null --cacert "$state/tls/certificate.pem" --resolve "$host:$port:127.0.0.1" \
        "https://$host:$port/" 2>/dev/null; then
        echo "ready https://$host:$port"
        operator=$(sed -n 's/^operator *= *//p' "$state/domicile.conf")
        if ! grep -qE '^identity *= *workos' "$state/domicile.conf"; then
            echo "Sign in as $operator within ten minutes:"
            as "$state/app/bin/domicile-admin" --state "$state" signin "$operator"
        fi
        echo "Logs are in $log. Ctrl-C stops everything except running VMs."
        wait -n || true
        tail -n 5 "$log" >&2
        die "a process has exited; the last lines of $log are above"
    fi
    sleep 0.1
done
tail -n 20 "$log" >&2
die "not ready after 10 seconds; the last lines of $log are above"
