/*
 * "domicile-admin suspend" and "restore": keep a person from signing in, or a team from running
 * anything, as the admin's pages do (model/suspension.h).
 */
#include "admin/admin.h"

#include "base/clock.h"
#include "base/text.h"
#include "model/identity.h"
#include "model/suspension.h"
#include "model/worker_wakeup.h"

#include <stdio.h>
#include <string.h>

/* A person by their address, or else a team by its number. */
struct subject {
    int64_t person_id, team_id;
};

static struct error *subject_find(struct admin *admin, const struct context *context,
                                  struct subject *out)
{
    struct error *e;

    *out = (struct subject){ .person_id = 0 };
    if (!strchr(admin->argument, '@'))
        return text_int(admin->argument, &out->team_id) && out->team_id > 0
                   ? NULL
                   : error_new(admin->arena, ERROR_INPUT,
                               "neither an email address nor the number of a team");
    e = identity_choose(context, admin->argument, admin->identity, false, &out->person_id);
    return e || out->person_id
               ? e
               : error_new(admin->arena, ERROR_INPUT, "no account has this email address");
}

static struct error *change(const struct context *context, const struct subject *subject,
                            const char *reason)
{
    if (subject->person_id)
        return reason ? suspension_begin_person(context, subject->person_id, reason)
                      : suspension_end_person(context, subject->person_id);
    return reason ? suspension_begin_team(context, subject->team_id, reason)
                  : suspension_end_team(context, subject->team_id);
}

/* `reason` NULL: restore. */
static struct error *run(struct admin *admin, const char *reason)
{
    const struct context context =
        context_at(admin->db, admin->arena, admin->config, clock_now_ms());
    struct subject subject;
    struct error *e = subject_find(admin, &context, &subject);

    if (!e)
        e = db_begin(admin->db, admin->arena);
    if (!e)
        e = change(&context, &subject, reason);
    if (!e)
        e = db_commit(admin->db, admin->arena);
    db_rollback(admin->db);
    if (e && e->message)
        return error_new(admin->arena, ERROR_INPUT, "%s", e->message);
    if (e)
        return e->kind == ERROR_NOT_FOUND
                   ? error_new(admin->arena, ERROR_INPUT, "there is no team of this number")
                   : e;
    if (!worker_wakeup_connect(admin->arena, admin->config))
        worker_wakeup_send();
    printf("%s is %s.\n", admin->argument, reason ? "suspended" : "restored");
    return NULL;
}

struct error *admin_suspend(struct admin *admin)
{
    if (!admin->reason || !text_is_line(admin->reason))
        return error_new(admin->arena, ERROR_INPUT, "--reason TEXT: who is suspended reads it");
    return run(admin, text_trim(admin->arena, admin->reason));
}

struct error *admin_restore(struct admin *admin)
{
    return run(admin, NULL);
}
