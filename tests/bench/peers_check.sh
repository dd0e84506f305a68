#!/bin/bash
# Whether what "make bench" compares /vms with still follows it: compare_php shows the same text from the same
# database, and the statements of compare_node fit the schema. Node's text is compared by "make bench" alone:
# better-sqlite3 is compiled for a minute, by a compiler that no other test needs.
#
# usage: tests/bench/peers_check.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
state=$(mktemp -d /tmp/dp.XXXXXX)
data_teams=1
passed=0
failed=0
. tests/bench/data.sh
. tests/bench/site.sh
. tests/bench/peers.sh

check() {
    if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}
node_statements_fit() {
    (cd tests/bench/compare_node && node --input-type=module -e "
        import statements from './statements.js';
        for (const text of Object.values(statements)) console.log('EXPLAIN ' + text + ';');") |
        sqlite3 -bail "$state/data/main.db" >/dev/null
}

site_make "$state" "" "$peer_locations" "$peer_upstreams"
site_program dashboard
site_nginx 1
php_start
check peer_compare /php/vms
check node_statements_fit
echo "$passed passed, $failed failed"
[ $failed = 0 ]
