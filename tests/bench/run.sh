#!/bin/bash
# Measures Domicile on this machine in one run and prints one table, ratios first; build/bench.json has all
# figures. What is compared runs in turn within each round, every second round backwards; figures are medians,
# and ratios are of one round. The limit is a libfcgi program that answers as many bytes with one call
# (hello.c), behind the same nginx. CPU is nginx and program together, by the scheduler's counters.
# Nothing here is a test. Loads are bounded and go to loopback only.
#
# A machine where others work gives no times worth keeping: refused, unless NOISY=1, and then it says so.
#
# usage: [NOISY=1] tests/bench/run.sh [ROUNDS [SECONDS]]
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
rounds=${1:-5}
seconds=${2:-1}
here=tests/bench
state=$(mktemp -d /tmp/db.XXXXXX)
figures=$state/figures
port=$(tests/ports.sh $$)
. $here/data.sh
. $here/site.sh
. $here/measure.sh
. $here/peers.sh
. $here/parts.sh
pages=(/ /privacy "/privacy visitor" /vms "/vms 304" /vms/new /vms/ID "/vms/ID 304" /keys /account /activity /receipts /costs)

if ! is_quiet; then
    [ -n "${NOISY:-}" ] || { echo "bench: others use $busy % of this machine; NOISY=1 measures all the same" >&2; exit 1; }
fi
taskset -cp 0 $$ >/dev/null
site_make "$state" "$port" "
        location = /bench/hello { fastcgi_pass hello; }
        location /bench/static/ { alias $state/static/; }
$peer_locations" "    upstream hello { server unix:$state/run/hello.sock; keepalive 256; }
$peer_upstreams"
put "share of the processors that others used, %" "$busy"
site_start spawn-fcgi -n -s "$state/run/hello.sock" -- "$(realpath "$build/bench/hello")"
site_wait "$state/run/hello.sock"
for program in site dashboard vm costs account; do site_program $program; done
site_program stripe /usr/bin/env LD_PRELOAD="$(realpath "$build/bench/syncs.so")" SYNCS="$state/syncs"
site_nginx 1
php_start
node_start

peer_compare /php/vms
peer_compare /node/vms
pages_prepare
for ((round = 0; round < rounds; round++)); do
    pages_round $round
    is_quiet || [ -n "${NOISY:-}" ] || echo "bench: others use $busy % of this machine by now" >&2
    put "share of the processors that others used, %" "$busy"
    one_connection
    ingest_round $round
done
many_clients
taskset -cp 0-$load_cores $$ >/dev/null
commands
memory
first_page
count_pages
growth
show
