#!/bin/bash
# Measures Domicile against the limit of its own stack, on this machine, in one run: CPU microseconds per
# request (nginx and program together, from /proc), requests per second, latency, memory, instructions per
# page, how long a command waits for the worker, and how many webhooks a second are on disk. Rows alternate with the limit; figures are medians.
# Nothing here is a test; loads are bounded and go to loopback only.
#
# usage: tests/bench/run.sh [ROUNDS] [SECONDS]
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
rounds=${1:-3}
seconds=${2:-5}
port=18443
state=$(mktemp -d /tmp/db.XXXXXX)
mkdir "$state"/{run,secrets,tls,nginx}
pids=()
trap 'kill "${pids[@]}" 2>/dev/null; sleep 0.5; kill -9 "${pids[@]}" 2>/dev/null; rm -rf "$state"' EXIT

cp -r "$build/static" "$build/errors" "$state/" && mkdir "$state/app" && mv "$state"/{static,errors} "$state/app/"
. tests/bench/data.sh
data_make "$state"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
    -keyout "$state/tls/key.pem" -out "$state/tls/certificate.pem" 2>/dev/null
# The front door without its limits on one address, and without TLS, as the limit has none either.
sed -e "s|/var/lib/domicile|$state|g" -e "s|8443|$port|g" -e '/^ *limit_/d' -e 's/limit_req [^;]*; *//g' -e 's/ ssl http2//' \
    -e '/listen \[::1\]/d' -e 's|^    upstream site |    upstream hello { server unix:'"$state"'/run/hello.sock; keepalive 256; }\n&|' \
    -e 's|^        location /            |        location = /hello { fastcgi_pass hello; }\n&|' nginx.conf >"$state/nginx.conf"

cookie="Cookie: $data_cookie"
bytes=$(env -i REQUEST_METHOD=GET REQUEST_URI=/vms "HTTP_$(sed 's/: /=/;s/Cookie/COOKIE/' <<<"$cookie")" \
    "$build/dashboard" --state "$state" </dev/null 2>/dev/null | sed '1,/^\r*$/d' | wc -c)

start() {
    "$@" >/dev/null 2>&1 &
    pids+=($!)
}
start spawn-fcgi -n -s "$state/run/hello.sock" -- "$(realpath "$build/bench/hello")" "$bytes"
printf 'whsec_bench\n' >"$state/secrets/stripe-webhook" && chmod 400 "$state/secrets/stripe-webhook"
for program in site dashboard stripe; do
    start spawn-fcgi -n -s "$state/run/$program.sock" -- "$(realpath "$build/$program")" --state "$state"
done
if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then echo "port $port is taken" >&2; exit 1; fi
start nginx -p "$state" -c "$state/nginx.conf" -g "daemon off; user $(id -un);"
sleep 1

# CPU ticks (user and system) of the programs and nginx's workers.
ticks() {
    local pid
    for pid in "${pids[@]}" $(pgrep -P "${pids[-1]}"); do
        awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$pid/stat" 2>/dev/null || true
    done | paste -sd+ | bc
}
# load NAME PATH CLIENTS: one line of figures.
load() {
    local before after out requests
    before=$(ticks)
    out=$(wrk -t1 -c"$3" -d"${seconds}s" --latency -H "$cookie" "http://localhost:$port$2")
    after=$(ticks)
    requests=$(awk '/requests in/ { print $1 }' <<<"$out")
    if grep -q 'Non-2xx' <<<"$out"; then
        echo "bench: $2 answers errors: $(grep Non-2xx <<<"$out")" >&2
        exit 1
    fi
    awk -v n="$1" -v r="$requests" -v t=$((after - before)) -v hz="$(getconf CLK_TCK)" -v s="$seconds" \
        -v p50="$(awk '$1 == "50%" { print $2 }' <<<"$out")" -v p99="$(awk '$1 == "99%" { print $2 }' <<<"$out")" \
        'BEGIN { printf "%s %.1f %d %s %s\n", n, t * 1e6 / hz / r, r / s, p50, p99 }'
}
median() { sort -n | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'; }

for ((round = 0; round < rounds; round++)); do
    load limit-32 /hello 32
    load vms-32 /vms 32
    load start-32 / 32
    load limit-1 /hello 1
    load vms-1 /vms 1
done >"$state/figures"

printf 'page of 20 VMs: %d bytes; %d rounds of %d s\n' "$bytes" "$rounds" "$seconds"
printf '%-22s %10s %10s %10s %10s\n' '' 'us CPU' 'per s' p50 p99
for name in limit-32 vms-32 start-32 limit-1 vms-1; do
    printf '%-22s %10s %10s %10s %10s\n' "$name clients" "$(awk -v n=$name '$1 == n { print $2 }' "$state/figures" | median)" \
        "$(awk -v n=$name '$1 == n { print $3 }' "$state/figures" | median)" \
        "$(awk -v n=$name '$1 == n { print $4 }' "$state/figures" | head -1)" \
        "$(awk -v n=$name '$1 == n { print $5 }' "$state/figures" | head -1)"
done
awk '$1 == "limit-32" { l += $2 } $1 == "vms-32" { v += $2 } END { printf "VM list / limit: %.2f (target 0.60)\n", l / v }' "$state/figures"
printf 'dashboard after the load: %s anonymous memory\n' "$(awk '/RssAnon/ { print $2, $3 }' "/proc/${pids[2]}/status")"

echo 'instructions per request:'
tests/bench/count.sh
for senders in 32 1; do
    "$build/bench/ingest" $port whsec_bench $senders $((senders * 500 + 2500)) "$state/raw-$senders.db"
done
mkdir "$state/command"
"$build/bench/command" "$state/command" test:///default "$(realpath "$build/worker")" 60 2>/dev/null || true
