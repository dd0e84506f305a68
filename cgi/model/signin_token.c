/* Creates sign-in links; see signin_token.h. They are redeemed in cgi/signin.c. */
#include "model/signin_token.h"

#include "adapter/crypto.h"
#include "base/clock.h"
#include "base/limit.h"
#include "base/text.h"
#include "model/audit.h"
#include "person.sql.h"
#include "signin_link.sql.h"

#include <string.h>
#include <strings.h>

struct error *signin_token_make(const struct context *context, const char *email,
                                const char **out_url, int64_t *out_until_at)
{
    const char *token = crypto_token(context->arena);
    unsigned char hash[CRYPTO_HASH_BYTES];
    int64_t now_at = context->now_at;

    crypto_sha256(token, strlen(token), hash);
    *out_url =
        arena_printf(context->arena, "%s/signin/link?token=%s", context->config->public_url, token);
    *out_until_at = now_at + LIMIT_SIGNIN_LINK_S;
    return sql_signin_link_create(context->db, context->arena, (struct bytes){ hash, sizeof hash },
                                  email, now_at, *out_until_at);
}

static struct error *given_note(const struct context *context, const char *email, bool is_going)
{
    struct audit_entry entry = {
        .team_id = AUDIT_OPERATOR,
        .action = AUDIT_SIGNIN_LINK,
        .by_operator = true,
    };
    struct person_by_identity_row person = { .id = 0 };
    struct error *e = sql_person_by_identity(
        context->db, context->arena,
        arena_printf(context->arena, "local:%s", text_lower(context->arena, email)), &person);

    if (e && e->kind != ERROR_NOT_FOUND)
        return e;
    entry.person_id = person.id;
    e = audit_add(context, &entry);
    if (e || !person.id || is_going || strcasecmp(email, context->config->operator_email) == 0)
        return e;
    return audit_add_personal(context, &entry);
}

struct error *signin_token_give(const struct context *context, const char *email, bool is_going,
                                const char **out_url)
{
    int64_t until_at;
    struct error *e = signin_token_make(context, email, out_url, &until_at);

    return e ? e : given_note(context, email, is_going);
}

bool signin_token_is_offered(const struct config *config,
                             const struct operator_people_get_row *person)
{
    return strcmp(config->identity, "local") == 0 && !person->closed_at && !person->suspended_at &&
           strcasecmp(person->email, config->operator_email) != 0;
}
