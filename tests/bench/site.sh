#!/bin/bash
# Sourced by the benchmarks, after data.sh: the programs behind nginx as on a server, but without TLS and
# without limits on one address, on a unix socket: no port has to be free, and all addresses are equally long.
# What is started is in $pids, and ends with the shell that started it.
#
#   site_make STATE [PORT [LOCATIONS [UPSTREAMS]]]
#                                 data, secrets and nginx's configuration: listens on the port also, with
#                                 some more locations and upstreams
#   site_start COMMAND...         starts it in the background, silently
#   site_program NAME [WRAP...]   starts a program of build/ at its socket
#   site_nginx WORKERS            starts nginx on $site_socket and waits until it answers
#   site_get PATH [CURL...]       what curl prints for a page, asked by the person of team 1
pids=()
site_state=
site_socket=

site_end() {
    [ ${#pids[@]} = 0 ] || kill "${pids[@]}" 2>/dev/null || true
    sleep 0.5
    [ ${#pids[@]} = 0 ] || kill -9 "${pids[@]}" 2>/dev/null || true # libfcgi's accept loop ignores SIGTERM
    [ -z "$site_state" ] || rm -rf "$site_state"
}
trap site_end EXIT
trap 'exit 130' INT TERM

site_make() {
    site_state=$1
    site_socket=$1/run/nginx.sock
    mkdir -p "$1"/{run,secrets,nginx,app}
    cp -r "$build/static" "$build/errors" "$1/app/"
    data_make "$1"
    printf 'whsec_bench\n' | tee "$1/secrets/stripe-webhook" >"$1/secrets/workos-webhook"
    chmod 400 "$1"/secrets/*
    "$build/domicile-admin" --state "$1" nginx >"$1/run/settings.conf"
    sed -e "s|/var/lib/domicile|$1|g" -e '/^ *limit_/d' -e 's/limit_req [^;]*; *//g' -e '/^ *ssl_/d' \
        -e '/listen \[::1\]/d' -e '/^worker_processes/d' \
        -e "s|listen 127.0.0.1:8443 ssl http2\(.*\);|listen unix:$site_socket\1;${2:+ listen 127.0.0.1:$2\1;}|" nginx.conf |
        awk -v locations="${3:-}" -v upstreams="${4:-}" '
            /upstream site / { print upstreams }
            { print }
            /location \/ .*fastcgi_pass site/ { print locations }' >"$1/nginx.conf"
}
site_start() {
    "$@" >>"$site_state/log" 2>&1 &
    disown
    pids+=($!)
}
# Until what was started last listens there.
site_wait() {
    until ss -Hlx | grep -qF " $1 "; do
        kill -0 "${pids[-1]}" || { echo "bench: ${1##*/}: its program has ended" >&2; exit 1; }
        sleep 0.1
    done
}
site_program() {
    local name=$1
    shift
    rm -f "$site_state/run/$name.sock"
    site_start spawn-fcgi -n -s "$site_state/run/$name.sock" -- "$@" "$(realpath "$build/$name")" --state "$site_state"
    site_wait "$site_state/run/$name.sock"
}
site_get() {
    local path=$1
    shift
    curl -s --fail --unix-socket "$site_socket" -H "Cookie: $data_cookie" "$@" "http://localhost$path"
}
site_nginx() {
    site_start nginx -p "$site_state" -c "$site_state/nginx.conf" \
        -g "daemon off; user $(id -un); worker_processes $1;"
    site_wait "$site_socket"
}
