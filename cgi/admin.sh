#!/bin/bash
# domicile-admin as the user who owns the state folder, from a checkout.
#
# usage: cgi/admin.sh STATE COMMAND...
set -euo pipefail

state=$1
shift
# As root, "make run" may have moved the state to where its user can reach it.
[ -e "$state/domicile.conf" ] || [ ! -e /var/lib/domicile/domicile.conf ] || state=/var/lib/domicile
[ -e "$state/domicile.conf" ] || {
    echo "Nothing has been started in $state yet: make run" >&2
    exit 1
}
owner=$(stat -c %U "$state")
if [ "$(id -un)" = "$owner" ]; then
    exec "$state/app/bin/domicile-admin" --state "$state" "$@"
fi
cd /
exec setpriv --reuid="$owner" --regid="$(stat -c %G "$state")" --init-groups -- \
    "$state/app/bin/domicile-admin" --state "$state" "$@"
