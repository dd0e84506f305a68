/* The adapter for libidn2: e-mail addresses with domains in any script. */
#pragma once

#include "base/arena.h"

/*
 * The one form in which addresses are compared, kept and sent to: small letters, the domain in its
 * ASCII form (xn--...; IDNA 2008 with the mapping of UTS 46), without a dot at its end. NULL: not
 * an address, or with other than ASCII before the "@", which few servers take.
 */
const char *idn_email(struct arena *arena, const char *text);
