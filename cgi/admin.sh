#!/bin/bash
# Runs domicile-admin from a checkout as the owner of the databases.
#
# usage: cgi/admin.sh STATE COMMAND...
set -euo pipefail

state=$1
shift
# As root, "make run" may have moved the state to a path that its user can access.
[ -e "$state/domicile.conf" ] || [ ! -e /var/lib/domicile/domicile.conf ] || state=/var/lib/domicile
[ -e "$state/data" ] || {
    echo "Nothing has been set up in $state yet: run \"make run\"" >&2
    exit 1
}
owner=$(stat -c %U "$state/data")
if [ "$(id -un)" = "$owner" ]; then
    exec "$state/app/bin/domicile-admin" --state "$state" "$@"
fi
cd /
exec setpriv --reuid="$owner" --regid="$(stat -c %G "$state/data")" --init-groups -- \
    "$state/app/bin/domicile-admin" --state "$state" "$@"
