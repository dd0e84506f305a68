#!/bin/bash
# Allocates a hundred ports for a test and prints the first: nothing listens on them, and no other test gets
# them while the process PID lives. All are below those that Linux uses for outgoing connections.
#
# usage: tests/ports.sh PID
set -euo pipefail
claims=/tmp/domicile-ports
mkdir -m 1777 "$claims" 2>/dev/null || true

is_listened_to() {
    local port
    for port in $(ss -Hltn | awk '{ print $4 }' | sed 's/.*://'); do
        [ $((port / 100 * 100)) != "$1" ] || return 0
    done
    return 1
}

exec 9<"$claims"
flock 9
for first in $(seq 10000 100 21900 | shuf); do
    owner=$(cat "$claims/$first" 2>/dev/null || true)
    [ -z "$owner" ] || ! [ -e "/proc/$owner" ] || continue
    ! is_listened_to "$first" || continue
    rm -f "$claims/$first" 2>/dev/null || continue # another user's
    echo "$1" >"$claims/$first"
    echo "$first"
    exit
done
echo "no free ports" >&2
exit 1
