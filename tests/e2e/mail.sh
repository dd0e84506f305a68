#!/bin/bash
# Mail: the whole of Domicile with a real SMTP server. BUILD is the build directory.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node tests/e2e/mail.mjs "${BUILD:-build}"
