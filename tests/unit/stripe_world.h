/* A world in which teams pay, with a fake Stripe: for tests of the worker's billing. */
#pragma once

#include "fake_stripe.h"
#include "model/event.h"
#include "world.h"

#include "billing.sql.h"

#define STRIPE_CUSTOMER     "cus_FixtAcme000001"
#define STRIPE_SUBSCRIPTION "sub_1FixtAcme0000000000001"
#define STRIPE_METER_ID     "mtr_test_61FixtMeter00000000000000001"

struct stripe_world {
    struct world *world;
    struct worker_context *context;
    struct arena *arena;
};

/* billing = stripe, and the team is the fixtures' customer. */
struct stripe_world *stripe_world_open(void);
void stripe_world_close(struct stripe_world *here);

/* Run one of the functions of billing/ that query Stripe, at `now_at`. */
struct error *stripe_world_run(struct stripe_world *here, int64_t now_at,
                               struct error *(*run)(const struct context *context,
                                                    const struct stripe *stripe));

/* The team's current row. */
struct billing_get_row stripe_world_billing(struct stripe_world *here);

/*
 * Apply an event as the inbox does: by the first matching rule, act, then record in a transaction
 * (its own, or the caller's if one is open).
 * Returns what record sets in `skip`, or NULL; an error is stored in *problem, if not NULL.
 */
const char *stripe_world_apply(struct stripe_world *here, const char *body, int64_t now_at,
                               struct error **problem);

/* From now on the customer has exactly these subscriptions at Stripe, newest first; ended ones can
 * still be fetched by id. */
void stripe_world_hold(struct stripe_world *here, const char *const *subscriptions, size_t count);

/* From now on Stripe has the event's invoice, or the event's subscription and no other, as they are
 * in the event. */
void stripe_world_truth(struct stripe_world *here, const char *event);

/* The number of mails of a kind queued for the team's owner. */
size_t stripe_world_mails(struct stripe_world *here, const char *kind);
