#!/bin/bash
# Appearance and size of every page in a real browser. BUILD is the build directory; SHOTS, if set, a
# directory for a screenshot of each page.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node tests/e2e/pages.mjs "${BUILD:-build}"
