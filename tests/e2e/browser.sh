#!/bin/bash
# The complete user journey in a real browser with a real VM: by mouse, by keyboard, without JavaScript, in
# two browsers. BUILD is the build directory.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node tests/e2e/browser.mjs "${BUILD:-build}"
