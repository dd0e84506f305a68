#!/bin/bash
# The docs: every page of the index, the same for everybody, none of it from the database.
. "$(dirname "$0")/lib.sh"

same() { if [ "$1" = "$2" ]; then good; else bad "\"$1\" instead of \"$2\""; fi; }

route "GET /docs"
nobody get /docs ; expect 200 docs.html
pages=$(grep -oE '^<a href="/docs/[a-z0-9-]+"' "$state/answer" | cut -d'"' -f2)
same "$(wc -l <<<"$pages")" "$(find templates/docs -name '*.md' ! -name index.md | wc -l)"
as alice get /docs ; expect 200
expect_text '<a href="/docs">Docs</a>'

route "GET /docs/:name"
before=/docs
for page in $pages; do
    nobody get "$page" ; expect 200
    expect_text "<a href=\"$page\" aria-current=\"page\">"
    expect_text "href=\"$before\" rel=\"prev\""
    expect_no_text "{{"
    before=$page
done
expect_no_text 'rel="next"'
# With each kind of block.
nobody get /docs/incidents ; expect 200 docs_incidents.html
nobody get /docs/monitoring ; expect 200 ; expect_text '<code>domicile_promise&#123;id}</code>'

for path in /docs/ /docs/index /docs/nope /docs/quick-start/ /docs/Quick-start /docs/quick-start/x /docs/docs_index; do
    nobody get $path ; expect 404
done
nobody post /docs ; expect 405

finish
