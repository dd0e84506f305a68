#!/bin/bash
# The running product under each of the five profiles. BUILD is the build directory.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node tests/e2e/profiles.mjs "${BUILD:-build}"
