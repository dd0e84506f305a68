#!/bin/bash
# What every page looks like and weighs in a real browser. BUILD names the build folder; SHOTS, if set, a
# folder that gets a picture of each page.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node tests/e2e/pages.mjs "${BUILD:-build}"
