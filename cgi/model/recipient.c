/* The recipients of data; see recipient.h. */
#include "model/recipient.h"

#include "base/url.h"

#include <string.h>

#define CLAUSES "Standard contractual clauses and the EU-US Data Privacy Framework"

static const char WORKOS[] = "WorkOS", STRIPE[] = "Stripe", GITHUB[] = "GitHub",
                  MAIL_SERVER[] = "Mail server";

struct recipient_rows recipient_list(struct arena *arena, const struct config *config)
{
    struct recipient_rows rows = { .count = 0 };

    if (strcmp(config->identity, "workos") == 0)
        rows.row[rows.count++] = (struct recipient){
            .name = WORKOS,
            .host = url_service(arena, config->workos_url),
            .purpose = "Signing in",
            .what = "The code that your browser brings from WorkOS\u2019s sign-in page, the kind "
                    "of your browser, and the ids of accounts and organizations.",
            .url = config->workos_url,
            .country = "US",
            .safeguard = CLAUSES,
        };
    if (config_has_billing(config))
        rows.row[rows.count++] = (struct recipient){
            .name = STRIPE,
            .host = url_service(arena, config->stripe_url),
            .purpose = "Payments and invoices",
            .what = "The team\u2019s name and number, the owner\u2019s email address, its "
                    "subscription, and what its VMs cost each hour.",
            .url = config->stripe_url,
            .country = "US",
            .safeguard = CLAUSES,
        };
    if (config_has_github(config))
        rows.row[rows.count++] = (struct recipient){
            .name = GITHUB,
            .host = url_service(arena, config->github_url),
            .purpose = "Importing public SSH keys, if you ask for it",
            .what = "The GitHub username that you type. GitHub sees this server\u2019s address.",
            .url = config->github_url,
            .country = "US",
            .safeguard = "EU-US Data Privacy Framework",
        };
    if (config_has_mail(config))
        rows.row[rows.count++] = (struct recipient){
            .name = MAIL_SERVER,
            .host = url_service(arena, config->mail_url),
            .purpose = "Sending email",
            .what = "Your email address and the email.",
            .url = config->mail_url,
            .country = config->mail_country,
            .safeguard = "",
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

/* ---- as facts ---- */

const char *recipient_fact(struct arena *arena, const struct recipient *recipient)
{
    return arena_printf(arena, "%s|%s|%s", recipient->name, recipient->url, recipient->country);
}

/* Splits a fact. False if it is none. */
static bool fact_read(struct arena *arena, const char *fact, const char **name, const char **url,
                      const char **country)
{
    const char *first = strchr(fact, '|'), *second = first ? strchr(first + 1, '|') : NULL;

    if (!second)
        return false;
    *name = arena_copy_bytes(arena, fact, (size_t)(first - fact));
    *url = arena_copy_bytes(arena, first + 1, (size_t)(second - first) - 1);
    *country = arena_copy(arena, second + 1);
    return true;
}

const char *recipient_fact_text(struct arena *arena, const char *fact)
{
    const char *name, *url, *country;

    if (!fact_read(arena, fact, &name, &url, &country))
        return fact;
    return arena_printf(arena, "%s (%s%s%s)", name, url_service(arena, url), *country ? ", " : "",
                        country);
}

bool recipient_restore(struct arena *arena, struct config *config,
                       const struct recipient *recipient, const char *fact)
{
    const char *name, *url, *country;

    if (!fact_read(arena, fact, &name, &url, &country) || strcmp(name, recipient->name) != 0 ||
        strcmp(url, recipient->url) != 0)
        return false;
    if (recipient->name == MAIL_SERVER)
        config->mail_country = country;
    return true;
}

void recipient_stop(struct config *config, const struct recipient *recipient)
{
    if (recipient->name == WORKOS)
        config->identity = "local";
    else if (recipient->name == STRIPE)
        config->billing = "off";
    else if (recipient->name == GITHUB)
        config->github_import = "off";
    else
        config->mail = "off";
}
