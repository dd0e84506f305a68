/*
 * A Stripe server in this process with canned HTTP responses per path, which records its requests.
 * For unit tests; tests/e2e/stripe_double.mjs simulates the whole conversation.
 */
#pragma once

#include "base/arena.h"

#include <stddef.h>

/* Start it (once per process); returns its origin. */
const char *fake_stripe_open(void);

/* Forget responses and requests. */
void fake_stripe_forget(void);

/* Set the response for "METHOD /path" (without its query), in place of an earlier one. NULL: the
 * connection is closed without a response. */
void fake_stripe_answer(const char *request, int status, const char *body);

/* The content of a file in tests/fixtures/stripe. */
const char *fake_stripe_file(struct arena *arena, const char *name);

/* `text` with its first `from` (which must occur) replaced by `to`. */
const char *fake_stripe_replace(struct arena *arena, const char *text, const char *from,
                                const char *to);

/* The same, everywhere; it need not occur. */
const char *fake_stripe_replace_all(struct arena *arena, const char *text, const char *from,
                                    const char *to);

/* The object in an event of tests/fixtures/stripe. */
const char *fake_stripe_object(struct arena *arena, const char *event);

/* Number of requests that begin with this text; the last of them, whole, in *last if not NULL. */
size_t fake_stripe_asked(const char *request, const char **last);
