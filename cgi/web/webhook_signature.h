/*
 * Verifies the signature in a webhook's header over the raw bytes of its body. Both services send
 * HMAC-SHA256(secret, "TIME.BODY"); the key is the full text of the secret.
 *
 *   Stripe  "t=SECONDS,v1=HEX,v1=HEX,v0=HEX"   one v1 per secret while one is rotated
 *           https://docs.stripe.com/webhooks#verify-manually
 *   WorkOS  "t=MILLISECONDS, v1=HEX"
 *           https://workos.com/docs/events/data-syncing/webhooks
 *
 * A time that differs from ours by more than LIMIT_..._SKEW_S is refused: an old one may be a
 * replay, a future one could be replayed until then.
 */
#pragma once

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

struct signed_body {
    const char *header; /* the signature's header; "" when there is none */
    const char *bytes;
    size_t length;
};

/*
 * Whether it was signed with one of `secrets` within the allowed skew. Compares in constant time.
 */
bool signature_stripe(struct arena *arena, const struct signed_body *body,
                      const char *const *secrets, size_t count, int64_t now_ms);
bool signature_workos(struct arena *arena, const struct signed_body *body,
                      const char *const *secrets, size_t count, int64_t now_ms);
