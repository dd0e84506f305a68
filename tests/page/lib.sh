#!/bin/bash
# Page tests: the real programs as plain CGI, without nginx, against golden pages.
#
#   as alice get /vms              ; expect 200 vms.html      # golden page in tests/page/golden
#   nobody   get /vms              ; expect 303 /signin
#   as alice post /keys key=...    ; expect 422 keys_bad.html
#   as alice post_bare /keys ...   ; expect 403               # without the CSRF token
#
# A golden page is the content of <main>, below a line that names its frame, the title, the current menu entry
# and the person. The frames (head, menu, foot) are goldens of their own, frame_NAME.html, so that a new menu
# entry changes only those. A fragment for htmx has no frame and is kept whole. GOLDEN_WRITE=1 make page
# rewrites all of them; review the resulting git diff.
#
# `route "GET /vms/:id"` names the route under test; lint looks for it. People of the fixture: alice
# (owner of team 1, operator), bob (another team), carol (a member of team 1, not an owner), dave (no
# longer a member of any team), nobody.
set -uo pipefail
: "${BUILD:=build}"
tests=$(dirname "${BASH_SOURCE[0]}")
state=$(mktemp -d /tmp/domicile-page.XXXXXX)
trap 'rm -rf "$state"' EXIT
passed=0
failed=0
name=$(basename "$0" .sh)
what=

# Session cookies: one character repeated 43 times; the fixture holds their hashes.
declare -A letters=([alice]=A [bob]=B [carol]=C [dave]=D [link]=L)
token_of() { printf "%43s" "" | tr ' ' "$1"; }
# The token of a session whose secret is 32 zero bytes, with 16 zero bytes of salt.
csrf=$(
    salt=00000000000000000000000000000000
    mac=$(printf 'csrf1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0' |
        openssl dgst -sha256 -mac HMAC -macopt hexkey:$(printf '%064d' 0) -r | cut -d' ' -f1)
    printf '%s' "$salt$mac" | tr -d '\n' | sed 's/../\\x&/g' | xargs -0 printf '%b' |
        openssl base64 -A | tr '+/' '-_' | tr -d '='
)

fresh() {
    rm -rf "${state:?}"/*
    mkdir -m 700 "$state/run" "$state/secrets"
    sed "s/^# image_build .*/image_build = off/" domicile.conf >"$state/domicile.conf"
    "$BUILD/domicile-admin" --state "$state" migrate >/dev/null || exit 1
    sqlite3 "$state/data/main.db" <"$tests/fixture.sql" || exit 1
    for program in stripe workos; do
        printf 'whsec_%s_new\nwhsec_%s_old\n' $program $program >"$state/secrets/$program-webhook"
        chmod 400 "$state/secrets/$program-webhook"
    done
}

# The program that serves a path, by the locations of nginx.conf: an exact one, else the longest prefix.
program_of() {
    awk -v path="${1%%\?*}" '
        $1 == "location" && match($0, /fastcgi_pass [a-z]+/) {
            program = substr($0, RSTART + 13, RLENGTH - 13)
            if ($2 == "=" && $3 == path) exact = program
            if ($2 != "=" && index(path, $2) == 1 && length($2) > longest) {
                longest = length($2); prefix = program
            }
        }
        END { print exact ? exact : prefix }' nginx.conf
}

# ask METHOD PATH [BODY]: runs the program; the response is stored in $state/answer.
headers=()
ask() {
    local program
    program=$(program_of "$2")
    printf '%s' "${3-}" | env -i ASAN_OPTIONS="${ASAN_OPTIONS-}" REQUEST_METHOD="$1" REQUEST_URI="$2" \
        CONTENT_LENGTH="$(printf '%s' "${3-}" | wc -c)" "${headers[@]}" \
        "$BUILD/$program" --state "$state" >"$state/answer" 2>"$state/log"
    what="$1 $2"
}

