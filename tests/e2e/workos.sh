#!/bin/bash
# Sign-in through WorkOS, with its emulator: the program alone, then a real browser through nginx. Adds up
# both results. BUILD is the build directory.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
build=${BUILD:-build}
passed=0
failed=0
for command in "workos.mjs $build/signin" "workos_browser.mjs $build"; do
    log=$(mktemp /tmp/domicile-workos.XXXXXX)
    # Two words: the script and the build.
    # shellcheck disable=SC2086
    node tests/e2e/$command >"$log" 2>&1
    code=$?
    cat "$log"
    read -r good _ bad _ <<<"$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$log" | tail -1)"
    rm -f "$log"
    if [ -z "$good" ] || { [ "$code" != 0 ] && [ "$bad" = 0 ]; }; then bad=1; fi
    passed=$((passed + ${good:-0}))
    failed=$((failed + bad))
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
