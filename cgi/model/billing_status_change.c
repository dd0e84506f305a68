/* Changes of a team's status; see plan_change.h. Which changes there are is said in plan_state.c.
 */
#include "model/billing_status_change.h"

#include "adapter/crypto.h"

#include "billing.sql.h"
#include "billing_activity.sql.h"
#include "billing_problem.sql.h"
#include "billing_request.sql.h"

#include <pthread.h>

static pthread_mutex_t books_mutex = PTHREAD_MUTEX_INITIALIZER;

void stripe_sync_lock(void)
{
    pthread_mutex_lock(&books_mutex);
}

void stripe_sync_unlock(void)
{
    pthread_mutex_unlock(&books_mutex);
}

enum { A_DAY_S = 24 * 3600 };

struct error *billing_note(const struct billing_context *billing, int64_t team_id, const char *once,
                           const char *what, const char *detail, const int64_t *person_id)
{
    return sql_billing_activity_add(billing->db, billing->arena, team_id, billing->now_at, once,
                                    what, detail, person_id);
}

struct error *billing_problem_text(const struct billing_context *billing, const char *id,
                                   const int64_t *team_id, const char *what)
{
    return sql_billing_problem_save(billing->db, billing->arena, id, team_id, what,
                                    billing->now_at);
}

struct error *billing_mail(const struct billing_context *billing, int64_t team_id,
                           const struct mail *mail)
{
    struct billing_owners_rows owners;
    struct error *e = sql_billing_owners(billing->db, billing->arena, team_id, &owners);

    for (size_t i = 0; !e && i < owners.count; i++) {
        struct mail letter = *mail;

        letter.to = owners.row[i].email;
        letter.once = arena_printf(billing->arena, "%s-%s-%lld", mail->kind, mail->once,
                                   (long long)owners.row[i].id);
        letter.url = arena_printf(billing->arena, "%s/billing", billing->config->public_url);
        e = mail_queue(billing->db, billing->arena, &letter, billing->now_at);
    }
    return e;
}

static int64_t until_of(const struct billing_context *billing, enum plan_until until,
                        int64_t trial_end_at)
{
    switch (until) {
    case BILLING_TRIAL_END:
        return trial_end_at;
    case BILLING_GRACE:
        return billing->now_at + billing->config->grace_days * A_DAY_S;
    case BILLING_KEEP:
        return billing->now_at + billing->config->retention_days * A_DAY_S;
    case BILLING_FOREVER:
        break;
    }
    return 0;
}

struct error *billing_transition_apply(const struct billing_context *billing, int64_t team_id,
                                       const char *status, enum billing_trigger event,
                                       int64_t trial_end_at)
{
    const struct billing_transition *found = billing_transition_find(status, event);
    const char *occasion = crypto_id(billing->arena);
    int64_t until_at;
    struct error *e;

    if (!found)
        return NULL;
    until_at = until_of(billing, found->until, trial_end_at);
    e = sql_billing_set_status(billing->db, billing->arena, team_id, found->next, billing->now_at,
                               until_at ? &until_at : NULL);
    if (!e)
        e = billing_note(billing, team_id, occasion, found->note, NULL, NULL);
    if (!e && found->mail) {
        const struct mail mail = {
            .kind = found->mail, .once = occasion, .at = billing->now_at, .until_at = until_at
        };

        e = billing_mail(billing, team_id, &mail);
    }
    return e;
}

struct error *billing_close(const struct billing_context *billing, int64_t team_id)
{
    struct billing_get_row row;
    struct error *e = sql_billing_get(billing->db, billing->arena, team_id, &row);

    if (e && e->kind == ERROR_NOT_FOUND)
        return NULL;
    if (e || !row.subscription_id || stripe_status_is_over(row.stripe_status))
        return e;
    return sql_billing_request_add(billing->db, billing->arena, crypto_id(billing->arena), team_id,
                                   NULL, "end", row.subscription_id, billing->now_at,
                                   billing->now_at);
}
