#!/bin/bash
# What unsigned webhooks can cost: one sender with a thousand slow connections, and one who floods; see slow.mjs.
cd "$(dirname "$0")/../.." || exit 1
exec node tests/e2e/slow.mjs "${BUILD:-build}"
