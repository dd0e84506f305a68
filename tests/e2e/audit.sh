#!/bin/bash
# The history as a chain of hashes, verified from its description alone. BUILD is the build directory.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node tests/e2e/audit.mjs "${BUILD:-build}"
