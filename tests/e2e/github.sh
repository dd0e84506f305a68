#!/bin/bash
# Import of public keys from a stand-in for GitHub, in a browser. BUILD is the build directory.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node tests/e2e/github.mjs "${BUILD:-build}"
