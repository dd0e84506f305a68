#!/bin/bash
# Sourced by run.sh: what it measures, one function each.

# ---- pages beside the limit, nginx's static files and the peers ----
declare -A bytes=() path_of=() version=()
pages_prepare() {
    local page path
    mkdir -p "$state/static"
    for page in "${pages[@]}" /php/vms /node/vms; do
        path=${page%% *}
        path=${path/ID/$data_vm}
        path_of[$page]=$path
        of_visitor "$page" site_get "$path" -o "$state/page"
        bytes[$page]=$(stat -c %s "$state/page")
        if [[ $page = *304 ]]; then bytes[$page]=1; fi
        [ "${bytes[$page]}" -lt 65000 ] || { echo "bench: $page is larger than one FastCGI record" >&2; exit 1; }
        head -c "${bytes[$page]}" /dev/zero | tr '\0' x >"$state/static/${bytes[$page]}"
        put "$page bytes" "${bytes[$page]}"
    done
}
# of_visitor PAGE COMMAND...: without a session, if the page is one for visitors.
of_visitor() {
    if [[ $1 = *visitor ]]; then data_cookie='' "${@:2}"; else "${@:2}"; fi
}
# A page's version may change with the minute, so it is asked for each time.
load_page() {
    local page=$1 version
    [[ $page = *304 ]] || { of_visitor "$page" load "$page" "${path_of[$page]}" 32; return; }
    version=$(site_get "${path_of[$page]}" -H 'HX-Request: true' | grep -o 'data-version="[^"]*"' | cut -d'"' -f2)
    load "$page" "${path_of[$page]}" 32 -H 'HX-Request: true' -H "If-None-Match: \"$version\""
}
ratio() { put "$1" "$(awk -v a="$2" -v b="$3" 'BEGIN { printf "%.3f", a / b }')"; }
pages_round() {
    local page order=("${pages[@]}" /php/vms /node/vms) turned=() ours=
    declare -A us=()
    if (($1 % 2)); then
        for page in "${order[@]}"; do turned=("$page" "${turned[@]}"); done
        order=("${turned[@]}")
    fi
    for page in "${order[@]}"; do
        load_page "$page"
        us[$page]=$cpu_us
        [[ $page != /php/* && $page != /node/* ]] || continue
        load "limit of $page" "/bench/hello?${bytes[$page]}" 32
        ratio "$page / limit" "$cpu_us" "${us[$page]}"
        load "static of $page" "/bench/static/${bytes[$page]}" 32
        ratio "$page / static" "$cpu_us" "${us[$page]}"
    done
    ratio "times less CPU than PHP-FPM and PDO" "${us[/php/vms]}" "${us[/vms]}"
    ratio "times less CPU than Node, Fastify and better-sqlite3" "${us[/node/vms]}" "${us[/vms]}"
}
one_connection() {
    local limit50 limit99
    load "limit of /vms, 1 connection" "/bench/hello?${bytes[/vms]}" 1
    limit50=$p50 limit99=$p99
    load "/vms, 1 connection" /vms 1
    ratio "p50 of /vms / limit, 1 connection" "$p50" "$limit50"
    ratio "p99 of /vms / limit, 1 connection" "$p99" "$limit99"
}
# 128 requests at the same moment, each on a connection of its own.
many_clients() {
    local urls=() i
    for ((i = 0; i < 128; i++)); do urls+=(-o /dev/null "http://localhost:$port/vms"); done
    put "of 128 clients at once answered within 2 s" "$(taskset -c $load_cores curl -s --no-progress-meter -Z --parallel-immediate --parallel-max 128 -H "Cookie: $data_cookie" \
        -w '%{http_code} %{time_total}\n' "${urls[@]}" | awk '$1 == 200 && $2 < 2 { n++ } END { print n + 0 }')"
}

# ---- webhooks ----
syncs() { od -An -td8 "$state/syncs" | tr -d ' '; }
ingest_round() {
    local before events=3200
    before=$(syncs)
    taskset -c $load_cores "$build/bench/ingest" "$site_socket" whsec_bench 32 $events "$state/raw-$1.db" >"$state/ingest"
    put "fdatasync per 1,000 events, 32 senders" "$((($(syncs) - before) * 1000 / events))"
    put "events / raw commits per second, 32 senders" "$(jq '.per_s / .raw_per_s * 100 | round / 100' "$state/ingest")"
    put "events per second, 32 senders" "$(jq .per_s "$state/ingest")"
    put "p99 of an event, ms, 32 senders" "$(jq .p99_ms "$state/ingest")"
}

# ---- memory and start ----
pid_of() { pgrep -f "^$(realpath "$build")/$1 --state $state"; }
# pss NAME PID...
pss() {
    local name=$1 pid kb=0
    shift
    for pid; do kb=$((kb + $(awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup"))); done
    put "PSS of $name, kB" $kb
    total=$((total + kb))
}
memory() {
    local name total=0
    put "dashboard, anonymous kB after the load" "$(awk '/RssAnon/ { print $2 }' "/proc/$(pid_of dashboard)/status")"
    for name in billing github operator signin workos; do site_program $name; done
    site_start "$(realpath "$build/worker")" --state "$state/command" # which commands() has made
    sleep 3
    for name in site dashboard vm costs account billing github operator signin stripe workos worker; do pss $name $(pid_of $name); done
    pss nginx $(pgrep -f "^nginx: master.*$state") $(pgrep -P "$(pgrep -f "^nginx: master.*$state")")
    put "PSS of all, kB" $total
}
# From exec to the end of the first page, as plain CGI; less what starting any program takes.
first_page() {
    local i before middle after
    for ((i = 0; i < 25; i++)); do
        before=${EPOCHREALTIME/./}
        env -i /bin/true
        middle=${EPOCHREALTIME/./}
        env -i REQUEST_METHOD=GET REQUEST_URI=/vms HTTP_COOKIE="$data_cookie" "$build/dashboard" --state "$state" </dev/null >/dev/null 2>&1
        after=${EPOCHREALTIME/./}
        put "exec to first page, ms" "$(awk -v us=$((after - middle - (middle - before))) 'BEGIN { printf "%.1f", us / 1000 }')"
    done
}

# ---- by instructions ----
count_pages() {
    local page count
    $here/count.sh | jq -r 'to_entries[] | [.key + " instructions", .value] | @tsv' >>"$figures"
}
growth() {
    local few many
    few=$(data_teams=500 $here/count.sh /vms | jq '.["/vms"]')
    many=$(data_teams=50000 $here/count.sh /vms | jq '.["/vms"]')
    ratio "instructions of /vms, 1,000,000 VMs / 10,000" "$many" "$few"
}

# ---- the worker ----
commands() {
    mkdir "$state/command"
    "$build/bench/command" "$state/command" test:///default "$(realpath "$build/worker")" 20 2>/dev/null >"$state/waits" ||
        { echo "bench: command failed" >&2; exit 1; }
    put "command to its first step, ms" "$(jq .first_ms "$state/waits")"
    put "command to its end, ms" "$(jq .done_ms "$state/waits")"
}

# ---- the result ----
show() {
    medians >"$state/medians"
    jq -Rn '[inputs / "\t" | { (.[0]): (.[1] | tonumber) }] | add' "$state/medians" >"$build/bench.json"
    jq -r --arg rounds "$rounds rounds of $seconds s" --arg pages "$(printf '%s\n' "${pages[@]}")" -f tests/bench/table.jq "$build/bench.json"
}
