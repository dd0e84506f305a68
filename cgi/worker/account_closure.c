/* The end of closed teams; see closing.h. Whoever closes a team asks for the first stop itself;
 * this catches what was not in a state to be stopped then. */
#include "worker/account_closure.h"

#include "base/clock.h"
#include "base/limit.h"
#include "model/vm_request.h"

#include "team.sql.h"

static struct error *team_end(struct db *db, struct arena *arena,
                              const struct team_closed_row *team)
{
    bool is_over = team->closed_at + LIMIT_CLOSED_KEEP_S <= clock_now();
    struct error *e = db_begin(db, arena);

    if (!e)
        e = vm_request_all(db, arena, team->id, is_over ? VM_REQUEST_DESTROY : VM_REQUEST_STOP,
                           "the account is closed");
    if (!e)
        e = db_commit(db, arena);
    db_rollback(db);
    return e;
}

struct error *account_closure_run(struct db *db, struct arena *arena)
{
    struct team_closed_rows teams;
    struct error *e = sql_team_closed(db, arena, &teams);

    for (size_t i = 0; !e && i < teams.count; i++)
        e = team_end(db, arena, &teams.row[i]);
    return e;
}
