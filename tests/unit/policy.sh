#!/bin/bash
# Tests of policy_check: tests/unit/policy.sh BUILD
#
# policy/       texts that it refuses, with the exact messages in policy/expected.txt
# ../policy/    what each profile answers to each row, as policy_check --table prints it; with
#               GOLDEN_WRITE=1 these are written anew
set -u

here=$(cd "$(dirname "$0")" && pwd)
build=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0
export LC_ALL=C.UTF-8 ASAN_OPTIONS=detect_leaks=0

# verdict NAME EXPECTED ACTUAL: compare two files.
verdict() {
    if diff -u "$2" "$3" >"$work/diff"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED $1"
        sed 's/^/    /' "$work/diff"
    fi
}

# Most promises are in none of the refused texts: of those, two are looked for.
refused() {
    local code

    "$build/tests/policy_check_refused" >"$work/all" 2>&1
    code=$?
    [ $code -eq 1 ] || echo "exit $code" >>"$work/all"
    grep -vE 'no text names the promise "' "$work/all" >"$work/actual"
    verdict refused "$here/policy/expected.txt" "$work/actual"
    grep -oE 'no text names the promise "(sessions|log-age|log-aggregates|invoices)" \(.*\)' \
        "$work/all" >"$work/actual"
    cat >"$work/expected" <<'END'
no text names the promise "log-age" (with identity = local, billing = off, mail = off)
no text names the promise "invoices" (with identity = local, billing = stripe, mail = off)
END
    verdict promises "$work/expected" "$work/actual"
}

tables() {
    local golden

    for golden in "$here"/../policy/*.md; do
        name=$(basename "$golden" .md)
        "$build/policy_check" --table "$name" >"$work/actual" || echo "exit $?" >>"$work/actual"
        [ -z "${GOLDEN_WRITE-}" ] || cp "$work/actual" "$golden"
        verdict "$name" "$golden" "$work/actual"
    done
}

refused
tables
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
