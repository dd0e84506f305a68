#!/bin/bash
# The admin runs a group without a shell, with a real guest and a browser. BUILD is the build directory.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node tests/e2e/admin.mjs "${BUILD:-build}"
