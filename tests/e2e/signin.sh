#!/bin/bash
# Sign-in by link with the real program, without nginx. BUILD is the build directory.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node tests/e2e/signin.mjs "${BUILD:-build}/signin"
