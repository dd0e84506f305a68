#!/bin/bash
# The console of a VM that does not come up, with real guests. BUILD is the build directory.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node tests/e2e/console.mjs "${BUILD:-build}"
