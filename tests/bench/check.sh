#!/bin/bash
# Compares the instructions of each page with the committed ones (counts.json): more than 5 % above them is a
# failure. No time is compared, so the result is the same on every machine. The last line is "N passed, N failed".
#
# A change that makes a page dearer for a good reason runs "make bench-count", which writes counts.json anew,
# and gives the reason in its commit. One that makes a page cheaper does so too, so that it stays cheap.
#
# usage: tests/bench/check.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${BUILD:-build}

mkdir -p "$build/bench"
tests/bench/count.sh >"$build/bench/counts.json"
jq -rs '(.[0] + .[1] | keys_unsorted[]) as $page | [$page, .[0][$page] // "-", .[1][$page] // "-"] | @tsv' \
    tests/bench/counts.json "$build/bench/counts.json" | awk -F'\t' '
    BEGIN { printf "%-12s %12s %12s %9s\n", "page", "committed", "now", "change" }
    { change = $2 > 0 ? ($3 / $2 - 1) * 100 : 0
      is_bad = $2 == "-" || $3 == "-" || change > 5
      printf "%-12s %12s %12s %+8.1f%%%s\n", $1, $2, $3, change, is_bad ? "  FAILED" : change < -5 ? "  cheaper: make bench-count" : ""
      if (is_bad) failed++; else passed++ }
    END { if (failed) print "More than committed, or not in both: see tests/bench/check.sh; \"make bench-count\" commits to what is now."
          printf "%d passed, %d failed\n", passed, failed
          exit failed > 0 }'
