#!/bin/bash
# The whole job in a real browser with a real VM: by mouse, by keyboard, without JavaScript, in two
# browsers. BUILD names the build folder.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node tests/e2e/browser.mjs "${BUILD:-build}"
