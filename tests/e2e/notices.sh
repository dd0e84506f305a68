#!/bin/bash
# What people are told by mail and turn off, against a real SMTP server. BUILD is the build directory.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node tests/e2e/notices.mjs "${BUILD:-build}"
