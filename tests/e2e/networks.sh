#!/bin/bash
# Limits by address behind a proxy, and for networks without limits. BUILD is the build directory.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node tests/e2e/networks.mjs "${BUILD:-build}"
