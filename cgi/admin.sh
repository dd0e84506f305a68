#!/bin/bash
# Runs domicile-admin from a checkout as the owner of the databases.
#
# usage: cgi/admin.sh STATE COMMAND...
set -euo pipefail

state=$(realpath -m "$1")
shift
# As root, "make run" may have moved the state to a path that its user can access.
[ -e "$state/domicile.conf" ] || [ ! -e /var/lib/domicile/domicile.conf ] || state=/var/lib/domicile
[ -e "$state/data" ] || {
    echo "Nothing has been set up in $state yet: run \"make run\"" >&2
    exit 1
}
# As in run.sh: where that user's libvirt is.
export HOME="$state" XDG_RUNTIME_DIR="$state/libvirt/run" XDG_CONFIG_HOME="$state/libvirt/config" \
    XDG_DATA_HOME="$state/libvirt/data" XDG_CACHE_HOME="$state/libvirt/cache"
owner=$(stat -c %U "$state/data")
if [ "$(id -un)" = "$owner" ]; then
    exec "$state/app/bin/domicile-admin" --state "$state" "$@"
fi
# That user may not be able to enter this folder: files are named by their whole path.
words=()
for word in "$@"; do
    [ ! -f "$word" ] || word=$(realpath "$word")
    words+=("$word")
done
cd /
# As in run.sh: to see the firewall in front of guests on a bridge.
capability=()
! grep -qsE '^bridge *= *[a-z]' "$state/domicile.conf" || capability=(--inh-caps +net_admin --ambient-caps +net_admin)
exec setpriv --reuid="$owner" --regid="$(stat -c %G "$state/data")" --init-groups "${capability[@]}" -- \
    "$state/app/bin/domicile-admin" --state "$state" "${words[@]}"
