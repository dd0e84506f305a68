#!/bin/bash
# The operator looks at the console of a VM, with a real guest. BUILD is the build directory.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node tests/e2e/look.mjs "${BUILD:-build}"
