#!/bin/bash
# An account is deleted, undone, and deleted for good, on a running server. BUILD is the build directory.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node tests/e2e/deletion.mjs "${BUILD:-build}"
