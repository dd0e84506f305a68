/* Announcements; see announcement.h. */
#include "model/announcement.h"

#include "base/clock.h"
#include "base/limit.h"
#include "model/audit.h"

#include "announcement.sql.h"

#include <string.h>

static struct error *refuse(const struct context *context, const char *field, const char *message)
{
    return error_refuse(context->arena, ERROR_INPUT, "announcement", field, "%s", message);
}

struct error *announcement_check(const struct context *context,
                                 const struct announcement *announcement)
{
    if (strcmp(announcement->level, ANNOUNCEMENT_LEVEL_INFO) != 0 &&
        strcmp(announcement->level, ANNOUNCEMENT_LEVEL_WARNING) != 0)
        return refuse(context, "level", "Choose a level.");
    if (announcement->until_at <= context->now_at)
        return refuse(context, "until", "This is over already.");
    if (announcement->until_at <= announcement->from_at)
        return refuse(context, "until", "It ends before it begins.");
    if (announcement->until_at - announcement->from_at > LIMIT_ANNOUNCEMENT_DAYS * A_DAY_S)
        return refuse(context, "until",
                      arena_printf(context->arena, "An announcement is shown for at most %d days.",
                                   LIMIT_ANNOUNCEMENT_DAYS));
    return NULL;
}

static struct error *note(const struct context *context, const struct actor *actor,
                          enum audit_action action, int64_t id)
{
    return audit_add(context, &(struct audit_entry){
                                  .team_id = AUDIT_OPERATOR,
                                  .action = action,
                                  .object = arena_printf(context->arena, "%lld", (long long)id),
                                  .person_id = actor->person_id,
                              });
}

struct error *announcement_put(const struct context *context, const struct actor *actor, int64_t id,
                               const struct announcement *announcement)
{
    struct announcement_add_row made = { .id = id };
    struct error *e = announcement_check(context, announcement);

    if (!e && id)
        e = sql_announcement_set(context->db, context->arena, id, announcement->text,
                                 announcement->level, announcement->from_at,
                                 announcement->until_at);
    else if (!e)
        e = sql_announcement_add(context->db, context->arena, announcement->text,
                                 announcement->level, announcement->from_at, announcement->until_at,
                                 context->now_at, &made);
    return e ? e : note(context, actor, id ? AUDIT_ANNOUNCEMENT_EDIT : AUDIT_ANNOUNCEMENT, made.id);
}

struct error *announcement_end(const struct context *context, const struct actor *actor, int64_t id)
{
    struct error *e = sql_announcement_end(context->db, context->arena, id, context->now_at);

    return e ? e : note(context, actor, AUDIT_ANNOUNCEMENT_END, id);
}

struct error *announcement_delete(const struct context *context, const struct actor *actor,
                                  int64_t id)
{
    struct error *e = sql_announcement_delete(context->db, context->arena, id, context->now_at);

    return e ? e : note(context, actor, AUDIT_ANNOUNCEMENT_DELETE, id);
}
