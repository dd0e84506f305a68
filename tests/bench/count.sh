#!/bin/bash
# Instructions per request of every page, by callgrind: the same on a busy machine as on a quiet one.
# Prints one JSON object, page -> instructions. `rep movsb` and `rep stosb` count once per byte, which makes
# copying and clearing look many times dearer than they are, so glibc is told not to use them.
#
# usage: tests/bench/count.sh [PAGE...]
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
requests=20
state=$(mktemp -d /tmp/dc.XXXXXX)
mkdir -p "$state"/{run,secrets,app}
pid=
trap '[ -z "$pid" ] || kill -9 "$pid" 2>/dev/null; rm -rf "$state"' EXIT
. tests/bench/data.sh
data_make "$state"
export GLIBC_TUNABLES=glibc.cpu.x86_rep_stosb_threshold=100000000:glibc.cpu.x86_rep_movsb_threshold=100000000

# ask PATH TIMES [NAME=VALUE...]: a GET by the person of team 1; the last answer is in $state/answer.
ask() {
    local path=$1 times=$2 i
    shift 2
    for ((i = 0; i < times; i++)); do
        env -i REQUEST_METHOD=GET REQUEST_URI="$path" QUERY_STRING="${path#*\?}" HTTP_COOKIE="$data_cookie" "$@" \
            cgi-fcgi -bind -connect "$state/run/counted.sock" >"$state/answer"
    done
}
# count PROGRAM PATH [NAME=VALUE...]: prints the instructions of one request.
count() {
    local program=$1 path=$2 file
    shift 2
    rm -f "$state"/callgrind.*
    spawn-fcgi -n -s "$state/run/counted.sock" -- /usr/bin/valgrind --tool=callgrind \
        --callgrind-out-file="$state/callgrind.out" "$(realpath "$build/$program")" --state "$state" >"$state/log" 2>&1 &
    pid=$!
    until grep -q "Callgrind" "$state/log" && [ -S "$state/run/counted.sock" ]; do sleep 0.1; done
    ask "$path" 5 "$@"
    if [[ "$*" = *IF_NONE_MATCH* ]]; then grep -q '^Status: 304' "$state/answer"; else grep -q '^Status: 200' "$state/answer"; fi ||
        { echo "count: $path: $(head -1 "$state/answer")" >&2; exit 1; }
    callgrind_control -z "$pid" >/dev/null
    ask "$path" $requests "$@"
    callgrind_control -d "$pid" >/dev/null
    file=$(find "$state" -name 'callgrind.out.*' | head -1)
    awk -v n=$requests '/^(summary|totals):/ { t = $2 } END { printf "%d", t / n }' "$file"
    kill -9 "$pid"
    wait "$pid" 2>/dev/null || true
    pid=
    [ -z "${KEEP:-}" ] || cp "$file" "$KEEP"
}
version_of() {
    env -i REQUEST_METHOD=GET REQUEST_URI="$1" HTTP_COOKIE="$data_cookie" HTTP_HX_REQUEST=true "$build/$2" --state "$state" </dev/null 2>/dev/null |
        grep -o 'data-version="[^"]*"' | cut -d'"' -f2
}

declare -A program=([/]=site [/vms]=dashboard ["/vms 304"]=dashboard [/vms/new]=dashboard [/vms/ID]=vm ["/vms/ID 304"]=vm [/keys]=account [/account]=account
    [/activity]=dashboard [/receipts]=dashboard [/costs]=costs)
[ $# -gt 0 ] || set -- / /vms "/vms 304" /vms/new /vms/ID "/vms/ID 304" /keys /account /activity /receipts /costs
separator='{'
for page in "$@"; do
    path=${page% 304}
    path=${path/ID/$data_vm}
    conditions=()
    if [[ $page = *\ 304 ]]; then conditions=(HTTP_HX_REQUEST=true HTTP_IF_NONE_MATCH="\"$(version_of "$path" "${program[$page]}")\""); fi
    figure=$(count "${program[$page]}" "$path" "${conditions[@]}")
    printf '%s\n  "%s": %s' "$separator" "$page" "$figure"
    separator=','
done
printf '\n}\n'
