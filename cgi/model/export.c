/* Copies of people's data; see export.h. */
#include "model/export.h"

#include "adapter/crypto.h"
#include "base/limit.h"
#include "export.sql.h"

const char *export_folder(struct arena *arena, const char *state_dir)
{
    return arena_printf(arena, "%s/exports", state_dir);
}

const char *export_path(struct arena *arena, const char *state_dir, const char *id)
{
    return arena_printf(arena, "%s/%s.zip", export_folder(arena, state_dir), id);
}

const char *export_internal_path(struct arena *arena, const char *id)
{
    return arena_printf(arena, "/exports/%s.zip", id);
}

struct error *export_request(const struct context *context, int64_t person_id)
{
    struct error *e = sql_export_forget_ended(context->db, context->arena, person_id);

    if (e)
        return e;
    return sql_export_request(context->db, context->arena, crypto_id(context->arena), person_id,
                              context->now_at, context->now_at + LIMIT_EXPORT_KEEP_S);
}
