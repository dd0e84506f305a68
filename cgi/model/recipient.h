/*
 * To whom this server sends data: the services that its configuration enables, and no others. The
 * list is public (/data); what was really sent is in the table "outbound", see outbound.h.
 */
#pragma once

#include "adapter/config.h"

struct recipient {
    const char *name;    /* "Stripe" */
    const char *host;    /* of its configured URL: url_service() */
    const char *purpose; /* for people: "Payments and invoices" */
    const char *what;    /* what is sent, in words */
};

enum { RECIPIENT_MAX = 3 };

struct recipient_rows {
    struct recipient row[RECIPIENT_MAX];
    size_t count;
};

/* The texts are constants, the configuration's, or in the arena. */
struct recipient_rows recipient_list(struct arena *arena, const struct config *config);

/* Whose host it is; NULL: nobody's that is listed. */
const struct recipient *recipient_find(const struct recipient_rows *rows, const char *host);
