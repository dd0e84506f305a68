/* What a URL names: scheme, host and port. Schemes are written with what follows: "https://". */
#pragma once

#include "base/arena.h"

#include <stdbool.h>

/* Scheme, host in small letters, perhaps a port, and nothing else, not even a final slash. */
bool url_is_origin(const char *text, const char *scheme);

/* Of that scheme, and to this computer? Whatever may follow the host. */
bool url_is_loopback(const char *url, const char *scheme);

/* The host without a port, "[::1]" with its brackets; in the arena. Needs a URL with a scheme. */
const char *url_host(struct arena *arena, const char *url);
