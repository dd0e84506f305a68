/* Amounts as Stripe counts them, in words. */
#pragma once

#include "adapter/config.h"

/* "€12.00", "-€3.50"; "12.00 SEK" in another currency ("sek") than the configuration's. In the
 * arena. */
const char *money_text(const struct config *config, struct arena *arena, int64_t amount_cents,
                       const char *currency);
