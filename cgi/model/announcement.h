/*
 * What the admin tells everybody for a while: on the pages of people who are signed in, until they
 * dismiss it, and on the status page. Each change is in the admin's history. All need an open write
 * transaction.
 */
#pragma once

#include "model/actor.h"
#include "model/context.h"

struct announcement {
    const char *text;
    const char *level; /* ANNOUNCEMENT_LEVEL_... */
    int64_t from_at, until_at;
};

/* What is wrong with it, by the field: "level" or "until"; NULL: nothing. */
struct error *announcement_check(const struct context *context,
                                 const struct announcement *announcement);

/* `id` 0: a new one. NOT_FOUND: no such announcement; or what announcement_check() says. */
struct error *announcement_put(const struct context *context, const struct actor *actor, int64_t id,
                               const struct announcement *announcement);

/* NOT_FOUND: there is none, or it is not over. */
struct error *announcement_delete(const struct context *context, const struct actor *actor,
                                  int64_t id);

/* From now on nobody is shown it. */
struct error *announcement_end(const struct context *context, const struct actor *actor,
                               int64_t id);
