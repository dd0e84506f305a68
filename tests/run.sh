#!/bin/bash
# Runs the suites, several at a time, and adds up their results. Each suite ends with "N passed, N failed" (or
# is a cmocka program); so does this, as its last line. Without an argument: lint, then unit, page and
# end-to-end tests, the count of instructions (bench/check.sh) and what the bench compares with
# (bench/peers_check.sh) in the normal build and, in parallel, unit, page, sign-in, webhooks, mail and
# billing again under the sanitizers. (The kill tests, the browser and those of the front end add nothing
# there.)
#
# The output of a failed suite is kept in build/logs/NAME.log. Suites may run in parallel because each has its
# own state directory, ports (ports.sh) and daemons, and none asserts how long anything takes. Suites that
# cannot run in parallel share a lane: one suite per lane runs at a time.
#
# More suites than processors run at a time: many of them wait for a guest that boots, or for a minute to pass.
#
# usage: [JOBS=4] tests/run.sh [lint|unit|page|count|e2e|sanitized]...
set -uo pipefail
set -m # each suite leads a process group, so that it can be ended with all its children
cd "$(dirname "$0")/.." || exit 1
export BUILD=${BUILD:-build}
export ASAN_OPTIONS=detect_leaks=0:abort_on_error=1 # arenas live as long as the process
jobs=${JOBS:-$(($(nproc) + 2))}
logs=$BUILD/logs
passed=0
failed=0

# ---- the queue: the first suite that may start does ----
names=()
lanes=()
needs=() # a build that must have succeeded, or "nothing"
commands=()

# add NAME LANE NEEDS COMMAND...
add() {
    names+=("$1")
    lanes+=("$2")
    needs+=("$3")
    shift 3
    commands+=("${*@Q}")
}

