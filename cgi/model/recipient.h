/*
 * To whom this server sends data: the services that its configuration enables, and no others. The
 * list is public (/data); what was really sent is in the table "outbound", see outbound.h.
 */
#pragma once

#include "adapter/config.h"

struct recipient {
    const char *name;      /* "Stripe" */
    const char *host;      /* of its configured URL: url_service() */
    const char *purpose;   /* for people: "Payments and invoices" */
    const char *what;      /* what is sent, in words */
    const char *url;       /* as configured */
    const char *country;   /* ISO 3166: the operator's word for it; "": not declared */
    const char *safeguard; /* of a transfer out of the EU: "Standard contractual clauses" */
};

enum { RECIPIENT_MAX = 4 };

struct recipient_rows {
    struct recipient row[RECIPIENT_MAX];
    size_t count;
};

/* The texts are constants, the configuration's, or in the arena. */
struct recipient_rows recipient_list(struct arena *arena, const struct config *config);

/* Whose host it is; NULL: nobody's that is listed. */
const struct recipient *recipient_find(const struct recipient_rows *rows, const char *host);

/* What is compared of a recipient: "Stripe|https://api.stripe.com|US". */
const char *recipient_fact(struct arena *arena, const struct recipient *recipient);

/* "Stripe (api.stripe.com, US)", of a fact. */
const char *recipient_fact_text(struct arena *arena, const char *fact);

/*
 * Sets the recipient's country as an earlier `fact` says. False if that is of another recipient, or
 * at another address: what is configured now, a password for example, is not for that one.
 */
bool recipient_restore(struct arena *arena, struct config *config,
                       const struct recipient *recipient, const char *fact);

/* Switches off what sends data to it. */
void recipient_stop(struct config *config, const struct recipient *recipient);
