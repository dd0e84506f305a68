/*
 * A Stripe that answers from a table, over HTTP in this process: what it says at which path, and
 * what it was asked. For the units; the whole conversation is played by
 * tests/e2e/stripe_double.mjs.
 */
#pragma once

#include "base/arena.h"

#include <stddef.h>

/* Start it (once a process); its origin. */
const char *fake_stripe_open(void);

/* Forget answers and questions. */
void fake_stripe_forget(void);

/* What "METHOD /path" (without its query) is answered from now on; `body` must stay. */
void fake_stripe_answer(const char *request, int status, const char *body);

/* A file of tests/fixtures/stripe. */
const char *fake_stripe_file(struct arena *arena, const char *name);

/* `text` with its first `from` (which must be there) replaced by `to`. */
const char *fake_stripe_replace(struct arena *arena, const char *text, const char *from,
                                const char *to);

/* The object in an event of tests/fixtures/stripe. */
const char *fake_stripe_object(struct arena *arena, const char *event);

/* How often it was asked for what begins so; the last such request, whole, in *last if not NULL. */
size_t fake_stripe_asked(const char *request, const char **last);
