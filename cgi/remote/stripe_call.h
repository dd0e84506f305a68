/*
 * One request to Stripe and its response, for stripe.c and stripe_setup.c: key, version, encoding,
 * and the mapping of errors. https://docs.stripe.com/api
 */
#pragma once

#include "remote/stripe.h"

struct stripe_field {
    const char *name;  /* including brackets: "metadata[team_id]" */
    const char *value; /* NULL: omitted */
};

struct stripe_call {
    const char *method;
    const char *path; /* "/v1/prices" */
    /* For the query (GET) or the form body; terminated by a field without a name. NULL: none. */
    const struct stripe_field *fields;
    const char *idempotency_key; /* for POST */
};

/* The body of a 2xx response. Errors: see stripe.h. */
struct error *stripe_send(const struct stripe *stripe, struct arena *arena,
                          const struct stripe_call *call, const struct json **out);

/* The configured currency in Stripe's form: "eur". */
const char *stripe_currency(const struct stripe *stripe);
/* Return URL of Checkout and portal: the billing page. */
const char *stripe_return_url(const struct stripe *stripe);
int64_t stripe_base_cents(const struct stripe *stripe);

/* The flat price, by its lookup key. */
#define STRIPE_BASE       "domicile_base"
#define STRIPE_UNIT_CENTS "0.001" /* one unit of usage is 1/1000 cent */
