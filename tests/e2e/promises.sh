#!/bin/bash
# The promises of a running server, and violations planted in its front door. BUILD is the build directory.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node tests/e2e/promises.mjs "${BUILD:-build}"
