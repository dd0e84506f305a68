/* The recipients of data; see recipient.h. */
#include "model/recipient.h"

#include "base/url.h"

#include <string.h>

struct recipient_rows recipient_list(struct arena *arena, const struct config *config)
{
    struct recipient_rows rows = { .count = 0 };

    if (strcmp(config->identity, "workos") == 0)
        rows.row[rows.count++] = (struct recipient){
            .name = "WorkOS",
            .host = url_service(arena, config->workos_url),
            .purpose = "Signing in",
            .what = "The code that your browser brings from WorkOS\u2019s sign-in page, the kind "
                    "of your browser, and the ids of accounts and organizations.",
        };
    if (config_has_billing(config))
        rows.row[rows.count++] = (struct recipient){
            .name = "Stripe",
            .host = url_service(arena, config->stripe_url),
            .purpose = "Payments and invoices",
            .what = "The team\u2019s name and number, the owner\u2019s email address, its "
                    "subscription, and what its VMs cost each hour.",
        };
    if (config_has_mail(config))
        rows.row[rows.count++] = (struct recipient){
            .name = "Mail server",
            .host = url_service(arena, config->mail_url),
            .purpose = "Sending email",
            .what = "Your email address and the email.",
        };
    return rows;
}

const struct recipient *recipient_find(const struct recipient_rows *rows, const char *host)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (strcmp(rows->row[i].host, host) == 0)
            return &rows->row[i];
    }
    return NULL;
}
