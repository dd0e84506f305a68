/* The steps of a deletion that ask others; see erasure.h. Those of the data: erasure_rows.c. */
#include "worker/erasure_step.h"

#include "base/text.h"
#include "model/billing_status.h"
#include "model/billing_status_change.h"
#include "model/vm_request.h"
#include "remote/stripe.h"
#include "remote/workos.h"

#include "person.sql.h"

#include <string.h>

static void done(struct erasure_work *work, const char *answer)
{
    work->is_done = true;
    work->answer = answer;
}

/* `act` for each team, all in one transaction. */
static struct error *teams_each(struct erasure_work *work,
                                struct error *(*act)(const struct context *now, int64_t team_id))
{
    struct error *e = db_begin(work->now.db, work->now.arena);

    for (size_t i = 0; !e && i < work->teams.count; i++)
        e = act(&work->now, work->teams.row[i].team_id);
    if (!e)
        e = db_commit(work->now.db, work->now.arena);
    db_rollback(work->now.db);
    return e;
}

/* ---- billing ---- */

/* Of a subscription that has not ended, and that no job is about to end, one is queued again. */
static struct error *billing_stop(struct erasure_work *work)
{
    struct erasure_billing_rows rows;
    const char *words = "there was no subscription";
    struct error *e = sql_erasure_billing(work->now.db, work->now.arena, work->row.id, &rows);

    if (e)
        return e;
    for (size_t i = 0; i < rows.count; i++) {
        const struct erasure_billing_row *row = &rows.row[i];

        if (!row->subscription_id)
            continue;
        words = arena_printf(work->now.arena, "Stripe: subscription %s", row->stripe_status);
        if (stripe_status_is_over(row->stripe_status))
            continue;
        if (!config_has_billing(work->now.config))
            return error_new(work->now.arena, ERROR_CONFLICT,
                             "billing is off, but a subscription has not ended");
        if (!row->open_jobs)
            return teams_each(work, billing_close);
        return row->error ? error_new(work->now.arena, ERROR_UPSTREAM, "%s", row->error) : NULL;
    }
    done(work, words);
    return NULL;
}

/* ---- VMs ---- */

static struct error *team_destroy(const struct context *now, int64_t team_id)
{
    const struct actor system = actor_system(team_id, "The team is deleted");

    return vm_request_all(now, &system, VM_REQUEST_DESTROY);
}

static struct error *vms_destroy(struct erasure_work *work)
{
    struct erasure_vms_row vms;
    struct error *e = teams_each(work, team_destroy);

    if (!e)
        e = sql_erasure_vms(work->now.db, work->now.arena, work->row.id, &vms);
    if (e)
        return e;
    work->answer = arena_printf(work->now.arena, "%lld of %s destroyed", (long long)vms.gone,
                                text_counted(work->now.arena, vms.alive + vms.gone, "VM"));
    work->is_done = vms.alive == 0;
    return NULL;
}

/* ---- keys, links, sessions ---- */

/* `act`, whose rows are counted in its transaction. */
static struct error *access_part(struct erasure_work *work,
                                 struct error *(*act)(struct db *db, struct arena *arena,
                                                      const char *id))
{
    struct db *db = work->now.db;
    struct error *e = act(db, work->now.arena, work->row.id);

    return e ? e
             : sql_erasure_step_count(db, work->now.arena, work->row.id, ERASURE_ACCESS,
                                      db_changes(db));
}

static struct error *access_delete(struct erasure_work *work)
{
    struct db *db = work->now.db;
    struct arena *arena = work->now.arena;
    struct erasure_step_deleted_row rows;
    struct error *e = db_begin(db, arena);

