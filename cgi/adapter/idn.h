/* The adapter for libidn2: domains in any script, and e-mail addresses with them. */
#pragma once

#include "base/arena.h"

/*
 * The one form in which addresses are compared, kept and sent to: small letters, the domain in its
 * ASCII form (xn--...; IDNA 2008 with the mapping of UTS 46), without a dot at its end. NULL: not
 * an address, or with other than ASCII before the "@", which few servers take.
 */
const char *idn_email(struct arena *arena, const char *text);

/*
 * The same of a domain name with at least one dot, as a host on the internet has it (RFC 1123).
 * NULL: it is none; an IP address is none either.
 */
const char *idn_domain(struct arena *arena, const char *text);