cookie=
as() {
    cookie="HTTP_COOKIE=__Host-session=$(token_of "${letters[$1]}")"
    shift
    "$@"
}
nobody() {
    cookie=
    "$@"
}
get() {
    headers=(${cookie:+"$cookie"})
    ask GET "$1"
}
# encoded NAME=VALUE...: as a form sends it.
encoded() {
    local pair out=
    for pair in "$@"; do
        out+="${out:+&}${pair%%=*}=$(printf '%s' "${pair#*=}" | jq -sRr @uri)"
    done
    printf '%s' "$out"
}
post() {
    local path=$1
    shift
    headers=(${cookie:+"$cookie"} HTTP_SEC_FETCH_SITE=same-origin CONTENT_TYPE=application/x-www-form-urlencoded)
    ask POST "$path" "$(encoded "csrf=$csrf" "$@")"
}
post_bare() {
    local path=$1
    shift
    headers=(${cookie:+"$cookie"} HTTP_SEC_FETCH_SITE=same-origin CONTENT_TYPE=application/x-www-form-urlencoded)
    ask POST "$path" "$(encoded "$@")"
}
# With other headers, e.g. with HTTP_SEC_FETCH_SITE=cross-site post_raw /keys 'csrf=...'
with() {
    local header=$1
    shift
    extra+=("$header")
    "$@"
    extra=()
}
extra=()
raw() {
    headers=(${cookie:+"$cookie"} CONTENT_TYPE=application/x-www-form-urlencoded "${extra[@]}")
    ask "$1" "$2" "${3-}"
}

route() { :; }

good() { passed=$((passed + 1)); }
bad() {
    failed=$((failed + 1))
    echo "page: $name: $what: $1"
}

# Replaces what changes from run to run: times until now, the year of another year's days, tokens, versions of pages and of the program, request
# ids, proposed names, hashes of static files.
normal() {
    sed -e '1,/^\r*$/d' "$state/answer" | sed -E \
        -e 's/(resets on )1 [A-Z][a-z]{2} [0-9]{4}/\1NEXT-MONTH/' -e 's/(<h2 class="day">1 Jan) 2026</\1</' -e 's/(<small><time [^>]*>1 Jan) 2026, /\1, /' \
        -e 's/>[0-9]+ d( [0-9]+ h)?<\/time>/>SPAN<\/time>/g' -e 's/(id="elapsed"[^>]*>)[^<]+/\1SPAN/' -e 's/(<progress [^>]* value=")[0-9]+/\1NUMBER/' \
        -e 's/(name="csrf" value=")[^"]+/\1CSRF/g' -e 's/(data-session=")[^"]+/\1SESSION/' -e 's/(data-challenge=")[^"]+/\1CHALLENGE/' -e 's/(data-version=")[^"]+/\1VERSION/' \
        -e 's/<code>[0-9a-f]{16}<\/code>/<code>REQUEST<\/code>/' \
        -e 's#(/static/[a-zA-Z.-]+)\.[0-9a-f]{12}\.#\1.HASH.#g' -e 's/integrity="[^"]+"/integrity="HASH"/g' \
        -e 's/(id="name" name="name" value=")[a-z]+-[a-z]+"/\1TWO-WORDS"/' \
        -e 's/(id="snapshot-name" name="name" value=")[0-9]+ [A-Z][a-z]{2}, [0-9:]{5}"/\1NOW"/' -e 's/(<span>|<p class="sub">)Domicile [^<]+/\1Domicile VERSION/'
}

# frame_name: derived from the menu.
frame_name() {
    local name=signed_out
    ! grep -q 'action="/signout"' "$state/frame.html" || name=member
    ! grep -q '<a href="/operator"' "$state/frame.html" || name=operator
    [ $name != signed_out ] || grep -q '<a class="btn" href="/signin"' "$state/frame.html" || name=signin
    ! grep -q '<a href="/prices"' "$state/frame.html" || name+=_billing
    echo $name
}
# split: normal.html into page.html, specific to the page, and frame.html, shared with other pages.
split() {
    local title current person again=
    ! grep -q '^<noscript><meta http-equiv="refresh"' "$state/normal.html" || again=", loaded again"
    title=$(sed -n 's/^<title>\(.*\)<\/title>$/\1/p' "$state/normal.html")
    current=$(sed -n 's/^<a href="\([^"]*\)" aria-current="page"[ >].*/\1/p' "$state/normal.html" | head -1)
    # In a team that is nobody's own, its name is in place of the address, which is in the menu.
    sed -i -E -e '/<span class="mail shared">/{N;N;s/<span class="mail shared">.*<p>([^<]+)<.p>/<span class="mail">\1<\/span><span class="face" aria-hidden="true">P<\/span><\/summary>\n<div>/}' "$state/normal.html"
    person=$(sed -nE 's/.*<span class="mail">([^<]+)<.*/\1/p' "$state/normal.html")
    sed -E -e '/^<main/,/^<\/main>/c\<main></main>' -e 's/^<title>.*/<title>TITLE<\/title>/' -e 's/ aria-current="page"//' \
        -e 's/(<span class="mail">)[^<]+(<.span><span class="face" aria-hidden="true">)[^<]*/\1PERSON\2P/' \
        -e '/^$/d' -e '/^<noscript><meta http-equiv="refresh" content="5"><.noscript>$/d' -e '/^<p>.*, (owner|member|viewer)<.p>$/d' -e 's/(name="return" value=")[^"]+/\1PATH/' \
        "$state/normal.html" >"$state/frame.html"
    frame=frame_$(frame_name).html
    {
        printf '<!-- in %s, "%s", at %s, as %s%s -->\n' "$frame" "$title" "${current:-none}" "${person:-nobody}" "$again"
        sed -n '/^<main/,/^<\/main>/p' "$state/normal.html"
    } >"$state/page.html"
}
# like GOLDEN FILE: are they identical?
like() {
    local golden="$tests/golden/$1"
    # Other scripts may be reading it.
    [ -z "${GOLDEN_WRITE-}" ] || { cp "$2" "$golden.$$" && mv "$golden.$$" "$golden"; }
    cmp -s "$2" "$golden" && return
    bad "differs from golden/$1: $(diff "$golden" "$2" 2>&1 | head -5)"
    return 1
}

# expect STATUS [GOLDEN.html | /location]
expect() {
    local status frame
    status=$(sed -n '1s/^Status: \([0-9]*\).*/\1/p' "$state/answer")
    if [ "$status" != "$1" ]; then
        bad "expected $1, got ${status:-nothing}: $(tail -1 "$state/log" | cut -c1-300)"
        return
    fi
    case ${2-} in
    "") good ;;
    /*)
        if grep -qxF "Location: $2"$'\r' "$state/answer"; then good; else bad "goes to $(grep -a '^Location' "$state/answer")"; fi
        ;;
    *)
        normal >"$state/normal.html"
        if [ "${2#fragment_}" != "$2" ]; then
            ! like "$2" "$state/normal.html" || good
            return
        fi
        # tidy 5.6 knows neither htmx's nor some newer attributes.
        if tidy -q -e "$state/normal.html" 2>&1 | grep -vE 'proprietary attribute|^$' >"$state/tidy"; then
            bad "tidy: $(head -1 "$state/tidy")"
            return
        fi
        split
        ! { like "$2" "$state/page.html" && like "$frame" "$state/frame.html"; } || good
        ;;
    esac
}
# expect_text TEXT / expect_no_text TEXT: anywhere in the response.
expect_text() { if grep -qF -- "$1" "$state/answer"; then good; else bad "lacks: $1"; fi; }
expect_no_text() { if grep -qF -- "$1" "$state/answer"; then bad "has: $1"; else good; fi; }
# answer_unpack FOLDER: the answer is a ZIP file, unpacked there.
answer_unpack() {
    sed '1,/^\r*$/d' "$state/answer" >"$1.zip"
    python3 -m zipfile -e "$1.zip" "$1"
}
# sql STATEMENTS: change the database.
sql() { sqlite3 -cmd ".read $tests/../usage_quarter.sql" "$state/data/main.db" "$1"; }

# summed: once the ledger was changed by hand, its sums are again what the intervals add up to.
summed() {
    sql "DELETE FROM ledger_sum; DELETE FROM ledger_day;
        INSERT INTO ledger_sum SELECT * FROM ledger_sum_reckoned; INSERT INTO ledger_day SELECT * FROM ledger_day_reckoned"
}

# expect_row SQL RESULT: the query's result in the database.
expect_row() {
    local got
    got=$(sqlite3 "$state/data/main.db" "$1")
    if [ "$got" = "$2" ]; then good; else bad "database says \"$got\" to $1, expected \"$2\""; fi
}
# TEXT must not occur in any file of the state directory, including the log and the response.
expect_nowhere() { if grep -rqaF -- "$1" "$state"; then bad "kept: $1"; else good; fi; }

finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
}
fresh
