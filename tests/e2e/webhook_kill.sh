#!/bin/bash
# Receivers and worker are killed -9 two thousand times during a stream of signed events; see
# webhook_kill.mjs.
cd "$(dirname "$0")/../.." || exit 1
exec node tests/e2e/webhook_kill.mjs "${BUILD:-build}" "${KILLS:-2000}"
