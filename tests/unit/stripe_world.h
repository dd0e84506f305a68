/*
 * A world in which teams pay, with a Stripe that answers from a table: for the tests of what the
 * worker does with it.
 */
#pragma once

#include "fake_stripe.h"
#include "model/event.h"
#include "world.h"

#include "billing.sql.h"

#define STRIPE_CUSTOMER     "cus_FixtAcme000001"
#define STRIPE_SUBSCRIPTION "sub_1FixtAcme0000000000001"

struct stripe_world {
    struct world *world;
    struct worker_context *context;
    struct arena *arena;
};

/* billing = stripe, and the team is the fixtures' customer. */
struct stripe_world *stripe_world_open(void);
void stripe_world_close(struct stripe_world *here);

/* Run one of the functions of billing/ that ask Stripe, at `now_at`. */
struct error *stripe_world_run(struct stripe_world *here, int64_t now_at,
                               struct error *(*run)(const struct context *context,
                                                    const struct stripe *stripe));

/* The team's row now. */
struct billing_get_row stripe_world_billing(struct stripe_world *here);

/* Apply an event as the inbox does: by the first rule that fits, act, then record in a transaction.
 * What record says in `skip` is returned, or NULL; an error lands in *problem, if not NULL. */
const char *stripe_world_apply(struct stripe_world *here, const char *body, int64_t now_at,
                               struct error **problem);

/* What the event says of its subscription or invoice is what Stripe says from now on. */
void stripe_world_truth(struct stripe_world *here, const char *event);

/* How many mails of a kind wait for the team's owner. */
size_t stripe_world_mails(struct stripe_world *here, const char *kind);
