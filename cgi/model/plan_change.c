/* Changes of a team's plan; see plan_change.h. Which changes there are is said in plan_state.c. */
#include "model/plan_change.h"

#include "adapter/crypto.h"

#include "billing.sql.h"
#include "billing_errand.sql.h"
#include "billing_event.sql.h"
#include "billing_problem.sql.h"

#include <pthread.h>

static pthread_mutex_t books_mutex = PTHREAD_MUTEX_INITIALIZER;

void books_open(void)
{
    pthread_mutex_lock(&books_mutex);
}

void books_close(void)
{
    pthread_mutex_unlock(&books_mutex);
}

enum { A_DAY_S = 24 * 3600 };

struct error *plan_note(const struct books *books, int64_t team_id, const char *once,
                        const char *what, const char *detail, const int64_t *person_id)
{
    return sql_billing_event_add(books->db, books->arena, team_id, books->now_at, once, what,
                                 detail, person_id);
}

struct error *plan_problem(const struct books *books, const char *id, const int64_t *team_id,
                           const char *what)
{
    return sql_billing_problem_save(books->db, books->arena, id, team_id, what, books->now_at);
}

struct error *plan_mail(const struct books *books, int64_t team_id, const struct mail *mail)
{
    struct billing_owners_rows owners;
    struct error *e = sql_billing_owners(books->db, books->arena, team_id, &owners);

    for (size_t i = 0; !e && i < owners.count; i++) {
        struct mail letter = *mail;

        letter.to = owners.row[i].email;
        letter.once = arena_printf(books->arena, "%s-%s-%lld", mail->kind, mail->once,
                                   (long long)owners.row[i].id);
        letter.url = arena_printf(books->arena, "%s/billing", books->config->public_url);
        e = mail_queue(books->db, books->arena, &letter, books->now_at);
    }
    return e;
}

static int64_t until_of(const struct books *books, enum plan_until until, int64_t trial_end_at)
{
    switch (until) {
    case PLAN_TRIAL_END:
        return trial_end_at;
    case PLAN_GRACE:
        return books->now_at + books->config->grace_days * A_DAY_S;
    case PLAN_KEEP:
        return books->now_at + books->config->keep_days * A_DAY_S;
    case PLAN_FOREVER:
        break;
    }
    return 0;
}

struct error *plan_apply(const struct books *books, int64_t team_id, const char *plan,
                         enum plan_event event, int64_t trial_end_at)
{
    const struct plan_transition *found = plan_transition_find(plan, event);
    const char *occasion = crypto_id(books->arena);
    int64_t until_at;
    struct error *e;

    if (!found)
        return NULL;
    until_at = until_of(books, found->until, trial_end_at);
    e = sql_billing_set_plan(books->db, books->arena, team_id, found->next, books->now_at,
                             until_at ? &until_at : NULL);
    if (!e)
        e = plan_note(books, team_id, occasion, found->note, NULL, NULL);
    if (!e && found->mail) {
        const struct mail mail = {
            .kind = found->mail, .once = occasion, .at = books->now_at, .until_at = until_at
        };

        e = plan_mail(books, team_id, &mail);
    }
    return e;
}

struct error *plan_close(const struct books *books, int64_t team_id)
{
    struct billing_get_row row;
    struct error *e = sql_billing_get(books->db, books->arena, team_id, &row);

    if (e && e->kind == ERROR_NOT_FOUND)
        return NULL;
    if (e || !row.subscription_id || plan_status_is_over(row.status))
        return e;
    return sql_billing_errand_add(books->db, books->arena, crypto_id(books->arena), team_id, NULL,
                                  "end", row.subscription_id, books->now_at, books->now_at);
}
