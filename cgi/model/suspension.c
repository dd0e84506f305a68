/* Suspensions; see suspension.h. */
#include "model/suspension.h"

#include "base/date.h"
#include "base/limit.h"
#include "base/text.h"
#include "model/audit.h"
#include "model/label.h"
#include "model/mail_queue.h"
#include "model/vm_request.h"

#include "person.sql.h"
#include "session.sql.h"
#include "suspension.sql.h"
#include "team.sql.h"

#include <strings.h>

static struct error *reason_check(const struct context *context, const char *reason)
{
    if (!*reason)
        return error_refuse(context->arena, ERROR_INPUT, "no_reason", "reason",
                            "Enter a reason. Whom it is about reads it.");
    if (text_length(reason) > LIMIT_SUSPENSION_REASON)
        return error_refuse(context->arena, ERROR_INPUT, "too_long", "reason",
                            "A reason can have %d characters.", LIMIT_SUSPENSION_REASON);
    return NULL;
}

/* `team` NULL: about their account. `reason` NULL: it is over. */
static struct error *tell(const struct context *context, const char *email, const char *team,
                          const char *reason)
{
    const char *kind = reason ? MAIL_KIND_ACCOUNT_SUSPENDED : MAIL_KIND_ACCOUNT_RESTORED;

    return mail_queue(
        context->db, context->arena,
        &(struct mail){
            .kind = kind,
            .to = email,
            .once = arena_printf(context->arena, "%s/%s/%s/%lld", kind, email, team ? team : "",
                                 (long long)context->now_ms),
            .promise = team ? label_in_mail(context->arena, team) : NULL,
            .note = reason,
            .url = arena_printf(context->arena, "%s/signin", context->config->public_url),
            .at = context->now_at,
        },
        context->now_at);
}

static struct error *vms_stop(const struct context *context, int64_t team_id)
{
    const struct actor system = actor_system(team_id, SUSPENSION_CAUSE);

    return vm_request_all(context, &system, VM_REQUEST_STOP);
}

/* ---- people ---- */

/* In the admin's history and in the person's own. */
static struct error *person_note(const struct context *context, int64_t person_id,
                                 enum audit_action action)
{
    const struct audit_entry entry = {
        .team_id = AUDIT_OPERATOR,
        .action = action,
        .person_id = person_id,
        .by_operator = true,
    };
    struct error *e = audit_add(context, &entry);

    return e ? e : audit_add_personal(context, &entry);
}

static struct error *person_stop(const struct context *context, int64_t person_id)
{
    struct team_personal_row team;
    struct error *e = sql_session_delete_of_person(context->db, context->arena, person_id);

    if (!e)
        e = sql_team_personal(context->db, context->arena, person_id, &team);
    return e ? e : vms_stop(context, team.id);
}

struct error *suspension_begin_person(const struct context *context, int64_t person_id,
                                      const char *reason)
{
    struct person_get_row person;
    struct error *e = reason_check(context, reason);

    if (!e)
        e = sql_person_get(context->db, context->arena, person_id, &person);
    if (!e && strcasecmp(person.email, context->config->operator_email) == 0)
        e = error_refuse(context->arena, ERROR_CONFLICT, "operator", NULL,
                         "This is the admin\u2019s account: nobody could restore it.");
    if (!e)
        e = sql_suspension_begin_person(context->db, context->arena, person_id, reason,
                                        context->now_at);
    if (e || !db_changes(context->db))
        return e;
    e = person_note(context, person_id, AUDIT_SUSPENSION);
    if (!e)
        e = person_stop(context, person_id);
    return e ? e : tell(context, person.email, NULL, reason);
}

struct error *suspension_end_person(const struct context *context, int64_t person_id)
{
    struct person_get_row person;
    struct team_personal_row team;
    struct error *e = sql_person_get(context->db, context->arena, person_id, &person);

    if (!e)
        e = sql_suspension_end_person(context->db, context->arena, person_id);
    if (e || !db_changes(context->db))
        return e;
    e = person_note(context, person_id, AUDIT_SUSPENSION_END);
    if (!e)
        e = sql_team_personal(context->db, context->arena, person_id, &team);
    if (!e)
        e = sql_suspension_clocks(context->db, context->arena, team.id, context->now_at);
    return e ? e : tell(context, person.email, NULL, NULL);
}

struct error *suspension_check_sign_in(const struct context *context, int64_t person_id)
{
    struct suspension_of_person_row row;
    struct error *e = sql_suspension_of_person(context->db, context->arena, person_id, &row);

    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    return error_refuse(context->arena, ERROR_FORBIDDEN, SUSPENSION_CODE, NULL,
                        "The admin suspended this account on %s: %s",
                        date_day(context->arena, row.suspended_at), row.reason);
}

/* ---- teams ---- */

static struct error *team_note(const struct context *context, int64_t team_id,
                               enum audit_action action)
{
    struct audit_entry entry = {
        .team_id = AUDIT_OPERATOR,
        .action = action,
        .object = arena_printf(context->arena, "%lld", (long long)team_id),
        .by_operator = true,
    };
    struct error *e = audit_add(context, &entry);

    entry.team_id = team_id;
    return e ? e : audit_add(context, &entry);
}

static struct error *owners_tell(const struct context *context, int64_t team_id, const char *reason)
{
    struct suspension_owners_rows owners;
    struct team_get_row team;
    struct error *e = sql_team_get(context->db, context->arena, team_id, &team);

    if (!e)
        e = sql_suspension_owners(context->db, context->arena, team_id, &owners);
    for (size_t i = 0; !e && i < owners.count; i++)
        e = tell(context, owners.row[i].email, team.name, reason);
    return e;
}

struct error *suspension_begin_team(const struct context *context, int64_t team_id,
                                    const char *reason)
{
    struct team_get_row team;
    struct error *e = reason_check(context, reason);

    if (!e)
        e = sql_team_get(context->db, context->arena, team_id, &team);
    if (!e)
        e = sql_suspension_begin_team(context->db, context->arena, team_id, reason,
                                      context->now_at);
    if (e || !db_changes(context->db))
        return e;
    e = team_note(context, team_id, AUDIT_TEAM_SUSPENSION);
    if (!e)
        e = vms_stop(context, team_id);
    return e ? e : owners_tell(context, team_id, reason);
}

struct error *suspension_end_team(const struct context *context, int64_t team_id)
{
    struct team_get_row team;
    struct error *e = sql_team_get(context->db, context->arena, team_id, &team);

    if (!e)
        e = sql_suspension_end_team(context->db, context->arena, team_id);
    if (e || !db_changes(context->db))
        return e;
    e = team_note(context, team_id, AUDIT_TEAM_SUSPENSION_END);
    if (!e)
        e = sql_suspension_clocks(context->db, context->arena, team_id, context->now_at);
    return e ? e : owners_tell(context, team_id, NULL);
}
