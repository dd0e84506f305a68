#!/bin/sh
# Runs sqlc over the cases in tests/unit/sqlc: each is a small db/ that it must accept or refuse.
#
#     tests/unit/sqlc.sh build/sqlc
#
# A case is one text of several files: a line "=== PATH" begins the file at PATH. Without a
# db/001_start.sql of its own it gets the one beside the cases. "=== expect" holds what a refusal
# prints, all of it. In an accepted case "=== build/db/..." holds what sqlc must write; all C that
# it writes must also compile with the project's warnings against cgi/adapter/db.h.
set -u

sqlc=$(realpath "${1:?usage: tests/unit/sqlc.sh SQLC}")
cases=$(realpath "$(dirname "$0")/sqlc")
lib=$(realpath "$cases/../../../cgi")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
warnings='-Wall -Wextra -Wshadow -Wstrict-prototypes -Wconversion -Wsign-conversion -Werror'
# A build tool that ends frees nothing.
export ASAN_OPTIONS=detect_leaks=0
passed=0
failed=0

# The files of a case, in a folder of its own that becomes the current one.
unpack() {
    rm -rf "$scratch/case"
    mkdir -p "$scratch/case/db" "$scratch/case/build/db" "$scratch/case/want/build/db"
    cd "$scratch/case" || exit 1
    cp "$cases/001_start.sql" db/
    awk '/^=== / { file = $2; if (file !~ /^db\//) file = "want/" file
                   printf "" > file; next }
         { print > file }' "$1"
}

run() {
    "$sqlc" --schema db --name main --out build/db 2>got
}

refused() {
    run && echo "was accepted" && return 1
    diff -u want/expect got || return 1
    [ -z "$(ls build/db)" ] || { echo "wrote in spite of it"; return 1; }
}

accepted() {
    run || { cat got; return 1; }
    for want in $(cd want && find build -type f); do
        diff -u "want/$want" "$want" || return 1
    done
    for source in build/db/*.c; do
        # shellcheck disable=SC2086
        gcc -std=c11 -D_GNU_SOURCE $warnings -fsyntax-only -I"$lib" "$source" || return 1
    done
}

unchanged() {
    run || return 1
    touch -d '2001-01-01' build/db/*
    echo '-- vm_more(team_id int) rows
SELECT id FROM vm WHERE team_id = :team_id;' >>db/vm.sql
    run || return 1
    [ "$(find build/db -type f -newermt 2002-01-01 | sort | xargs)" = \
        'build/db/vm.sql.c build/db/vm.sql.h' ]
}

record() {
    if output=$("$2" 2>&1); then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED %s\n%s\n' "$1" "$output"
    fi
}

for kind in accepted refused; do
    for file in "$cases/$kind"/*.txt; do
        unpack "$file"
        record "$kind/$(basename "$file" .txt)" "$kind"
    done
done

unpack "$cases/accepted/shapes.txt"
record 'an output that stays the same is not written again' unchanged

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
