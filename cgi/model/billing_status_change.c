/* Changes of a team's billing status; see billing_status_change.h. The table of transitions is in
 * billing_status.c. */
#include "model/billing_status_change.h"

#include "model/billing_job.h"

#include "adapter/crypto.h"
#include "base/clock.h"

#include "billing.sql.h"
#include "billing_activity.sql.h"
#include "billing_problem.sql.h"

#include <pthread.h>

static pthread_mutex_t stripe_sync_mutex = PTHREAD_MUTEX_INITIALIZER;

void stripe_sync_lock(void)
{
    pthread_mutex_lock(&stripe_sync_mutex);
}

void stripe_sync_unlock(void)
{
    pthread_mutex_unlock(&stripe_sync_mutex);
}

struct error *billing_note(const struct context *context, int64_t team_id, const char *once,
                           const char *what, const char *detail, const int64_t *person_id)
{
    return sql_billing_activity_add(context->db, context->arena, team_id, context->now_at, once,
                                    what, detail, person_id);
}

struct error *billing_problem_record(const struct context *context, const char *id,
                                     const int64_t *team_id, const char *what,
                                     const char *owner_what)
{
    return sql_billing_problem_save(context->db, context->arena, id, team_id, what, owner_what,
                                    context->now_at);
}

struct error *billing_mail(const struct context *context, int64_t team_id, const struct mail *mail)
{
    struct billing_owners_rows owners;
    struct error *e = sql_billing_owners(context->db, context->arena, team_id, &owners);

    for (size_t i = 0; !e && i < owners.count; i++) {
        struct mail message = *mail;

        message.to = owners.row[i].email;
        message.once = arena_printf(context->arena, "%s-%s-%lld", mail->kind, mail->once,
                                    (long long)owners.row[i].id);
        message.url = arena_printf(context->arena, "%s/billing", context->config->public_url);
        e = mail_queue(context->db, context->arena, &message, context->now_at);
    }
    return e;
}

static int64_t until_of(const struct context *context, enum plan_until until, int64_t trial_end_at)
{
    switch (until) {
    case BILLING_TRIAL_END:
        return trial_end_at;
    case BILLING_GRACE:
        return context->now_at + context->config->grace_days * A_DAY_S;
    case BILLING_KEEP:
        return context->now_at + context->config->retention_days * A_DAY_S;
    case BILLING_FOREVER:
        break;
    }
    return 0;
}

struct error *billing_transition_apply(const struct context *context, int64_t team_id,
                                       const char *status, enum billing_trigger event,
                                       int64_t trial_end_at)
{
    const struct billing_transition *found = billing_transition_find(status, event);
    const char *occasion = crypto_id(context->arena);
    int64_t until_at;
    struct error *e;

    if (!found)
        return NULL;
    until_at = until_of(context, found->until, trial_end_at);
    e = sql_billing_set_status(context->db, context->arena, team_id, found->next, context->now_at,
                               until_at ? &until_at : NULL);
    if (!e)
        e = billing_note(context, team_id, occasion, found->note, NULL, NULL);
    if (!e && found->mail) {
        const struct mail mail = {
            .kind = found->mail, .once = occasion, .at = context->now_at, .until_at = until_at
        };

        e = billing_mail(context, team_id, &mail);
    }
    return e;
}

struct error *billing_close(const struct context *context, int64_t team_id)
{
    const struct actor system = actor_system(team_id, NULL);
    const char *id;
    struct billing_get_row row;
    struct error *e = sql_billing_get(context->db, context->arena, team_id, &row);

    if (e && e->kind == ERROR_NOT_FOUND)
        return NULL;
    if (e || !row.subscription_id || stripe_status_is_over(row.stripe_status))
        return e;
    return billing_job_queue(context, &system, BILLING_JOB_END, row.subscription_id, &id);
}
