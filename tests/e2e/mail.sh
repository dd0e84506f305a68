#!/bin/bash
# Mail: the whole of Domicile against a real SMTP server. BUILD names the build folder.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node tests/e2e/mail.mjs "${BUILD:-build}"
