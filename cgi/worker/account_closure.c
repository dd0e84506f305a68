/*
 * Closing teams; see account_closure.h. The code that closes a team requests the first stop itself;
 * this catches VMs that could not be stopped then.
 */
#include "worker/account_closure.h"

#include "base/limit.h"
#include "model/vm_request.h"

#include "team.sql.h"

static struct error *team_end(const struct context *context, const struct team_closed_row *team)
{
    const struct actor system = actor_system(team->id, "the account is closed");
    bool is_over = team->closed_at + LIMIT_CLOSED_KEEP_S <= context->now_at;
    struct error *e = db_begin(context->db, context->arena);

    if (!e)
        e = vm_request_all(context, &system, is_over ? VM_REQUEST_DESTROY : VM_REQUEST_STOP);
    if (!e)
        e = db_commit(context->db, context->arena);
    db_rollback(context->db);
    return e;
}

struct error *account_closure_run(const struct context *context)
{
    struct team_closed_rows teams;
    struct error *e = sql_team_closed(context->db, context->arena, &teams);

    for (size_t i = 0; !e && i < teams.count; i++)
        e = team_end(context, &teams.row[i]);
    return e;
}
