/* Restriction of processing; see restriction.h. */
#include "model/restriction.h"

#include "model/suspension.h"
#include "model/vm_request.h"

#include "person.sql.h"
#include "restriction.sql.h"
#include "team.sql.h"

static const char RESTRICTED[] = "The account is restricted";
static const char CLOSED[] = "The account or team is closed";

static struct error *vms_stop(const struct context *context, int64_t team_id, const char *reason)
{
    const struct actor system = actor_system(team_id, reason);

    return vm_request_all(context, &system, VM_REQUEST_STOP);
}

struct error *restriction_begin(const struct context *context, int64_t person_id)
{
    struct team_personal_row team;
    struct error *e = sql_person_restrict(context->db, context->arena, person_id, context->now_at);

    if (!e)
        e = sql_team_personal(context->db, context->arena, person_id, &team);
    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    return vms_stop(context, team.id, RESTRICTED);
}

struct error *restriction_end(const struct context *context, int64_t person_id)
{
    return sql_person_end_restriction(context->db, context->arena, person_id);
}

static struct error *refuse(const struct context *context, const char *code, const char *message)
{
    return error_refuse(context->arena, ERROR_CONFLICT, code, NULL, "%s", message);
}

/* The reason of an account's suspension is between the admin and the person. */
static struct error *suspension_check(const struct context *context,
                                      const struct restriction_of_row *row)
{
    if (row->reason)
        return refuse(context, SUSPENSION_CODE,
                      arena_printf(context->arena,
                                   "The admin suspended your account, so nothing new is begun: %s",
                                   row->reason));
    if (row->team_reason)
        return refuse(context, "team_suspended",
                      arena_printf(context->arena,
                                   "The admin suspended this team, so nothing new is begun: %s",
                                   row->team_reason));
    if (row->is_owner_suspended)
        return refuse(
            context, "team_suspended",
            "The account of this team\u2019s owner is suspended, so nothing new is begun.");
    return NULL;
}

struct error *restriction_check(const struct context *context, const struct actor *actor)
{
    struct restriction_of_row row;
    struct error *e =
        sql_restriction_of(context->db, context->arena, actor->team_id, actor->person_id, &row);

    if (!e)
        e = suspension_check(context, &row);
    if (e || !actor->person_id)
        return e;
    if (row.closed_at)
        return refuse(context, "team_closed",
                      "This team is closed and will be deleted, so nothing new is begun.");
    if (row.restricted_at)
        return refuse(context, "account_restricted",
                      "Your account is restricted, so nothing new is begun. End the restriction on "
                      "your account page first.");
    return NULL;
}

static struct error *team_stop(const struct context *context, const struct team_to_stop_row *team)
{
    struct error *e = db_begin(context->db, context->arena);

    if (!e)
        e = vms_stop(context, team->id,
                     team->is_closed      ? CLOSED
                     : team->is_suspended ? SUSPENSION_CAUSE
                                          : RESTRICTED);
    if (!e)
        e = db_commit(context->db, context->arena);
    db_rollback(context->db);
    return e;
}

struct error *restriction_run(const struct context *context)
{
    struct team_to_stop_rows teams;
    struct error *e = sql_team_to_stop(context->db, context->arena, &teams);

    for (size_t i = 0; !e && i < teams.count; i++)
        e = team_stop(context, &teams.row[i]);
    return e;
}
