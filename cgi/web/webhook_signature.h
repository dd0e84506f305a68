/*
 * Who sent a webhook: the signature in its header, over the bytes of its body as they came.
 * Both services sign HMAC-SHA256(secret, "TIME.BODY"); the key is the secret's text, whole.
 *
 *   Stripe  "t=SECONDS,v1=HEX,v1=HEX,v0=HEX"   one v1 for each secret while one is rolled
 *           https://docs.stripe.com/webhooks#verify-manually
 *   WorkOS  "t=MILLISECONDS, v1=HEX"
 *           https://workos.com/docs/events/data-syncing/webhooks
 *
 * A time more than LIMIT_..._SKEW_S from ours, in either direction, is refused: an old one may be
 * a replay, a future one could be replayed for as long.
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

/* Is it signed with one of `secrets`, just now? In a time that does not depend on the digits. */
bool signature_stripe(struct arena *arena, const struct signed_body *body,
                      const char *const *secrets, size_t count, int64_t now_ms);
bool signature_workos(struct arena *arena, const struct signed_body *body,
                      const char *const *secrets, size_t count, int64_t now_ms);
