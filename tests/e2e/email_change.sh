#!/bin/bash
# Another e-mail address on a running server, through a real mail server and a browser. BUILD is the build directory.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node tests/e2e/email_change.mjs "${BUILD:-build}"