build() {
    local mode=$1 folder=$BUILD san=
    if [ "$mode" = sanitized ]; then
        folder=$BUILD/sanitized
        san=SAN=1
    fi
    [[ " ${names[*]-} " == *" $mode build "* ]] ||
        add "$mode build" build nothing make --no-print-directory -j2 BUILD="$folder" $san all guest tests
}
unit() {
    local mode=$1 folder=$2 program
    add "$mode sqlc" "" "$mode build" tests/unit/sqlc.sh "$folder/sqlc"
    add "$mode tmplc" "" "$mode build" tests/unit/tmplc.sh "$folder/tmplc"
    add "$mode mdc" "" "$mode build" tests/unit/mdc.sh "$folder/mdc"
    add "$mode policy" "" "$mode build" tests/unit/policy.sh "$folder"
    add "$mode log_keeper" "" "$mode build" tests/unit/log_keeper.sh "$folder/log_keeper"
    for program in tests/unit/*_test.c; do
        program=$(basename "$program" .c)
        add "$mode $program" "" "$mode build" "$folder/tests/$program"
    done
}
page() {
    local mode=$1 folder=$2 script
    for script in tests/page/*_page.sh; do
        add "$mode page $(basename "$script" _page.sh)" "" "$mode build" env BUILD="$folder" bash "$script"
    done
}
count() {
    add "$1 count of instructions" "" "$1 build" env BUILD="$2" tests/bench/check.sh
    add "$1 peers of the bench" "" "$1 build" env BUILD="$2" tests/bench/peers_check.sh
}
# e2e MODE FOLDER [NAME...]: all of them, or those named. The longest start first.
e2e() {
    local mode=$1 folder=$2 script lane
    shift 2
    [ $# -gt 0 ] || set -- $(
        printf '%s\n' $slowest
        basename -s .sh tests/e2e/*.sh | grep -vxF "$(printf '%s\n' $slowest)"
    )
    for script; do
        lane=
        # Both would keep two cores busy, and guests of both choose among the same ports.
        [[ $script != kill* && $script != webhook_kill && $script != front ]] || lane="kill"
        add "$mode e2e $script" "$lane" "$mode build" env BUILD="$folder" bash "tests/e2e/$script.sh"
    done
}
slowest="driver image host kill_guests kill profiles probe policy webhook_kill stripe pages browser mail"

# ---- running ----
declare -A name_of=() begun_at=() is_busy=() lane_of=() is_built=([nothing]=yes)

begin() {
    local i=$1 log
    log=$logs/${names[i]// /-}.log
    bash -c "exec ${commands[i]}" >"$log" 2>&1 </dev/null &
    name_of[$!]=${names[i]}
    lane_of[$!]=${lanes[i]}
    begun_at[$!]=$SECONDS
    [ -z "${lanes[i]}" ] || is_busy[${lanes[i]}]=yes
    unset "names[i]" "lanes[i]" "needs[i]" "commands[i]"
}

# Starts the suites that may run; false: none can for now.
begin_next() {
    local i need
    [ ${#name_of[@]} -lt "$jobs" ] || return 1
    for i in "${!names[@]}"; do
        need=${needs[i]}
        if [ "${is_built[$need]-}" = no ]; then
            unset "names[i]" "lanes[i]" "needs[i]" "commands[i]"
        elif [ "${is_built[$need]-}" = yes ] &&
            { [ -z "${lanes[i]}" ] || [ -z "${is_busy[${lanes[i]}]-}" ]; }; then
            begin "$i"
            return 0
        fi
    done
    return 1
}

# ended PID STATUS
ended() {
    local name=${name_of[$1]} took=$((SECONDS - begun_at[$1])) log last good bad
    log=$logs/${name// /-}.log
    [ -z "${lane_of[$1]}" ] || unset "is_busy[${lane_of[$1]}]"
    unset "name_of[$1]"
    last=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$log" | tail -1)
    if [ -n "$last" ]; then
        read -r good _ bad _ <<<"$last"
    else
        good=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test(s).*/\1/p' "$log" | paste -sd+ | bc)
        bad=$(sed -n 's/^\[  FAILED  \] \([0-9]*\) test(s).*/\1/p' "$log" | paste -sd+ | bc)
    fi
    good=${good:-0}
    bad=${bad:-0}
    if [[ $name == *" build" ]]; then
        is_built[$name]=yes
        if [ "$2" != 0 ]; then
            is_built[$name]=no
            bad=1
        fi
    elif [ "$bad" = 0 ] && { [ "$2" != 0 ] || [ "$good" = 0 ]; }; then
        bad=1 # a suite that crashed or ran nothing has failed, whatever its counts
    fi
    printf '%-44s %5d passed %4d failed  %4d s\n' "$name" "$good" "$bad" "$took"
    if [ "$bad" != 0 ]; then
        tail -40 "$log"
        echo "(full output: $log)"
    else
        rm -f "$log"
    fi
    passed=$((passed + good))
    failed=$((failed + bad))
}

stop() {
    local pid
    trap '' INT TERM
    for pid in "${!name_of[@]}"; do
        kill -TERM -- "-$pid" 2>/dev/null
    done
    wait
    exit 130
}
trap stop INT TERM HUP

# The users that programs run as for root: created here, before several suites try to at the same time.
if [ "$(id -u)" = 0 ]; then
    for user in domicile domicile-stripe domicile-workos; do
        id "$user" >/dev/null 2>&1 ||
            useradd --system --user-group --home-dir /nonexistent --shell /usr/sbin/nologin "$user"
    done
fi
rm -rf "$logs"
mkdir -p "$logs"

[ $# -gt 0 ] || set -- lint unit page count e2e sanitized
for part; do
    case $part in
    lint) add lint "" nothing tests/lint.sh ;;
    sanitized) build sanitized ;;
    *) build plain ;;
    esac
done
for part in e2e sanitized count page unit; do
    [[ " $* " == *" $part "* ]] || continue
    case $part in
    sanitized)
        e2e sanitized "$BUILD/sanitized" stripe mail webhooks webhook_full workos signin
        page sanitized "$BUILD/sanitized"
        unit sanitized "$BUILD/sanitized"
        ;;
    *) $part plain "$BUILD" ;;
    esac
done

while :; do
    while begin_next; do :; done
    [ ${#name_of[@]} -gt 0 ] || break
    wait -n -p pid "${!name_of[@]}"
    ended "$pid" $?
done
printf 'took %d min %d s\n' $((SECONDS / 60)) $((SECONDS % 60))
echo "$passed passed, $failed failed"
[ $failed = 0 ]
