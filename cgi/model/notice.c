/* What people are told by mail, and what they turn off; see notice.h. */
#include "model/notice.h"

#include "adapter/crypto.h"
#include "base/array.h"
#include "base/buf.h"
#include "base/limit.h"
#include "main_constants.sql.h"
#include "model/audit.h"
#include "model/label.h"

#include "notice.sql.h"
#include "team.sql.h"

#include <string.h>

/* Kinds of mails by what turns them off. Others that are queued here cannot be turned off. */
static const struct {
    const char *mail, *off;
} kinds[] = {
    { MAIL_KIND_SPEND_NEAR, MAIL_OFF_KIND_BUDGET },
    { MAIL_KIND_SPEND_FULL, MAIL_OFF_KIND_BUDGET },
    { MAIL_KIND_VM_STOPS_SOON, MAIL_OFF_KIND_IDLE },
    { MAIL_KIND_WEEKLY_SUMMARY, "weekly" }, /* off unless it is in weekly_summary */
};

static const char *off_of(const char *mail_kind)
{
    for (size_t i = 0; i < COUNT(kinds); i++) {
        if (strcmp(kinds[i].mail, mail_kind) == 0)
            return kinds[i].off;
    }
    return "";
}

/* ---- queueing ---- */

struct error *notice_queue(const struct context *context, int64_t person_id,
                           const struct mail *mail)
{
    struct notice_person_row person;
    struct mail message = *mail;
    struct error *e =
        sql_notice_person(context->db, context->arena, person_id, off_of(mail->kind), &person);

    if (e || person.is_off || person.closed_at)
        return e;
    message.to = person.email;
    return mail_queue(context->db, context->arena, &message, context->now_at);
}

struct error *notice_queue_owners(const struct context *context, int64_t team_id,
                                  const struct mail *mail)
{
    struct notice_owners_rows owners;
    struct error *e = sql_notice_owners(context->db, context->arena, team_id, &owners);

    for (size_t i = 0; !e && i < owners.count; i++) {
        struct mail message = *mail;

        message.once =
            arena_printf(context->arena, "%s/%lld", mail->once, (long long)owners.row[i].person_id);
        e = notice_queue(context, owners.row[i].person_id, &message);
    }
    return e;
}

/* "laptop, tablet and 3 more" */
static const char *names_text(struct arena *arena, const char *const *names, size_t count)
{
    struct buf text = buf_new(arena, 256);

    for (size_t i = 0; i < count && i < LIMIT_MAIL_NAMES; i++)
        buf_printf(&text, "%s%s", i ? ", " : "", label_in_mail(arena, names[i]));
    if (count > LIMIT_MAIL_NAMES)
        buf_printf(&text, " and %zu more", count - LIMIT_MAIL_NAMES);
    return text.bytes;
}

struct error *notice_keys(const struct context *context, const struct actor *actor,
                          const char *kind, const char *const *names, size_t count)
{
    struct team_get_row team;
    struct error *e;

    if (!actor->person_id || !count)
        return NULL;
    e = sql_team_get(context->db, context->arena, actor->team_id, &team);
    if (e)
        return e;
    return notice_queue(
        context, actor->person_id,
        &(struct mail){
            .kind = kind,
            .once = arena_printf(context->arena, "%s/%s", kind, crypto_id(context->arena)),
            .promise = label_in_mail(context->arena, team.name),
            .note = names_text(context->arena, names, count),
            .url = arena_printf(context->arena, "%s/keys", context->config->public_url),
            .at = context->now_at,
        });
}

/* ---- choices ---- */

struct error *notice_read(const struct context *context, int64_t person_id,
                          struct notice_choices *out)
{
    struct notice_list_row row;
    struct error *e = sql_notice_list(context->db, context->arena, person_id, &row);

    if (!e)
        *out = (struct notice_choices){ !row.is_budget_off, !row.is_idle_off, row.weekly_at > 0 };
    return e;
}

static struct error *off_set(const struct context *context, int64_t person_id, const char *kind,
                             bool is_on)
{
    return is_on
               ? sql_notice_turn_on(context->db, context->arena, person_id, kind)
               : sql_notice_turn_off(context->db, context->arena, person_id, kind, context->now_at);
}

static struct error *weekly_set(const struct context *context, int64_t person_id, bool is_on)
{
    return is_on ? sql_notice_weekly_add(context->db, context->arena, person_id,
                                         crypto_token(context->arena), context->now_at)
                 : sql_notice_weekly_delete(context->db, context->arena, person_id);
}

/* "Weekly summary on, Idle warnings off" */
static const char *changes_of(struct arena *arena, const struct notice_choices *was,
                              const struct notice_choices *is)
{
    const struct {
        const char *name;
        bool was, is;
    } parts[] = {
        { "Spending limit", was->has_budget, is->has_budget },
        { "Idle warnings", was->has_idle, is->has_idle },
        { "Weekly summary", was->has_weekly, is->has_weekly },
    };
    const char *text = NULL;

    for (size_t i = 0; i < COUNT(parts); i++) {
        if (parts[i].was != parts[i].is)
            text = arena_printf(arena, "%s%s%s %s", text ? text : "", text ? ", " : "",
                                parts[i].name, parts[i].is ? "on" : "off");
    }
    return text;
}

struct error *notice_set(const struct context *context, int64_t person_id,
                         const struct notice_choices *choices, const char **out_changes)
{
    struct notice_choices was;
    struct error *e = notice_read(context, person_id, &was);

    if (!e)
        e = off_set(context, person_id, MAIL_OFF_KIND_BUDGET, choices->has_budget);
    if (!e)
        e = off_set(context, person_id, MAIL_OFF_KIND_IDLE, choices->has_idle);
    if (!e)
        e = weekly_set(context, person_id, choices->has_weekly);
    if (!e)
        *out_changes = changes_of(context->arena, &was, choices);
    return e;
}

struct error *notice_unsubscribe(const struct context *context, const char *token)
{
    struct notice_weekly_by_token_row found;
    struct error *e = sql_notice_weekly_by_token(context->db, context->arena, token, &found);

    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    e = sql_notice_weekly_delete(context->db, context->arena, found.person_id);
    return e ? e
             : audit_add_personal(context, &(struct audit_entry){
                                               .action = AUDIT_NOTICES,
                                               .detail = "Weekly summary off, by the link in it",
                                               .person_id = found.person_id,
                                           });
}
