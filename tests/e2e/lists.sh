#!/bin/bash
# The list of VMs and the form of a new one in a real browser, with and without JavaScript.
# BUILD is the build directory.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node tests/e2e/lists.mjs "${BUILD:-build}"
