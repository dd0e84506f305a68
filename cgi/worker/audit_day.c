/* The chains of the history, once a day; see audit_day.h. */
#include "worker/audit_day.h"

#include "base/clock.h"
#include "base/log.h"
#include "model/audit_head.h"

#include "audit_head.sql.h"

static struct signing_key key; /* for the life of the process; no seed: there is none */

void audit_day_open(struct arena *arena, const struct config *config)
{
    struct error *e = signing_key_load(arena, config->state_dir, &key);

    if (e)
        log_error("audit", log_text("error", e->text));
}

struct error *audit_day_run(const struct context *context)
{
    struct audit_head_published_row last = { .at = 0 };
    struct error *e = sql_audit_head_published(context->db, context->arena, &last);

    if (e && e->kind != ERROR_NOT_FOUND)
        return e;
    if (!key.seed)
        return NULL;
    if (last.at / A_DAY_S == context->now_at / A_DAY_S)
        return audit_heads_begin(context, &key, audit_ends_are_none(last.hash));
    e = audit_heads_sign(context, &key);
    return e ? e : audit_cut(context);
}
