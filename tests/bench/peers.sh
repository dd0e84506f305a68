#!/bin/bash
# Sourced by run.sh and peers_check.sh: the same page by PHP-FPM with PDO (compare_php) and by Node with Fastify and better-sqlite3
# (compare_node), on the same database behind the same nginx. Different text aborts the bench, and fails the check.
peer_upstreams="    upstream node { server unix:$state/run/node.sock; keepalive 256; }"
# A process of PHP-FPM serves one connection at a time, so kept connections would block those that wait.
peer_locations="        location = /php/vms {
            fastcgi_keep_conn off;
            include /etc/nginx/fastcgi_params;
            fastcgi_param SCRIPT_FILENAME $(realpath tests/bench/compare_php/vms.php);
            fastcgi_pass unix:$state/run/php.sock;
        }
        location = /node/vms {
            proxy_pass http://node;
            proxy_http_version 1.1;
            proxy_set_header Connection \"\";
        }"

# What the foot of /vms says: the peers show it too.
software() { site_get /vms | sed -n 's|^<span>\(.*\)</span>$|\1|p' | head -1; }
php_start() {
    sed -e "s|STATE/|$state/|;s|= STATE$|= $state|;s|SOFTWARE\"|$(software)\"|" tests/bench/compare_php/php-fpm.conf >"$state/php-fpm.conf"
    site_start php-fpm8.2 --nodaemonize --fpm-config "$state/php-fpm.conf" $([ "$(id -u)" != 0 ] || echo --allow-to-run-as-root)
    site_wait "$state/run/php.sock"
}
node_start() {
    site_start node "$build/bench/node/server.js" "$state" "$state/run/node.sock" "$(software)"
    site_wait "$state/run/node.sock"
}
# The text that people see, times alike.
text_of() {
    site_get "$1" | sed -E 's|<time[^>]*>[^<]*</time>|TIME|g' | tr '\n' ' ' | sed -E 's|<[^>]*>| |g; s|[[:space:]]+| |g'
}
# peer_compare PATH: false, and says what differs, if it is another text than that of /vms.
peer_compare() {
    diff <(text_of /vms | tr ' ' '\n') <(text_of "$1" | tr ' ' '\n') >&2 ||
        { echo "bench: $1 shows another text than /vms (<): the templates in tests/bench/compare_* have to follow" >&2; return 1; }
}
