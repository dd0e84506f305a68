#!/bin/bash
# What the docs say is so: commands that they show are run, and what they name exists. BUILD is the build directory.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node tests/e2e/docs.mjs "${BUILD:-build}"
