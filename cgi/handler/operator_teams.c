/* The admin's handlers about teams; see operator_teams.h. */
#include "handler/operator_teams.h"

#include "base/limit.h"
#include "base/text.h"
#include "model/quota.h"
#include "model/suspension.h"
#include "view/operator_teams.h"
#include "web/form.h"
#include "web/request_note.h"
#include "web/session.h"

struct error *operator_teams_show(struct request *r)
{
    struct error *e = request_note_page(r, "teams");

    return e ? e : operator_teams_respond(r);
}

static struct error *number_of(struct request *r, int64_t *out)
{
    return text_int(r->parameters[0], out)
               ? NULL
               : error_new(r->arena, ERROR_NOT_FOUND, "not the number of a team");
}

static const char *path_of(struct request *r, int64_t team_id)
{
    return arena_printf(r->arena, "/operator/teams/%lld", (long long)team_id);
}

struct error *operator_team_show(struct request *r)
{
    int64_t team_id;
    struct error *e = number_of(r, &team_id);

    if (!e)
        e = request_note_team(r, team_id);
    return e ? e : operator_team_respond(r, team_id, (struct operator_team_html){ .reason = "" });
}

/* ---- suspensions ---- */

struct error *operator_team_suspend(struct request *r)
{
    struct field reason = { .name = "reason", .kind = FIELD_LINE, .is_required = true };
    const struct context context = request_context(r);
    int64_t team_id;
    struct error *e = number_of(r, &team_id);

    if (!e)
        e = form_read(r, &reason, 1);
    if (e)
        return e;
    if (!reason.problem)
        e = suspension_begin_team(&context, team_id, reason.text);
    if (e && !form_blame(&reason, 1, e))
        return e;
    if (!reason.problem)
        return session_notice_at(r, "Team suspended.", path_of(r, team_id));
    form_refuse(r);
    return operator_team_respond(
        r, team_id,
        (struct operator_team_html){ .reason = reason.text, .reason_problem = reason.problem });
}

struct error *operator_team_restore(struct request *r)
{
    const struct context context = request_context(r);
    int64_t team_id;
    struct error *e = number_of(r, &team_id);

    if (!e)
        e = suspension_end_team(&context, team_id);
    return e ? e : session_notice_at(r, "Team restored.", path_of(r, team_id));
}

/* ---- the quota ---- */

enum { VMS, VCPUS, MEMORY, DISK, PARTS };

static struct error *quota_again(struct request *r, int64_t team_id, const struct field *fields)
{
    struct operator_team_html page = { .reason = "" };

    page.quota.count = PARTS;
    page.quota.row = arena_array(r->arena, PARTS, sizeof *page.quota.row);
    for (size_t i = 0; i < PARTS; i++) {
        page.quota.row[i].value = fields[i].text;
        page.quota.row[i].problem = fields[i].problem;
    }
    form_refuse(r);
    return operator_team_respond(r, team_id, page);
}

/* Empty: the server's default. */
static const int64_t *part_of(const struct field *field)
{
    return *field->text ? &field->number : NULL;
}

struct error *operator_team_quota(struct request *r)
{
    struct field fields[PARTS] = {
        [VMS] = { .name = "vms", .kind = FIELD_INT, .max = LIMIT_QUOTA },
        [VCPUS] = { .name = "vcpus", .kind = FIELD_INT, .max = LIMIT_QUOTA },
        [MEMORY] = { .name = "memory_mb", .kind = FIELD_INT, .max = LIMIT_QUOTA },
        [DISK] = { .name = "disk_gb", .kind = FIELD_INT, .max = LIMIT_QUOTA },
    };
    const struct context context = request_context(r);
    int64_t team_id;
    struct error *e = number_of(r, &team_id);

    if (!e)
        e = form_read(r, fields, PARTS);
    if (e)
        return e;
    if (form_has_problems(fields, PARTS))
        return quota_again(r, team_id, fields);
    e = quota_set(&context, team_id,
                  &(struct quota_change){ .vms = part_of(&fields[VMS]),
                                          .vcpus = part_of(&fields[VCPUS]),
                                          .memory_mb = part_of(&fields[MEMORY]),
                                          .disk_gb = part_of(&fields[DISK]) });
    return e ? e : session_notice_at(r, "Quota saved.", path_of(r, team_id));
}
