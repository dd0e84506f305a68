/*
 * One request to Stripe and its answer, for stripe.c and stripe_setup.c: key, version, encoding,
 * and what each kind of refusal means. https://docs.stripe.com/api
 */
#pragma once

#include "remote/stripe.h"

struct stripe_field {
    const char *name;  /* with its brackets: "metadata[team_id]" */
    const char *value; /* NULL: left out */
};

struct stripe_call {
    const char *method;
    const char *path; /* "/v1/prices" */
    /* Of the query (GET) or the form; a field without a name ends them. NULL: none. */
    const struct stripe_field *fields;
    const char *idempotency_key; /* of a POST */
};

/* What Stripe answered with 2xx. Errors: see stripe.h. */
struct error *stripe_ask(const struct stripe *stripe, struct arena *arena,
                         const struct stripe_call *call, const struct json **out);

/* The currency of the configuration, as Stripe writes it: "eur". */
const char *stripe_currency(const struct stripe *stripe);
/* Where Stripe sends the browser back to: the billing page. */
const char *stripe_return_url(const struct stripe *stripe);
int64_t stripe_base_cents(const struct stripe *stripe);

/* The metered and the flat price and their names there. */
#define STRIPE_METER      "domicile_usage"
#define STRIPE_BASE       "domicile_base"
#define STRIPE_UNIT_CENTS "0.001" /* one unit of use is 1/1000 cent */
