#!/bin/bash
# VMs that were booted before anybody asked, with real guests. BUILD is the build directory.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node tests/e2e/pool.mjs "${BUILD:-build}"
