/*
 * Mail that shall be sent: written into the queue here, by whoever knows the occasion; rendered and
 * sent by the worker (worker/mailer.c).
 */
#pragma once

#include "adapter/db.h"
#include "base/error.h"

struct mail {
    const char
        *kind;      /* "signin_link", "new_signin", "payment_failed", "suspended", "vm_destroyed" */
    const char *to; /* e-mail */
    /* Names the occasion: asked for twice within LIMIT_MAIL_KEEP_S, queued once. */
    const char *once;
    const char *amount; /* "€12.00"; all below: NULL or 0 when the kind has no use for it */
    const char *vm_name, *browser, *url;
    int64_t at, until_at;
};

/*
 * Queue it; the worker sends it. Needs an open write transaction. INPUT when `to` is no address;
 * CONFLICT for a kind that there is not.
 */
struct error *mail_queue(struct db *db, struct arena *arena, const struct mail *mail,
                         int64_t now_at);
