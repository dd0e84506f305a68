#!/bin/bash
# The front end from outside: headers, TLS, limits, slow and many clients, and what happens when parts are
# killed. BUILD is the build directory.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node tests/e2e/front.mjs "${BUILD:-build}"
