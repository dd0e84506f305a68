#!/bin/bash
# Forms in a real browser: what was typed survives the end of the session, and phones do not zoom into fields.
# BUILD is the build directory.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node tests/e2e/forms.mjs "${BUILD:-build}"
