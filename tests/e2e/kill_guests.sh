#!/bin/bash
# The kill test (kill.sh) with real guests: fewer kills, because each guest takes seconds to boot.
set -euo pipefail
KILLS=${KILLS:-8} GUEST=1 exec "$(dirname "$0")/kill.sh"
