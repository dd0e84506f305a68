/*
 * A program that receives webhooks: verify, store, answer. All that an event means is worked out
 * later by the worker from the stored row.
 *
 *   200  authentic, and on disk: now, or from an earlier delivery
 *   400  not signed with a secret of ours, stale, or not an event
 *   404  another path         405  not POST              413  more than LIMIT_EVENT_BYTES
 *   415  a content coding     503  it could not be stored; the sender tries again
 */
#pragma once

#include "web/request.h"
#include "web/webhook_signature.h"

enum { RECEIVER_SECRET_FILES = 2 };

struct webhook_receiver {
    const char *source; /* "stripe": also the program's name */
    const char *path;   /* "/webhooks/stripe" */
    /* Files of STATE/secrets with the signing secrets. The first must be there; another belongs to
     * a second endpoint with the same path. */
    const char *secrets[RECEIVER_SECRET_FILES];
    const char *type_key; /* where the body says what has happened */
    size_t signature;     /* offset of the header's field in struct request */
    bool (*is_signed)(struct arena *arena, const struct signed_body *body,
                      const char *const *secrets, size_t count, int64_t now_ms);
};

/* Serve until the end of the process; see serve() for the command line and the return value. */
int webhook_receiver_serve(int argc, char **argv, const struct webhook_receiver *receiver);
