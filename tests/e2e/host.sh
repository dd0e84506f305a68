#!/bin/bash
# What happens to a server, with real guests: a full disk, a reboot, a guest that shuts itself down, a
# restore, a clone. BUILD is the build directory.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node tests/e2e/host.mjs "${BUILD:-build}"
