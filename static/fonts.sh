#!/bin/bash
# Cuts the fonts of node_modules down to the weights and characters that the pages use. The same bytes each time
# (no time of the cut in them), or every build would give them, and the style sheet that names them, another hash.
#
# usage: static/fonts.sh OUTDIR
set -euo pipefail

out=$1
fonts=node_modules/@fontsource-variable
mkdir -p "$out"

# font FILE NAME AXES CHARACTERS
font() {
    # shellcheck disable=SC2086 # several axes
    fonttools varLib.instancer --quiet --no-recalc-timestamp "$1" $3 -o "$out/.font"
    pyftsubset "$out/.font" --flavor=woff2 --output-file="$out/$2" --layout-features='kern,tnum' --unicodes="$4"
    rm "$out/.font"
}
inter=$fonts/inter/files/inter-latin-opsz-normal.woff2
# Letters with accents are a file of their own, which browsers load when a name has one (app.css).
font "$inter" inter.woff2 'wght=400:680' \
    'U+0020-007E,U+00B7,U+00D7,U+2013,U+2014,U+2018-201D,U+2022,U+2026,U+20AC,U+2192,U+2212'
font "$inter" inter-more.woff2 'wght=400:680' 'U+00A0-00B6,U+00B8-00D6,U+00D8-00FF'
font "$fonts/jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2" mono.woff2 'wght=400' 'U+0020-007E'
