#!/bin/bash
# The front door from outside: headers, TLS, limits, slow and many visitors, and what happens when parts
# are killed. BUILD names the build folder.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node tests/e2e/front.mjs "${BUILD:-build}"
