#!/bin/bash
# Sourced by run.sh: how it measures. Everything that was started runs on the first core, what asks on the last.
#
#   put NAME VALUE                 notes a figure; of several with one name the median counts
#   load NAME PATH CLIENTS [WRK...]  asks for $seconds; notes "NAME us" (CPU per request, nginx and program),
#                                  "NAME per_s", "NAME p50_us" and "NAME p99_us"; $cpu_us is the first of them
#   is_quiet                       whether others leave the machine alone; $busy is their share in percent
load_cores=$(($(nproc) - 1))

put() { printf '%s\t%s\n' "$1" "$2" >>"$figures"; }
# Processor time of what was started, all threads, in nanoseconds.
cpu_ns() {
    local pid
    for pid in "${pids[@]}" $(pgrep -d ' ' -P "$(IFS=,; echo "${pids[*]}")"); do
        cat "/proc/$pid/task"/*/schedstat 2>/dev/null || true
    done | awk '{ t += $1 } END { printf "%.0f", t }'
}
load() {
    local name=$1 path=$2 clients=$3 out before
    shift 3
    before=$(cpu_ns)
    out=$(taskset -c $load_cores wrk -t1 -c"$clients" -d"${seconds}s" --latency -H "Cookie: $data_cookie" "$@" "http://localhost:$port$path")
    if grep -q 'Non-2xx\|Socket errors' <<<"$out"; then
        echo "bench: $path: $(grep 'Non-2xx\|Socket errors' <<<"$out")" >&2
        exit 1
    fi
    read -r cpu_us per_s p50 p99 < <(awk -v t=$(($(cpu_ns) - before)) -v s="$seconds" '
        function us(text) { return text ~ /us$/ ? text + 0 : text ~ /ms$/ ? text * 1000 : text * 1000000 }
        $1 == "50%" { p50 = us($2) } $1 == "99%" { p99 = us($2) } /requests in/ { n = $1 }
        END { printf "%.2f %d %d %d\n", t / 1000 / n, n / s, p50, p99 }' <<<"$out")
    put "$name us" "$cpu_us"
    put "$name per_s" "$per_s"
    put "$name p50_us" "$p50"
    put "$name p99_us" "$p99"
}
is_quiet() {
    local before after
    before=$(awk '/^cpu / { print $2 + $3 + $4 + $6 + $7 + $8 + $9, $5 }' /proc/stat)
    sleep 2
    after=$(awk '/^cpu / { print $2 + $3 + $4 + $6 + $7 + $8 + $9, $5 }' /proc/stat)
    busy=$(awk '{ b = $3 - $1; printf "%d", b * 100 / (b + $4 - $2) }' <<<"$before $after")
    [ "$busy" -le 5 ]
}
medians() {
    sort -t$'\t' -k1,1 -k2,2g "$figures" | awk -F'\t' '
        $1 != name { if (n) print name "\t" v[int((n + 1) / 2)]; name = $1; n = 0 }
        { v[++n] = $2 }
        END { print name "\t" v[int((n + 1) / 2)] }'
}
