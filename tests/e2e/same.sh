#!/bin/bash
# A program returns the same bytes as plain CGI and through FastCGI: so page tests, which use the former, also
# hold for the latter.
set -euo pipefail
build=$(realpath "${BUILD:-build}")
state=$(mktemp -d /tmp/same.XXXXXX)
passed=0
failed=0
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$state"' EXIT

mkdir "$state"/{run,secrets}
sed "s/^# image_build .*/image_build = off/" domicile.conf >"$state/domicile.conf"
"$build/domicile-admin" --state "$state" migrate >/dev/null
spawn-fcgi -n -s "$state/run/site.sock" -- "$build/site" --state "$state" 2>/dev/null &
server=$!
for _ in $(seq 1800); do
    [ ! -S "$state/run/site.sock" ] || break
    sleep 0.1
done

# The request id is new each time, and so the only difference.
same() {
    sed -E 's/<code>[0-9a-f]{16}<\/code>/<code>ID<\/code>/' | sha256sum
}
for asked in "GET /" "HEAD /" "GET /nothing" "POST /" "GET /%"; do
    ask=(env -i "REQUEST_METHOD=${asked%% *}" "REQUEST_URI=${asked#* }" ASAN_OPTIONS="${ASAN_OPTIONS-}")
    cgi=$("${ask[@]}" "$build/site" --state "$state" </dev/null 2>/dev/null | same)
    fastcgi=$("${ask[@]}" /usr/bin/cgi-fcgi -bind -connect "$state/run/site.sock" </dev/null | same)
    if [ "$cgi" = "$fastcgi" ] && [ "$cgi" != "$(same </dev/null)" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "same: $asked responds differently"
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
