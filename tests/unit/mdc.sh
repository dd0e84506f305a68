#!/bin/bash
# Tests of mdc: tests/unit/mdc.sh MDC_BINARY
#
# mdc/accepted.txt  a text that compiles, and the C that becomes of it
# mdc/refused.txt   texts that mdc refuses, with the exact messages
#
# mdc/docs_accepted.txt, mdc/docs_refused.txt  the same of pages of the docs, and the body of their template
#
# In these files "## NAME" begins a case: the text is p/cookies.md, of the only profile, p. "@@ FILE"
# begins another file of the folder, "=> " is an expected line. Of the docs the text is docs/one.md. What a case does not write is as
# short as it can be.
set -u

here=$(cd "$(dirname "$0")" && pwd)
mdc=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0
export LC_ALL=C ASAN_OPTIONS=detect_leaks=0

# split FILE FOLDER: each case becomes FOLDER/NAME/policy with its files, and FOLDER/NAME/expected.
split() {
    awk -v folder="$2" '
        /^## / && NF == 2 && $2 ~ /^[a-z_]+$/ { name = $2; case_folder = folder "/" name
                 system("mkdir -p " case_folder "/policy/p " case_folder "/out")
                 file = case_folder "/policy/p/cookies.md"
                 printf "" > file; printf "" > (case_folder "/expected"); next }
        name == "" { next }
        /^@@ / { file = case_folder "/policy/" $2; printf "" > file; next }
        /^=>/ { print substr($0, 4) > (case_folder "/expected"); next }
        { print > file }' "$1"
    for folder in "$2"/*/policy; do
        [ -e "$folder/rows.md" ] ||
            printf '| row | question | p | default | needs |\n|-|-|-|-|-|\n| logs | How long? | 30 | - | - |\n' \
                >"$folder/rows.md"
        for name in $documents; do
            [ -e "$folder/p/$name.md" ] || printf '# %s\n\nText.\n' "$name" >"$folder/p/$name.md"
        done
    done
}

# verdict NAME EXPECTED ACTUAL: compare two files.
verdict() {
    if diff -u "$2" "$3" >"$work/diff"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED $1"
        sed 's/^/    /' "$work/diff"
    fi
}

accepted() {
    split "$here/mdc/accepted.txt" "$work/accepted"
    for folder in "$work"/accepted/*/; do
        name=$(basename "$folder")
        (cd "$folder" && "$mdc" policy --out out policy) >"$work/actual" 2>&1 || echo "exit $?" >>"$work/actual"
        grep -vE '^(static|};|$)|Generated|#include' "$folder/out/policy_texts.c" >>"$work/actual"
        verdict "$name" "$folder/expected" "$work/actual"
    done
}

refused() {
    split "$here/mdc/refused.txt" "$work/refused"
    for folder in "$work"/refused/*/; do
        name=$(basename "$folder")
        (cd "$folder" && "$mdc" policy --out out policy) >"$work/actual" 2>&1
        code=$?
        [ $code -eq 1 ] || echo "exit $code" >>"$work/actual"
        [ -z "$(ls "$folder/out")" ] || echo "wrote tables all the same" >>"$work/actual"
        verdict "$name" "$folder/expected" "$work/actual"
    done
}

# Tables that have not changed are not written again, so that make has nothing to do.
unchanged() {
    local folder=$work/accepted/all

    touch -d 2000-01-01 "$folder/out/policy_texts.c"
    (cd "$folder" && "$mdc" policy --out out policy)
    find "$folder/out" -newermt 2001-01-01 -name '*.c' >"$work/actual"
    verdict unchanged /dev/null "$work/actual"
}

# docs_split FILE FOLDER
docs_split() {
    local documents='' folder
    split "$1" "$2"
    for folder in "$2"/*/; do
        mkdir "$folder/docs"
        mv "$folder/policy/p/cookies.md" "$folder/docs/one.md"
        rm -r "$folder/policy/p" "$folder/policy/rows.md"
        find "$folder/policy" -name '*.md' -exec mv {} "$folder/docs/" ';'
        [ -e "$folder/docs/index.md" ] ||
            printf '# Docs\n\nAll.\n\n## Guides\n\n- [One](/docs/one): the only one.\n' >"$folder/docs/index.md"
    done
}

docs_accepted() {
    docs_split "$here/mdc/docs_accepted.txt" "$work/docs_accepted"
    for folder in "$work"/docs_accepted/*/; do
        (cd "$folder" && "$mdc" docs --out out docs) >"$work/actual" 2>&1 || echo "exit $?" >>"$work/actual"
        sed -n '/^<div class="start">/,/^<.div><.div>/p' "$folder/out/docs_one.html" >>"$work/actual"
        grep -E '^    \{|COUNT' "$folder/out/docs_pages.c" >>"$work/actual"
        verdict "docs $(basename "$folder")" "$folder/expected" "$work/actual"
    done
}

docs_refused() {
    docs_split "$here/mdc/docs_refused.txt" "$work/docs_refused"
    for folder in "$work"/docs_refused/*/; do
        (cd "$folder" && "$mdc" docs --out out docs) >"$work/actual" 2>&1
        code=$?
        [ $code -eq 1 ] || echo "exit $code" >>"$work/actual"
        [ -z "$(ls "$folder/out")" ] || echo "wrote templates all the same" >>"$work/actual"
        verdict "docs $(basename "$folder")" "$folder/expected" "$work/actual"
    done
}

documents="privacy terms security subprocessors"
accepted
refused
unchanged
docs_accepted
docs_refused
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
