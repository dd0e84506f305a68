/* Formatting of amounts: one way for all pages, mails and commands. All texts are in the arena. */
#pragma once

#include "adapter/config.h"

/*
 * An amount in cents, the unit that Stripe uses: "€1,234.50", "-€3.50"; "12.00 SEK" for a currency
 * ("sek") other than the configured one.
 */
const char *money_text(const struct config *config, struct arena *arena, int64_t amount_cents,
                       const char *currency);

/*
 * An amount of at least 0 in millicents, in the configured currency and rounded half up to 0 to 5
 * `decimals`: "€0.012". What is more than nothing and less than the last decimal can say is
 * "< €0.01".
 */
const char *money_millicents(const struct config *config, struct arena *arena, int64_t millicents,
                             int decimals);
