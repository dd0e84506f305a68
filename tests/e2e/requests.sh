#!/bin/bash
# Requests about personal data that come by mail, on a running server with a real mail server. BUILD is the build directory.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node tests/e2e/requests.mjs "${BUILD:-build}"
