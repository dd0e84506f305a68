# The table that "make bench" prints, from build/bench.json.
def left($n): tostring | . + " " * ($n - length);
def right($n): tostring | " " * ($n - length) + .;
def line($name): (($name | left(58)) + (.[$name] | right(10)));
. as $all | ($pages | split("\n")) as $pages |
"\($rounds), medians; others used \(.["share of the processors that others used, %"]) % of the processors\(
    if .["share of the processors that others used, %"] > 5 then ": NOISY, no time here is worth keeping" else "" end)",
"",
"Of the limit\u0027s CPU (1: as cheap as it) \("/ limit" | right(17))\("/ static" | right(10))\("us CPU" | right(10))\("Ir\u0027" | right(10))\("bytes" | right(8))",
($pages[] as $page | "  " + ($page | left(54)) + (.["\($page) / limit"] | right(3)) + (.["\($page) / static"] | right(10)) +
    (.["\($page) us"] | right(10)) + (.["\($page) instructions"] | right(10)) + (.["\($page) bytes"] | right(8))),
"",
line("times less CPU than PHP-FPM and PDO"),
line("times less CPU than Node, Fastify and better-sqlite3"),
line("p50 of /vms / limit, 1 connection"),
line("p99 of /vms / limit, 1 connection"),
line("instructions of /vms, 1,000,000 VMs / 10,000"),
line("events / raw commits per second, 32 senders"),
line("fdatasync per 1,000 events, 32 senders"),
line("ingest instructions"),
line("events per second, 32 senders"),
line("p99 of an event, ms, 32 senders"),
line("of 128 clients at once answered within 2 s"),
line("exec to first page, ms"),
line("dashboard, anonymous kB after the load"),
line("PSS of all, kB"),
(keys[] | select(startswith("PSS of ") and (contains("all") | not)) as $key | $all | "  " + ($key | left(56)) + (.[$key] | right(10))),
line("command to its first step, ms"),
line("command to its end, ms")
