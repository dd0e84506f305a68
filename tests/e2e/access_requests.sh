#!/bin/bash
# Asking for an account on a running server, through a real mail server and a browser. BUILD is the build directory.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node tests/e2e/access_requests.mjs "${BUILD:-build}"