    if (!e)
        e = sql_erasure_vm_keys_empty(db, arena, work->row.id);
    if (!e)
        e = access_part(work, sql_erasure_keys_delete);
    if (!e)
        e = access_part(work, sql_erasure_links_delete);
    if (!e)
        e = access_part(work, sql_erasure_sessions_delete);
    if (!e)
        e = sql_erasure_sessions_move(db, arena, work->row.id);
    if (!e)
        e = sql_erasure_step_deleted(db, arena, work->row.id, ERASURE_ACCESS, &rows);
    if (!e)
        e = db_commit(db, arena);
    db_rollback(db);
    if (!e)
        done(work,
             arena_printf(arena, "SQLite: %s deleted", text_counted(arena, rows.deleted, "row")));
    return e;
}

/* ---- other services ---- */

static struct error *workos_delete(struct erasure_work *work, const char *identity,
                                   const char **out_words)
{
    static const char begin[] = "workos:";
    int status;
    struct error *e;

    *out_words = work->row.person_id ? "no other service signs this account in"
                                     : "no member is deleted with the team";
    if (strncmp(identity, begin, strlen(begin)) != 0)
        return NULL;
    if (!work->context->workos)
        return error_new(work->now.arena, ERROR_CONFLICT,
                         "identity is not workos, but WorkOS has this account");
    e = workos_user_delete(work->context->workos, work->now.arena, identity + strlen(begin),
                           &status);
    *out_words = status == 404 ? "WorkOS: 404, no such user"
                               : arena_printf(work->now.arena, "WorkOS: %d, user deleted", status);
    return e;
}

static struct error *stripe_delete(struct erasure_work *work, const char **out_words)
{
    struct arena *arena = work->now.arena;
    struct erasure_billing_rows rows;
    const struct stripe *stripe;
    struct error *e = sql_erasure_billing(work->now.db, arena, work->row.id, &rows);

    *out_words = "";
    for (size_t i = 0; !e && i < rows.count; i++) {
        if (!rows.row[i].customer_id)
            continue;
        e = worker_context_stripe(work->context, arena, &stripe);
        if (!e)
            e = stripe_customer_delete(stripe, arena, rows.row[i].customer_id);
        *out_words = "; Stripe: customer deleted; Stripe keeps its invoices, as the law requires";
        if (e && e->kind == ERROR_NOT_FOUND)
            e = NULL;
    }
    return e;
}

/* An organization at WorkOS belongs to whoever made it there, maybe for other applications too. */
static const char *organization_words(const struct erasure_work *work)
{
    for (size_t i = 0; i < work->teams.count; i++) {
        if (work->teams.row[i].workos_organization_id)
            return "; WorkOS: the organization stays there";
    }
    return "";
}

static struct error *services_delete(struct erasure_work *work)
{
    struct person_get_row person = { .identity = "" };
    const char *identity_words, *stripe_words;
    struct error *e = NULL;

    if (work->row.person_id)
        e = sql_person_get(work->now.db, work->now.arena, work->row.person_id, &person);
    if (!e)
        e = workos_delete(work, person.identity, &identity_words);
    if (!e)
        e = stripe_delete(work, &stripe_words);
    if (!e)
        done(work, arena_printf(work->now.arena, "%s%s%s", identity_words, stripe_words,
                                organization_words(work)));
    return e;
}

/* The receipt is signed in the transaction that records this. */
static struct error *receipt_act(struct erasure_work *work)
{
    done(work, "Ed25519");
    return NULL;
}

struct error *erasure_step_act(struct erasure_work *work, enum erasure_step step)
{
    static struct error *(*const acts[ERASURE_STEPS])(struct erasure_work *) = {
        [ERASURE_BILLING] = billing_stop,  [ERASURE_VMS] = vms_destroy,
        [ERASURE_ACCESS] = access_delete,  [ERASURE_SERVICES] = services_delete,
        [ERASURE_ROWS] = erasure_rows,     [ERASURE_LOG] = erasure_log,
        [ERASURE_SEARCH] = erasure_search, [ERASURE_RECEIPT] = receipt_act,
    };

    return acts[step](work);
}
