/*
 * An event from the inbox on its way into the main database, and what is done with each type.
 *
 * Take, act, record: `act` asks the service with no transaction open; `record` writes in the one
 * transaction that also says that the event was applied, so that it counts once however often it
 * arrives or the worker dies. Both may run again at any time.
 *
 * Errors: INPUT, MALFORMED, NOT_FOUND and CONFLICT park the event at once, others are tried again
 * with growing pauses and parked after LIMIT_EVENT_ATTEMPTS.
 */
#pragma once

#include "adapter/json.h"
#include "model/context.h"

struct stripe;
struct workos;

struct event {
    struct context context;      /* its arena is this event's */
    const struct stripe *stripe; /* NULL: not an event of Stripe */
    const struct workos *workos; /* NULL: identity is not workos */
    const char *source;          /* "stripe" or "workos" */
    const char *id, *type;
    const struct json *body;    /* as received */
    const struct json *fetched; /* set by act: the object as it is now at the service, or NULL */
    const char *fetched_name;   /* set by act: that of an organization, or NULL */
    const char *skip;           /* set by record: in words, why there was nothing to do */
};

struct event_rule {
    const char *type; /* "user.updated", or "invoice." for all that begin so */
    struct error *(*act)(struct event *event); /* NULL: nothing to ask */
    struct error *(*record)(struct event *event);
};

/* In the order in which they are looked through. */
extern const struct event_rule STRIPE_RULES[];
extern const size_t STRIPE_RULE_COUNT;
extern const struct event_rule WORKOS_RULES[];
extern const size_t WORKOS_RULE_COUNT;
