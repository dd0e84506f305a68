#!/bin/bash
# Runs the suites and adds up what they say. Each suite ends with "N passed, N failed" (or is a cmocka
# program); so does this, as its last line. Without an argument: lint, then unit, page and end to end
# plainly, then unit, page, sign-in, webhooks, mail, billing and the main job once more under the sanitizers. (The tests that
# kill, and those that time the front door, say nothing more there.)
#
# usage: tests/run.sh [lint|unit|page|e2e]...
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
export BUILD=${BUILD:-build}
export ASAN_OPTIONS=detect_leaks=0:abort_on_error=1 # arenas live as long as the process
passed=0
failed=0

# suite NAME COMMAND...
suite() {
    local name=$1 log last good bad started=$SECONDS
    shift
    log=$(mktemp /tmp/domicile-suite.XXXXXX)
    "$@" >"$log" 2>&1
    local code=$?
    last=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$log" | tail -1)
    if [ -n "$last" ]; then
        good=$(cut -d' ' -f1 <<<"$last")
        bad=$(cut -d' ' -f3 <<<"$last")
    else
        good=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test(s).*/\1/p' "$log" | paste -sd+ | bc)
        bad=$(sed -n 's/^\[  FAILED  \] \([0-9]*\) test(s).*/\1/p' "$log" | paste -sd+ | bc)
    fi
    good=${good:-0}
    bad=${bad:-0}
    # A suite that died, or ran nothing, has failed whatever it counted.
    if [ "$bad" = 0 ] && { [ $code != 0 ] || [ "$good" = 0 ]; }; then bad=1; fi
    printf '%-44s %5d passed %4d failed  %4d s\n' "$name" "$good" "$bad" $((SECONDS - started))
    if [ "$bad" != 0 ]; then tail -40 "$log"; fi
    passed=$((passed + good))
    failed=$((failed + bad))
    rm -f "$log"
}

build() {
    make --no-print-directory -j2 BUILD="$BUILD" ${SAN:+SAN=1} all guest tests >/tmp/domicile-build.$$ 2>&1 || {
        tail -40 /tmp/domicile-build.$$
        failed=$((failed + 1))
        return 1
    }
    rm -f /tmp/domicile-build.$$
}

lint() { suite lint tests/lint.sh; }
unit() {
    local mode=$1 program
    suite "$mode sqlc" tests/unit/sqlc.sh "$BUILD/sqlc"
    suite "$mode tmplc" tests/unit/tmplc.sh "$BUILD/tmplc"
    for program in tests/unit/*_test.c; do
        program=$(basename "$program" .c)
        suite "$mode $program" "$BUILD/tests/$program"
    done
}
page() {
    local script
    for script in tests/page/*_page.sh; do
        suite "$1 page $(basename "$script" _page.sh)" bash "$script"
    done
}
# e2e MODE [NAME...]: all of them, or those named.
e2e() {
    local mode=$1 script
    shift
    [ $# -gt 0 ] || set -- $(basename -s .sh tests/e2e/*.sh)
    for script; do
        suite "$mode e2e $script" bash "tests/e2e/$script.sh"
    done
}

[ $# -gt 0 ] || set -- lint unit page e2e sanitized
for part; do
    case $part in
    lint) lint ;;
    sanitized)
        SAN=1 BUILD=build/sanitized
        export BUILD SAN
        build && unit sanitized && page sanitized && e2e sanitized signin workos webhooks webhook_full mail stripe browser
        ;;
    *) build && $part plain ;;
    esac
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
