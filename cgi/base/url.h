/* Scheme, host and port of a URL. Schemes are given with their separator: "https://". */
#pragma once

#include "base/arena.h"

#include <stdbool.h>

/* Scheme, host in lowercase, an optional port, and nothing else, not even a trailing slash. */
bool url_is_origin(const char *text, const char *scheme);

/* Has that scheme and a loopback host? Anything may follow the host. */
bool url_is_loopback(const char *url, const char *scheme);

/*
 * The host in lowercase, with its port unless that is the scheme's: "api.stripe.com",
 * "localhost:1025"; in the arena. `url` needs a scheme.
 */
const char *url_service(struct arena *arena, const char *url);

/*
 * Whether its host is a name that nobody can have, because it is reserved for examples and tests:
 * "authority.example", "www.example.org" (RFC 2606). `url` needs a scheme.
 */
bool url_is_reserved(struct arena *arena, const char *url);

/* The host without a port, "[::1]" with its brackets; in the arena. `url` needs a scheme. */
const char *url_host(struct arena *arena, const char *url);
