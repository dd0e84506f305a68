#!/bin/bash
# The program that keeps the log: files by day, whole lines, a limit of each day, old days removed, no link
# followed, nothing lost when it is asked to end.
#
# usage: tests/unit/log_keeper.sh PROGRAM
set -uo pipefail
program=$(realpath "$1")
state=$(mktemp -d /tmp/dg.XXXXXX)
trap 'rm -rf "$state"' EXIT
passed=0
failed=0
expect() { # TEXT FOUND EXPECTED
    if [ "$2" = "$3" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED $1: got \"$2\", expected \"$3\""
    fi
}
log=$state/log
mkdir "$log"
sed 's/^# log_days.*/log_days = 3/' domicile.conf >"$state/domicile.conf"
# Without what the program says itself when it starts.
said() { grep -v '^time=.* program=log_keeper event=sandbox ' "$log/$day"; }
keep() { "$program" "$state" 2>/dev/null; }

ago() { date -u -d "$1 days ago" +%F; }
touch "$log/2001-01-01" "$log/2001-01-01.before" "$log/2999-01-01" "$log/$(ago 3)" "$log/$(ago 2)"
printf 'one\ntwo' | keep
day=$(date -u +%F)
expect "all that is said is kept" "$(said)" "one
two"
expect "for its user alone" "$(stat -c %a "$log/$day")" 600
expect "old days are removed" "$(ls "$log")" "$(printf '%s\n' "$(ago 2)" "$day" 2999-01-01 | sort)"
printf '\nthree\n' | keep
expect "the next one goes on" "$(tail -1 "$log/$day")" three

# 200 MB of numbered lines of 64 bytes, over a limit of 64 MB for each of two files.
seq -f '%063.0f' 1 3200000 | keep
expect "two files of a day" "$(find "$log" -name "$day*" | wc -l)" 2
expect "of at most 64 MB" "$(find "$log" -size +65536k)" ""
expect "with whole lines" "$(cat "$log/$day.before" "$log/$day" | grep -v event=dropped | awk 'length != 63' | grep -cvxE 'one|two|three|')" 0
expect "the last is there" "$(tail -1 "$log/$day" | sed 's/^0*//')" 3200000
expect "it says that there were more" "$(grep -c 'program=log_keeper event=dropped$' "$log/$day")" 1
expect "none is missing before it" "$(cat "$log/$day.before" "$log/$day" | grep -v -e event=dropped -e '^$' | sed 's/^0*//' |
    awk 'NR > 1 && $1 != last + 1 { print } { last = $1 }' | wc -l)" 0

rm "$log/$day"*
echo mine >"$state/file"
ln -s ../file "$log/$day"
echo other | keep
expect "no link is followed" "$(cat "$state/file")" mine
rm "$log/$day"

# Asked to end while others may still write: it takes what is there.
mkfifo "$state/pipe"
exec 8<>"$state/pipe"
keep <&8 &
keeper=$!
echo last >&8
until [ -s "$log/$day" ]; do sleep 0.1; done
echo really >&8
kill -TERM "$(pgrep -P "$keeper" -f "$program" || echo "$keeper")"
wait "$keeper"
expect "it ends, and nothing is lost" "$(said)" "last
really"

# The day ends while it runs: what is said then is of the new day, it ends, and the next one has the term of that day.
# Its clock goes ahead by what the file says, mapped before it confines itself.
cc -shared -fPIC -o "$state/clock.so" -x c - <<'END'
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t id, struct timespec *out)
{
    static const char *ahead;
    int result = (int)syscall(SYS_clock_gettime, id, out);

    if (!ahead)
        ahead = mmap(NULL, 4096, PROT_READ, MAP_SHARED, open(getenv("CLOCK_AHEAD"), O_RDONLY), 0);
    out->tv_sec += atoi(ahead);
    return result;
}
END
ahead() { printf '%05d\n' "$1" | dd of="$state/ahead" conv=notrunc status=none; }
ahead 0
tomorrow=$(date -u -d "$day + 1 day" +%F)
rm "$log/$day"
touch "$log/$(ago 2)"
exec 8<&- 8<>"$state/pipe"
CLOCK_AHEAD=$state/ahead LD_PRELOAD=$state/clock.so ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0 "$program" "$state" <&8 2>/dev/null &
keeper=$!
echo before >&8
until said 2>/dev/null | grep -q before; do sleep 0.1; done
ahead 86400
echo -n aft >&8
wait "$keeper"
expect "it ends with its day" "$?" 0
expect "what was said before" "$(said)" before
expect "what is said after" "$(cat "$log/$tomorrow")" aft
expect "what the former term had removed is there" "$(ls "$log/$(ago 2)")" "$log/$(ago 2)"
sed -i 's/^log_days.*/log_days = 2/' "$state/domicile.conf"
echo er | keep
expect "the next one has the new term" "$(ls "$log")" "$(printf '%s\n' "$day" "$tomorrow" 2999-01-01 | sort)"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
