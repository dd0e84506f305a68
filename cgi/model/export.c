/* Copies of people's data; see export.h. */
#include "model/export.h"

#include "adapter/crypto.h"
#include "base/limit.h"
#include "export.sql.h"
#include "main_constants.sql.h"
#include "model/audit.h"
#include "team.sql.h"

#include <string.h>

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

static struct error *is_under_way(const struct context *context, int64_t person_id, bool *out)
{
    struct export_latest_row latest;
    struct error *e =
        sql_export_latest(context->db, context->arena, person_id, context->now_at, &latest);

    *out = !e && (strcmp(latest.state, EXPORT_STATE_QUEUED) == 0 ||
                  strcmp(latest.state, EXPORT_STATE_RUNNING) == 0);
    return e && e->kind == ERROR_NOT_FOUND ? NULL : e;
}

/* Each request is in the history, also when its copy has gone. `*until`: 0, there is room. */
static struct error *spent_until(const struct context *context, int64_t person_id, bool with_failed,
                                 int64_t most, int64_t *until)
{
    struct export_spent_row first;
    struct team_personal_row team;
    struct error *e = sql_team_personal(context->db, context->arena, person_id, &team);

    if (e)
        return e;
    e = sql_export_spent(context->db, context->arena, team.id, person_id, with_failed,
                         context->now_ms - (int64_t)LIMIT_EXPORT_KEEP_S * 1000, most, &first);

    *until = e ? 0 : first.at_ms / 1000 + LIMIT_EXPORT_KEEP_S + 1;
    return e && e->kind == ERROR_NOT_FOUND ? NULL : e;
}

/* What cannot be made takes nobody's copies, but is not tried without end either. */
static struct error *limit_check(const struct context *context, int64_t person_id,
                                 int64_t *refused_until)
{
    int64_t made_until = 0, tried_until = 0;
    struct error *e = spent_until(context, person_id, false, LIMIT_EXPORTS, &made_until);

    if (!e)
        e = spent_until(context, person_id, true, LIMIT_EXPORT_ATTEMPTS, &tried_until);
    *refused_until = made_until > tried_until ? made_until : tried_until;
    return e;
}

static struct error *request_write(const struct context *context, int64_t person_id, int64_t number)
{
    struct error *e = sql_export_forget_ready(context->db, context->arena, person_id);

    if (!e)
        e = sql_export_request(context->db, context->arena, crypto_id(context->arena), person_id,
                               context->now_at, context->now_at + LIMIT_EXPORT_KEEP_S);
    return e ? e
             : audit_add_personal(context, &(struct audit_entry){ .action = AUDIT_COPY,
                                                                  .detail = audit_request_detail(
                                                                      context->arena, number),
                                                                  .person_id = person_id,
                                                                  .by_operator = number != 0 });
}

struct error *export_request(const struct context *context, int64_t person_id, int64_t number,
                             int64_t *refused_until)
{
    bool has_one = false;
    struct error *e = is_under_way(context, person_id, &has_one);

    *refused_until = 0;
    if (e || has_one)
        return e;
    e = limit_check(context, person_id, refused_until);
    return e || *refused_until ? e : request_write(context, person_id, number);
}
