/*
 * An event from the inbox on its way into the main database, and the handlers for each type.
 *
 * Two phases: `act` calls the service with no transaction open; `record` writes in the one
 * transaction that also marks the event as applied, so that it takes effect exactly once however
 * often it is delivered or the worker crashes. Both must be safe to repeat.
 *
 * Errors: INPUT, MALFORMED, NOT_FOUND and CONFLICT park the event immediately; others are retried
 * with increasing delays and parked after LIMIT_EVENT_ATTEMPTS.
 */
#pragma once

#include "adapter/json.h"
#include "model/context.h"

struct stripe;
struct subscriptions;
struct workos;

struct event {
    struct context context;      /* its arena belongs to this event */
    const struct stripe *stripe; /* NULL: not a Stripe event */
    const struct workos *workos; /* NULL: identity is not workos */
    const char *source;          /* "stripe" or "workos" */
    const char *id, *type;
    const struct json *body;    /* as received */
    const struct json *fetched; /* set by act: the object's current state at the service, or NULL */
    const struct subscriptions *subscriptions; /* set by act: the team's at Stripe; NULL: no team */
    const char *fetched_name; /* set by act: the name of an organization, or NULL */
    const char *skip;         /* set by record: the reason why nothing had to be done, or NULL */
};

struct event_rule {
    const char *type; /* "user.updated", or "invoice." for all types with this prefix */
    struct error *(*act)(struct event *event); /* NULL: nothing to fetch */
    struct error *(*record)(struct event *event);
};

/* The first matching entry applies. */
extern const struct event_rule STRIPE_RULES[];
extern const size_t STRIPE_RULE_COUNT;
extern const struct event_rule WORKOS_RULES[];
extern const size_t WORKOS_RULE_COUNT;
