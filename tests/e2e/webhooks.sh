#!/bin/bash
# Webhooks of Stripe and WorkOS in the running product; see webhooks.mjs.
cd "$(dirname "$0")/../.." || exit 1
exec node tests/e2e/webhooks.mjs "${BUILD:-build}"
