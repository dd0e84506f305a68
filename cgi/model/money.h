/* Formatting of amounts in cents, the unit that Stripe uses. */
#pragma once

#include "adapter/config.h"

/* "€12.00", "-€3.50"; "12.00 SEK" for a currency ("sek") other than the configured one. In the
 * arena. */
const char *money_text(const struct config *config, struct arena *arena, int64_t amount_cents,
                       const char *currency);
