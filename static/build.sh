#!/bin/bash
# Makes build/static from static/ and the browser libraries in node_modules: each file under a name
# with its hash (so that browsers may cache it forever) and a .gz next to it (nginx: gzip_static). All
# of it is served; beside it is a manifest "NAME HASHEDNAME INTEGRITY" that tmplc reads. Pages are not
# built here.
#
# usage: static/build.sh OUTDIR FILE... (and OUTDIR.manifest); FILE: fonts and icons, made by fonts.sh and sprite.mjs
set -euo pipefail

out=$1
shift
libraries="
node_modules/htmx.org/dist/htmx.min.js
node_modules/idiomorph/dist/idiomorph-ext.min.js
"

rm -rf "$out.new" "$out.manifest.new"
mkdir -p "$out.new"

# publish FILE NAME: copy under a hashed name, compress, add to the manifest.
publish() {
    local name=$2 hash hashed
    hash=$(sha384sum "$1" | cut -c1-12)
    hashed="${name%.*}.$hash.${name##*.}"
    cp "$1" "$out.new/$hashed"
    case $name in
    *.woff2 | *.png) ;;
    *) zopfli "$out.new/$hashed" ;; # 3 % smaller than gzip -9
    esac
    printf '%s %s sha384-%s\n' "$name" "$hashed" \
        "$(openssl dgst -sha384 -binary "$1" | base64 -w0)" >>"$out.manifest.new"
}

# bare: without comments on lines of their own, and without indentation.
bare() {
    sed -e '/^ *\/\*.*\*\/$/d' -e '/^ *\/\*/,/\*\/$/d' -e 's/^ *//'
}
hashed() {
    sed -n "s/^$1 \([^ ]*\) .*/\1/p" "$out.manifest.new"
}
for file in "$@" $libraries; do
    publish "$file" "$(basename "$file")"
done
for file in static/*; do
    case $file in
    *.sh | *.c | *.mjs) ;;
    *.css)
        # The only references inside a file that need hashed names.
        sed "s|inter\.woff2|$(hashed inter.woff2)|; s|inter-more\.woff2|$(hashed inter-more.woff2)|; s|mono\.woff2|$(hashed mono.woff2)|" "$file" | bare |
            sed -E 's/ *([{};]) */\1/g; s/([:,]) /\1/g; s/;\}/}/g' | tr -d '\n' >"$out.new/.css"
        publish "$out.new/.css" "$(basename "$file")"
        rm "$out.new/.css"
        ;;
    *.js)
        bare <"$file" >"$out.new/.js"
        publish "$out.new/.js" "$(basename "$file")"
        rm "$out.new/.js"
        ;;
    *) publish "$file" "$(basename "$file")" ;;
    esac
done
chmod -R a+rX "$out.new"
rm -rf "$out"
mv "$out.new" "$out"
mv "$out.manifest.new" "$out.manifest"
