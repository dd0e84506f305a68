#!/bin/bash
# The Debian image is built, offered and started, with a real guest. BUILD is the build directory.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node tests/e2e/image.mjs "${BUILD:-build}"
