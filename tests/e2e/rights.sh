#!/bin/bash
# A copy of one's data on a running server, from the button to a verified ZIP file. BUILD is the build directory.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node tests/e2e/rights.mjs "${BUILD:-build}"
