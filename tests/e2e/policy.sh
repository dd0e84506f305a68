#!/bin/bash
# What a configuration weakens, announced and not, on a running server. BUILD is the build directory.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node tests/e2e/policy.mjs "${BUILD:-build}"
