#!/bin/bash
# Passkeys on a running server, with the virtual authenticators of Chromium. BUILD is the build directory.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node tests/e2e/passkeys.mjs "${BUILD:-build}"
