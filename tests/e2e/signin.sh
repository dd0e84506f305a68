#!/bin/bash
# Sign-in by link against the real program, without nginx. BUILD names the build folder.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node tests/e2e/signin.mjs "${BUILD:-build}/signin"
