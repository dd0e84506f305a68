/* An owner's objection to usage charts; see usage_objection.h. */
#include "model/usage_objection.h"

#include "team.sql.h"
#include "usage_day.sql.h"
#include "usage_minute.sql.h"
#include "vm.sql.h"

struct error *usage_objection_set(const struct context *context, int64_t team_id, bool is_on)
{
    struct db *db = context->db;
    struct arena *arena = context->arena;
    struct error *e = sql_team_set_unmeasured(db, arena, team_id, is_on);

    if (e || !is_on)
        return e;
    e = sql_usage_minute_delete_of_team(db, arena, team_id);
    if (!e)
        e = sql_usage_day_delete_of_team(db, arena, team_id);
    return e ? e : sql_vm_clear_cpu(db, arena, team_id);
}
