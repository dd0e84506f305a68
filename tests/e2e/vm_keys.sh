#!/bin/bash
# Keys and host name of an existing VM change at its next start, with a real guest. BUILD is the build directory.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node tests/e2e/vm_keys.mjs "${BUILD:-build}"
