/*
 * A program that receives webhooks: verify, store, respond. The worker processes the stored events
 * later.
 *
 *   200  authentic and stored, now or by an earlier delivery
 *   400  signature invalid or expired, or not an event
 *   404  another path         405  not POST              413  more than LIMIT_EVENT_BYTES
 *   415  Content-Encoding     503  could not be stored; the sender retries
 */
#pragma once

#include "web/request.h"
#include "web/webhook_signature.h"

enum { RECEIVER_SECRET_FILES = 2 };

struct webhook_receiver {
    const char *source; /* "stripe": also the program's name */
    const char *path;   /* "/webhooks/stripe" */
    /*
     * Files of STATE/secrets with the signing secrets. The first is required; another is for a
     * second endpoint with the same path.
     */
    const char *secrets[RECEIVER_SECRET_FILES];
    const char *type_key; /* key of the event type in the body */
    size_t signature;     /* offset of the signature header in struct request */
    bool (*is_signed)(struct arena *arena, const struct signed_body *body,
                      const char *const *secrets, size_t count, int64_t now_ms);
};

/* Serve until the end of the process; see serve() for the command line and the return value. */
int webhook_receiver_serve(int argc, char **argv, const struct webhook_receiver *receiver);
