#!/bin/bash
# Billing: with the Stripe double, with the emulator as far as it goes, then in a real browser with a real VM.
# Adds up the results. BUILD is the build directory.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
build=${BUILD:-build}
passed=0
failed=0
for script in stripe stripe_emulate stripe_browser; do
    log=$(mktemp /tmp/domicile-stripe.XXXXXX)
    node "tests/e2e/$script.mjs" "$build" >"$log" 2>&1
    code=$?
    cat "$log"
    read -r good _ bad _ <<<"$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$log" | tail -1)"
    rm -f "$log"
    if [ -z "$good" ] || { [ "$code" != 0 ] && [ "$bad" = 0 ]; }; then bad=1; fi
    passed=$((passed + ${good:-0}))
    failed=$((failed + ${bad:-1}))
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
