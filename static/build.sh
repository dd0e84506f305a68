#!/bin/bash
# Makes build/static from static/ and the browser libraries in node_modules: each file under a name
# with its hash (so that browsers may cache it forever) and a .gz next to it (nginx: gzip_static). All
# of it is served; beside it is a manifest "NAME HASHEDNAME INTEGRITY" that tmplc reads. Pages are not
# built here.
#
# usage: static/build.sh OUTDIR (and OUTDIR.manifest)
set -euo pipefail

out=$1
libraries="
node_modules/@picocss/pico/css/pico.min.css
node_modules/htmx.org/dist/htmx.min.js
node_modules/uplot/dist/uPlot.iife.min.js
"
font=node_modules/@fontsource-variable/inter/files/inter-latin-wght-normal.woff2

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
    *) gzip -9 -n -k "$out.new/$hashed" ;;
    esac
    printf '%s %s sha384-%s\n' "$name" "$hashed" \
        "$(openssl dgst -sha384 -binary "$1" | base64 -w0)" >>"$out.manifest.new"
}

# Only the weights and characters that the pages use: 21 KB instead of 48.
fonttools varLib.instancer --quiet "$font" wght=400:700 -o "$out.new/.inter"
pyftsubset "$out.new/.inter" --flavor=woff2 --output-file="$out.new/.inter.woff2" \
    --layout-features='kern,tnum' \
    --unicodes='U+0020-007E,U+00A0-00FF,U+2013,U+2014,U+2018-201D,U+2022,U+2026,U+20AC,U+2192'
publish "$out.new/.inter.woff2" inter.woff2
rm "$out.new/.inter" "$out.new/.inter.woff2"
inter=$(cut -d' ' -f2 "$out.manifest.new")
for file in $libraries; do
    publish "$file" "$(basename "$file")"
done
for file in static/*; do
    case $file in
    *.sh | *.c) ;;
    *.css)
        # The only reference inside a file that needs the hashed name.
        sed "s|inter\.woff2|$inter|g" "$file" >"$out.new/.css"
        publish "$out.new/.css" "$(basename "$file")"
        rm "$out.new/.css"
        ;;
    *) publish "$file" "$(basename "$file")" ;;
    esac
done
chmod -R a+rX "$out.new"
rm -rf "$out"
mv "$out.new" "$out"
mv "$out.manifest.new" "$out.manifest"
