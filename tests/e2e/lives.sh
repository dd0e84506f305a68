#!/bin/bash
# VMs that end when they stop, after a time, or when nobody uses them, with real guests. BUILD is the build directory.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node tests/e2e/lives.mjs "${BUILD:-build}"
