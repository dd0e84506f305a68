/* What a program has printed to a terminal, as text that can be shown. */
#pragma once

#include "base/arena.h"

#include <stddef.h>

/*
 * `bytes` may be anything. Escape sequences (ECMA-48) and control characters are left out, but for
 * line feeds and tabs; what is not UTF-8, and what is hidden (base/text.h), becomes U+FFFD. In the
 * arena.
 */
const char *terminal_text(struct arena *arena, const char *bytes, size_t length);
