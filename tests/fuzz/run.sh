#!/bin/bash
# Builds every fuzzer with clang-14 into build/fuzz and runs each for SECONDS (60) on its seeds in
# corpus/NAME; what it found new is kept in build/fuzz/corpus/NAME. An input that ends a fuzzer is
# kept in build/fuzz/found. The last line is "N passed, N failed".
#
# usage: tests/fuzz/run.sh [SECONDS [NAME...]]
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
seconds=${1:-60}
[ $# -gt 0 ] && shift
BUILD=${BUILD:-build}
out=$BUILD/fuzz
passed=0
failed=0
flags="-std=c11 -D_GNU_SOURCE -O1 -g -fno-omit-frame-pointer -isystem /usr/include/libxml2 -Icgi -I$BUILD/db -I$BUILD/db/inbox -I$BUILD/templates
  -fsanitize=address,undefined -fno-sanitize-recover=all"

if ! command -v clang-14 >/dev/null; then
    echo "clang-14 and libclang-rt-14-dev are missing: apt-get install clang-14 libclang-rt-14-dev"
    exit 1
fi
make --no-print-directory BUILD="$BUILD" generated >/dev/null || exit 1
mkdir -p "$out/lib" "$out/found"

# compile SOURCE: unless its object is newer than it and all headers.
compile() {
    local object
    object=$out/lib/$(tr '/' '_' <<<"$1").o
    [ "$object" -nt "$1" ] && [ -z "$(find cgi -name '*.h' -newer "$object")" ] && return
    clang-14 $flags -fsanitize=fuzzer-no-link -c -o "$object" "$1"
}
export -f compile
export out flags

# The library, once for all fuzzers. Files of the generated folder are its SQL functions and pages.
printf '%s\n' cgi/{base,adapter,model,remote,web,view}/*.c "$BUILD"/db/*.c "$BUILD"/db/inbox/*.c "$BUILD"/templates/*.c |
    xargs -P "$(nproc)" -I{} bash -c 'compile {}' || exit 1
rm -f "$out/libfuzz.a"
ar rcs "$out/libfuzz.a" "$out"/lib/*.o

[ $# -gt 0 ] || set -- tests/fuzz/*_fuzz.c
for name; do
    name=$(basename "$name" _fuzz.c)
    log=$out/$name.log
    mkdir -p "$out/corpus/$name"
    if clang-14 $flags -fsanitize=fuzzer -o "$out/$name" "tests/fuzz/${name}_fuzz.c" "$out/libfuzz.a" \
        -lfcgi -lsqlite3 -ljansson -lcrypto -lcurl -lseccomp -linih 2>"$log" &&
        UBSAN_OPTIONS=print_stacktrace=1 "$out/$name" -max_total_time="$seconds" -timeout=10 \
            -rss_limit_mb=2048 -max_len=8192 -print_final_stats=1 -artifact_prefix="$out/found/$name-" \
            "$out/corpus/$name" "tests/fuzz/corpus/$name" >"$log" 2>&1; then
        passed=$((passed + 1))
        printf '%-10s %12s runs %8s a second %6s features\n' "$name" \
            "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" \
            "$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log")" \
            "$(sed -n 's/.* ft: \([0-9]*\).*/\1/p' "$log" | tail -1)"
    else
        failed=$((failed + 1))
        printf '%-10s failed:\n' "$name"
        grep -vE '^#[0-9]+' "$log" | tail -30
    fi
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
