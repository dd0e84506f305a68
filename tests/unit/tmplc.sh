#!/bin/bash
# Tests of tmplc: tests/unit/tmplc.sh TMPLC_BINARY
#
# tmplc/accepted.txt  pages that compile, what their fields hold, and the exact bytes they write
# tmplc/refused.txt   pages that tmplc refuses, with the exact messages
# tmplc/mistyped.txt  pages that tmplc accepts and the C compiler refuses, at the template's line
#
# In these files "## NAME" begins a case, "@@ _part.html" a part of it, "-- " a line of C that fills
# the page, "=> " an expected line. The page itself is called NAME.html; of "## NAME.txt", NAME.txt.
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
tmplc=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags=(-std=c11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Wshadow -Wstrict-prototypes -Wconversion
    -Wsign-conversion -Werror "-I$top/cgi" "-I$here/tmplc")
passed=0
failed=0
export LC_ALL=C ASAN_OPTIONS=detect_leaks=0

# split FILE FOLDER: each case becomes FOLDER/NAME/ with NAME.html or .txt, parts, fill.c and expected.
split() {
    mkdir -p "$2"
    awk -v folder="$2" '
        /^$/ { blanks = blanks "\n"; next } # a blank line counts when more follows
        /^(## |@@ |-- |=>)/ { blanks = "" }
        /^## / { name = $2; kind = sub(/\.txt$/, "", name) ? ".txt" : ".html"
                 case_folder = folder "/" name
                 system("mkdir -p " case_folder)
                 file = case_folder "/" name kind
                 printf "" > file; printf "" > (case_folder "/expected")
                 printf "" > (case_folder "/fill.c"); next }
        name == "" { next }
        /^@@ / { file = case_folder "/" $2; printf "" > file; next }
        /^-- / { print substr($0, 4) > (case_folder "/fill.c"); next }
        /^=>/ { print substr($0, 4) > (case_folder "/expected"); next }
        { printf "%s%s\n", blanks, $0 > file; blanks = "" }' "$1"
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

# kind_of FOLDER NAME: html or txt.
kind_of() { if [ -e "$1/$2.txt" ]; then echo txt; else echo html; fi; }

# write_program NAMES...: a program that writes any of these pages.
write_program() {
    local name kind
    printf '#include "fixture.h"\n'
    for name in "$@"; do
        kind=$(kind_of "$work/accepted/$name" "$name")
        printf '#include "%s.%s.h"\n' "$name" "$kind"
        printf 'static void run_%s(struct buf *buf, const struct frame *frame)\n{\n' "$name"
        if grep -q "^struct ${name}_$kind {" "$work/out/$name.$kind.h"; then
            printf '    struct %s_%s page = { 0 };\n\n' "$name" "$kind"
            cat "$work/accepted/$name/fill.c"
            printf '    %s_%s(buf, frame, &page);\n}\n' "$kind" "$name"
        else
            printf '    %s_%s(buf, frame, NULL);\n}\n' "$kind" "$name"
        fi
    done
    printf 'int main(int argc, char **argv)\n{\n'
    for name in "$@"; do
        printf '    if (argc == 2 && strcmp(argv[1], "%s") == 0)\n' "$name"
        printf '        return fixture_run(run_%s);\n' "$name"
    done
    printf '    return 2;\n}\n'
}

accepted() {
    local names=() objects=()

    mkdir -p "$work/out"
    split "$here/tmplc/accepted.txt" "$work/accepted"
    for folder in "$work"/accepted/*/; do
        name=$(basename "$folder")
        kind=$(kind_of "$folder" "$name")
        if (cd "$folder" && "$tmplc" --static "$here/tmplc/manifest" --out "$work/out" "$name.$kind") &&
            gcc "${flags[@]}" "-I$work/out" -c -o "$work/out/$name.o" "$work/out/$name.$kind.c"; then
            names+=("$name")
            objects+=("$work/out/$name.o")
        else
            failed=$((failed + 1))
            echo "FAILED $name does not compile"
        fi
    done
    write_program "${names[@]}" >"$work/program.c"
    if ! gcc "${flags[@]}" "-I$work/out" -o "$work/program" "$work/program.c" "${objects[@]}" \
        "$top"/cgi/base/{html,plain_text,buf,arena,format,clock,date,text,log}.c; then
        failed=$((failed + 1))
        return
    fi
    for name in "${names[@]}"; do
        "$work/program" "$name" >"$work/actual"
        verdict "$name" "$work/accepted/$name/expected" "$work/actual"
    done
}

refused() {
    split "$here/tmplc/refused.txt" "$work/refused"
    for folder in "$work"/refused/*/; do
        name=$(basename "$folder")
        mkdir "$folder/out"
        (cd "$folder" && "$tmplc" --static "$here/tmplc/manifest" --out out \
            "$name.$(kind_of . "$name")") \
            >"$work/actual" 2>&1
        code=$?
        [ $code -eq 1 ] || echo "exit $code" >>"$work/actual"
        [ -z "$(ls "$folder/out")" ] || echo "wrote a page all the same" >>"$work/actual"
        verdict "$name" "$folder/expected" "$work/actual"
    done
}

# The compiler's first message, and the first line of a template that it names.
mistyped() {
    split "$here/tmplc/mistyped.txt" "$work/mistyped"
    for folder in "$work"/mistyped/*/; do
        name=$(basename "$folder")
        kind=$(kind_of "$folder" "$name")
        (cd "$folder" && "$tmplc" --out . "$name.$kind" &&
            gcc "${flags[@]}" -I. -c -o page.o "$name.$kind.c") >"$folder/messages" 2>&1
        place=$(grep -oE '^[a-z_]*\.(html|txt):[0-9][0-9]*' "$folder/messages" | head -n 1)
        message=$(sed -n 's/^.*: error: //p' "$folder/messages" | head -n 1 |
            sed 's/; did you mean.*//; s/ \[-Werror.*//')
        echo "$place: $message" >"$work/actual"
        verdict "$name" "$folder/expected" "$work/actual"
    done
}

# A page that has not changed is not written again, so that make has nothing to do.
unchanged() {
    mkdir "$work/twice"
    printf '{{ page }}\n<p>x</p>\n' >"$work/twice/twice.html"
    "$tmplc" --out "$work/twice" "$work/twice/twice.html"
    touch -d 2000-01-01 "$work"/twice/twice.html.[ch]
    "$tmplc" --out "$work/twice" "$work/twice/twice.html"
    find "$work/twice" -name 'twice.html.[ch]' -newermt 2001-01-01 >"$work/actual"
    verdict unchanged /dev/null "$work/actual"
}

accepted
refused
mistyped
unchanged
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
