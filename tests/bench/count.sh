#!/bin/bash
# Instructions per request of every page, and per webhook ("ingest": one event in one commit), by callgrind and
# behind nginx: the same on a busy machine as on a quiet one and at every time of the day (clock.c). Prints one
# JSON object, page -> instructions. `rep movsb` and `rep stosb` count once per byte, which makes copying and
# clearing look many times dearer than they are, so glibc is told not to use them.
#
# usage: [KEEP=FOLDER] tests/bench/count.sh [PAGE...]
#   KEEP   there, callgrind's files of the last request of each page
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
warm=3
requests=10
data_now=1781524800 # as clock.c begins
clock=$(realpath "$build/bench/clock.so")
. tests/bench/data.sh
. tests/bench/site.sh
declare -A program=([/]=site [/status]=site [/privacy]=site ["/privacy visitor"]=site [/vms]=dashboard ["/vms 304"]=dashboard [/vms/new]=dashboard [/vms/ID]=vm
    ["/vms/ID 304"]=vm [/keys]=account [/account]=account [/activity]=dashboard [/receipts]=dashboard
    [/costs]=costs [ingest]=stripe)
[ $# -gt 0 ] || set -- / /status /privacy "/privacy visitor" /vms "/vms 304" /vms/new /vms/ID "/vms/ID 304" /keys /account /activity /receipts /costs ingest

# ask PATH STATUS CURL...: one request more than are counted, on one connection; each must have that status.
ask() {
    local path=$1 status=$2 urls=() i
    shift 2
    for ((i = 0; i < warm + requests + 1; i++)); do urls+=(-o /dev/null "http://localhost$path"); done
    curl -s --unix-socket "$site_socket" -H "Cookie: $data_cookie" -w '%{http_code}\n' "$@" "${urls[@]}" |
        awk -v s="$status" -v p="$path" '$1 != s { print "count: " p ": " $1; exit 1 }' >&2
}
# Each entry into FCGX_Accept_r ends one of callgrind's files and begins the next: the first holds the start of
# the program, each other one a request, from its first byte to the wait for the next one.
#
# count PAGE: prints {"PAGE": INSTRUCTIONS}.
count() {
    local name=${program[$1]} path=${1%% *} out version i files=()
    path=${path/ID/$data_vm}
    out=$site_state/$name.out
    rm -f "$out".*
    site_program "$name" /usr/bin/env LD_PRELOAD="$clock" \
        GLIBC_TUNABLES=glibc.cpu.x86_rep_stosb_threshold=100000000:glibc.cpu.x86_rep_movsb_threshold=100000000 \
        valgrind --tool=callgrind --dump-before=FCGX_Accept_r --callgrind-out-file="$out"
    case $1 in
    ingest) LD_PRELOAD=$clock "$build/bench/ingest" "$site_socket" whsec_bench 1 $((warm + requests + 1)) >/dev/null ;;
    *304)
        version=$(site_get "$path" -H 'HX-Request: true' | grep -o 'data-version="[^"]*"' | cut -d'"' -f2)
        ask "$path" 304 -H 'HX-Request: true' -H "If-None-Match: \"$version\""
        ;;
    *visitor) data_cookie='' ask "$path" 200 ;;
    *) ask "$path" 200 ;;
    esac
    for ((i = warm; i < warm + requests; i++)); do files+=("$out.$((i + 2))"); done
    awk -v p="$1" '/^totals:/ { t += $2 } END { printf "{ \"%s\": %d }\n", p, t / (ARGC - 1) }' "${files[@]}"
    [ -z "${KEEP:-}" ] || cp "${files[-1]}" "$KEEP/callgrind.${1//[\/ ]/_}"
    kill -9 "${pids[-1]}"
    wait "${pids[-1]}" 2>/dev/null || true
    unset 'pids[-1]'
}
# lane IS_OF_DASHBOARD PAGE...: counts, one after the other, the dashboard's pages or all others.
lane() (
    local is_of_dashboard=$1 page
    shift
    pids=()
    trap '[ ${#pids[@]} = 0 ] || kill -9 "${pids[@]}" 2>/dev/null' EXIT
    for page; do
        [ -n "${program[$page]-}" ] || { echo "count: no page $page" >&2; exit 2; }
        [ "$([ "${program[$page]}" = dashboard ] && echo yes)" != "$is_of_dashboard" ] || count "$page"
    done
)

site_make "$(mktemp -d /tmp/dc.XXXXXX)"
site_nginx 1
lane yes "$@" >"$site_state/counts" &
dashboard=$!
lane "" "$@" >"$site_state/others"
wait $dashboard
jq -s 'add as $all | $ARGS.positional | map({ (.): $all[.] }) | add' "$site_state"/{counts,others} --args "$@"
