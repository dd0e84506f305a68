# shellcheck shell=sh
# Reads the two texts of a NoCloud seed; sourced by seed_apply.sh and guest_init.sh.
#
# Not a YAML parser: it reads only the layout that seed.c writes, one JSON item per line.

# json_values FILE KEY: the text of each line `"KEY": "text"`, JSON escapes decoded. json_values
# FILE KEY list: each text of the list `"KEY": [` ... `]`.
json_values() {
    awk -v key="\"$2\": " -v is_list="${3:+1}" '
        function unescape(s, out, i, c) {
            if (!index(s, "\\")) return s
            for (i = 1; i <= length(s); i++) {
                c = substr(s, i, 1)
                if (c == "\\") {
                    c = substr(s, ++i, 1)
                    if (c == "n") c = "\n"
                    if (c == "t") c = "\t"
                }
                out = out c
            }
            return out
        }
        function text(s) {
            sub(/^"/, "", s)
            sub(/",?$/, "", s)
            return unescape(s)
        }
        { sub(/^ +/, "") }
        in_list && /^\]/ { in_list = 0; next }
        in_list { print text($0); next }
        index($0, key) == 1 {
            rest = substr($0, length(key) + 1)
            if (is_list) in_list = (rest == "[")
            else { print text(rest); exit }
        }
    ' "$1"
}
