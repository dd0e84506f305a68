#!/bin/bash
# Checks the rules of ARCHITECTURE.md ("Rules that a machine holds") over the tree. Each check prints its
# findings as FILE:LINE: TEXT; the last line is "N passed, N failed" (checks).
set -uo pipefail
shopt -s lastpipe # check() counts in this shell although it is the last command of a pipe
export LC_ALL=C.UTF-8
cd "$(dirname "$0")/.." || exit 1

passed=0
failed=0
programs=$(git ls-files -co --exclude-standard 'cgi/*.c' 'cgi/*.h')
tools=$(git ls-files -co --exclude-standard 'db/*.c' 'db/*.h' 'templates/*.c' 'templates/*.h' 'static/*.c')
tests=$(git ls-files -co --exclude-standard 'tests/*.c' 'tests/*.h')

# check NAME: standard input lists the violations.
check() {
    local found
    found=$(cat)
    if [ -z "$found" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'lint: %s\n%s\n' "$1" "$found" | head -40
    fi
}

# Each foreign header is included by one file only.
for header in sqlite3 curl/ jansson openssl/ ini.h fcgiapp libvirt/ libxml/ archive seccomp libssh/ idn2 fido; do
    files=$(grep -lE "^#include <$header" $programs)
    [ "$(wc -w <<<"$files")" -le 1 ] || echo "<$header> is included by:" $files
done | check "each library is included by one file"

# What each layer under cgi/ may include, besides itself (ARCHITECTURE.md, "Layers"). "sql" and "html" are
# the headers that sqlc and tmplc generate; "program" is cgi/*.c.
declare -A may_include=(
    [base]=""
    [adapter]="base"
    [model]="adapter base sql"
    [remote]="adapter base"
    [web]="model adapter base sql html"
    [view]="web model adapter base sql html"
    [handler]="web view model adapter base sql html"
    [host]="adapter base"
    [billing]="remote model adapter base sql"
    [worker]="billing host remote model adapter base sql html"
    [helper]="model adapter base sql"
    [admin]="worker host remote model adapter base sql"
    [program]="handler web view model adapter base sql html"
    [networked]="handler web view remote model adapter base sql html"
)
# layer_of INCLUDED: the layer of an include line's path.
layer_of() {
    case $1 in
    inventory.sql.h) echo sql ;;
    *.sql.h) echo sql ;;
    *.html.h | *.txt.h) echo html ;;
    */*) echo "${1%%/*}" ;;
    *) echo unknown ;;
    esac
}
grep -nE '^#include "' $programs | while IFS=: read -r file line include; do
    from=${file#cgi/}
    case $from in
    signin.c | github.c) from=networked ;;
    */*) from=${from%%/*} ;;
    *) from=program ;;
    esac
    path=${include#*\"}
    path=${path%%\"*}
    to=$(layer_of "$path")
    [ "$from" = "$to" ] || [[ " ${may_include[$from]-} " == *" $to "* ]] ||
        echo "$file:$line: $from may not include $to ($path)"
done | check "layers include only lower layers"

# Layers without "sql" above touch no database, and only those with "html" (and the worker's mails) fill
# templates: their includes are refused there, so a call does not compile.

grep -nE '\bclock_now(_ms)?\(' $programs |
    grep -vE '^cgi/(base/(clock|log)\.|helper/log_keeper\.c|adapter/config\.c|web/(serve|webhook_receiver)\.c|worker/|admin/)' |
    check "the clock is read only at the start of a request, a job or a round"

grep -nE 'const char \*\*problem' $programs | check "errors are reported by struct error alone"

grep -nE '\b(malloc|calloc|realloc|free|strdup|strndup)\(' $programs |
    grep -vE "^cgi/base/arena.c:|libvirt's memory" | check "only arena.c calls malloc and free"

grep -nwE '(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|gets|system|popen|rand|srand|localtime|gmtime|ctime)\(' \
    $programs $tools $tests | check "banned functions"

grep -nE '"[^"]*\b(SELECT|INSERT INTO|UPDATE [a-z_]+ SET|DELETE FROM)\b' $programs | check "no SQL in C"

grep -nE '\bgoto\b' $programs | grep -vE 'goto done;' | check "goto leads only to done"

grep -nE '^ *typedef\b' $programs $tools | check "no typedef"

grep -nE $'^.{101,}$|\t' $programs $tools $tests | cut -c1-80 | check "100 columns, no tabs"

wc -l $programs $tools | awk '$2 != "total" && $1 > 500 { print $2 ": " $1 " lines" }' |
    check "files of at most 500 lines"

pmccabe $(grep -E '\.c$' <<<"$programs $tools" | tr ' ' '\n' | grep '\.c$') 2>/dev/null |
    awk '$5 > 60 { print $6 ": " $7 " has " $5 " lines" }' | check "functions of at most 60 lines"

# Inside a function, blocks may be nested three deep.
awk 'FNR == 1 { depth = 0; table = 0 }
     { line = $0; gsub(/"([^"\\]|\\.)*"/, "", line); gsub(/'"'"'([^'"'"'\\]|\\.)'"'"'/, "", line)
       if (line ~ /= *\{/ && depth <= 1) table = 1
       n = gsub(/\{/, "{", line); m = gsub(/\}/, "}", line); depth += n - m
       if (depth > 4 && n > m && !table) print FILENAME ":" FNR ": nested too deeply"
       if (depth <= 1) table = 0 }' $(grep -E '\.c$' <<<"$(tr ' ' '\n' <<<"$programs")") | check "nesting of at most 3"

for file in $programs $tools $tests tests/*.sh cgi/*.sh cgi/guest/*.sh static/*.sh; do
    [ -e "$file" ] || continue
    head -3 "$file" | grep -qE '^/\*|^ \*|^# ' || echo "$file:1: no comment that states its responsibility"
done | check "every file states its purpose"

clang-format-14 --dry-run -Werror $programs $tools $tests 2>&1 | grep -E 'error:' | head -20 | check "clang-format"

shellcheck -x -e SC2046,SC2086,SC1091,SC2034,SC2154,SC2317 $(git ls-files -co --exclude-standard '*.sh') 2>&1 | head -30 | check "shellcheck"

# Durations depend on the machine and its load. Tests assert order and counts; they wait with lib.mjs's
# until(), or for a number of turns. Measuring is done in bench/.
now='(Date\.now\(\)|performance\.now\(\))'
{
    grep -nE 'clock_monotonic|clock_gettime|gettimeofday|difftime|\bclock\(|\btimes\(' tests/unit/*.c | grep -v '^tests/unit/date_test.c:'
    grep -nE '(\b(if|while|for) |CHECK|OK|assert_[a-z_]+)\(.*(clock_monotonic|clock_gettime|\bclock\(|_us - )' tests/e2e/*.c
    grep -nE "${now}[^;,]*( - *[a-zA-Z]|[<>])|([<>]=?| -) *$now|\bhrtime|timerify" tests/*/*.mjs | grep -vF '  if (Date.now() > end) {' # until()
    grep -nE '(\[|\btest|\bexpect|\(\(.*[<>]).*(\bSECONDS|EPOCHSECONDS|EPOCHREALTIME|date \+?.?%[sN])|\(\(.*(SECONDS|EPOCHREALTIME).*[<>]' tests/{unit,page,e2e}/*.sh
} | check "no test asserts how long something took"

# Every route is requested by a page test.
for program in cgi/*.c; do
    sed -nE 's/^ *\{ "(GET|POST)", "([^"]+)".*/\1 \2/p' "$program"
done | while read -r method path; do
    grep -rqF "$method $path" tests/page/ 2>/dev/null || echo "$method $path has no page test"
done | check "a page test for every route"

git ls-files -co --exclude-standard | grep -E '(^|/)(node_modules|build|var)/|\.(o|a|gz|pem|key)$' | check "no build products in the repository"

# Words that have a standard term; see the glossary of ARCHITECTURE.md. (The text of pages is not code.)
words='errands?|wish(es|ed)?|doors?|reckoning|deeds?|crew|seat|waker|asker|leftovers?|desk|habit|catch_up|silent_at|meter_push'
git ls-files 'cgi/*' 'db/*' 'templates/*.[ch]' 'static/*.c' 'static/*.sh' '*.md' Makefile nginx.conf domicile.conf |
    grep -vE '^db/00[1-6]_' | xargs grep -nwEi "($words)" | cut -c1-120 | check "standard terms"

# What people read says it as GitHub, Stripe and Fly do: the text of pages and mails, and strings in C. These
# are phrases of our own that had a standard one.
phrases='look into your|mailbox|worked off|go(es|ing)? on|asked|by itself|e-mail|what to do:|so far|together'
phrases+='|nothing here\.|that is our fault|a little slower|too much at once|does something else|not now|used already'
phrases+='|in order again|taken back|payment late|to pay|has not arrived|do not add up|on to stripe|here since'
phrases+='|where you are signed in|end (this|all others)|somebody else runs|you run it yourself|to the content'
phrases+='|times are utc|filled in|small letters|may log in|ssh by|after this:|now in use|makes your first|no vm yet'
phrases+='|public line|the line for|nobody can (stand|bring)|no way in|not yet gone|on and on|lock it out|left empty'
phrases+='|in no vm|no vm holds|die at once|disks only grow|every stretch|as it was|while stopped|the numbers'
phrases+='|loses the|for good\?|own word|spend cap|its cap'
{
    git ls-files -co --exclude-standard 'templates/*.html' 'templates/*.txt' 'templates/policy/*.md' 'templates/docs/*.md' | while read -r file; do
        sed -E 's/\{\{[^}]*\}\}//g' "$file" | grep -nwEio "($phrases)" | sed "s|^|$file:|"
    done
    # A line without its comment and its includes; of the rest only what is in quotes.
    git ls-files -co --exclude-standard 'cgi/*.c' | while read -r file; do
        sed -E 's/^ *(\/?\*|#include).*//; s/log_[a-z]+\("[^"]*"//g; s/^[^"]*$//; s/^[^"]*"//; s/"[^"]*$//' "$file" |
            grep -nwEio "($phrases)" | sed "s|^|$file:|"
    done
} | check "standard product English"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
