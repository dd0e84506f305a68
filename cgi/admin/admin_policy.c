/*
 * "domicile-admin policy show": the policy in force, what is announced, and what domicile.conf or a
 * new version weakens ("unannounced") or says in another way ("changed") without an announcement.
 * "policy schedule" announces that: it takes effect after the notice period, and everybody is told
 * by mail. "policy withdraw" takes that back.
 */
#include "admin/admin.h"

#include "adapter/json.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/date.h"
#include "model/context.h"
#include "worker/policy_publish.h"
#include "worker/policy_render.h"

#include "policy_ack.sql.h"
#include "policy_version.sql.h"

#include <stdio.h>
#include <string.h>

static struct error *line_write(struct admin *admin, const char *state, int64_t number,
                                int64_t effective_at, const char *text)
{
    const struct json_field fields[] = {
        json_text("state", state),
        json_number("version", number),
        json_text("effective_at", effective_at ? date_iso(admin->arena, effective_at) : NULL),
        json_text("text", text),
    };
    const char *line;
    struct error *e = NULL;

    if (!admin->is_json) {
        printf("%-11s  %s\n", state, text);
        return NULL;
    }
    e = json_object_write(admin->arena, fields, COUNT(fields), &line);
    if (!e)
        puts(line);
    return e;
}

/* ---- show ---- */

static struct error *in_force_show(struct admin *admin, struct policy_version_now_row *now)
{
    struct error *e = sql_policy_version_now(admin->db, admin->arena, clock_now(), now);

    if (e && e->kind == ERROR_NOT_FOUND)
        return error_new(admin->arena, ERROR_INPUT,
                         "no policy has been published yet: run \"domicile-admin migrate\"");
    return e ? e
             : line_write(admin, "in force", now->number, now->effective_at,
                          arena_printf(admin->arena, "version %lld, since %s",
                                       (long long)now->number,
                                       date_iso(admin->arena, now->effective_at)));
}

static struct error *next_show(struct admin *admin)
{
    struct policy_version_next_row next;
    struct policy_ack_count_row acks;
    struct error *e = sql_policy_version_next(admin->db, admin->arena, clock_now(), &next);

    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    e = sql_policy_ack_count(admin->db, admin->arena, next.number, &acks);
    return e ? e
             : line_write(admin, "announced", next.number, next.effective_at,
                          arena_printf(
                              admin->arena, "version %lld, from %s, acknowledged by %lld: %s",
                              (long long)next.number, date_day_iso(admin->arena, next.effective_at),
                              (long long)acks.total, next.changes));
}

/* What is held back. */
static struct error *held_show(struct admin *admin)
{
    struct policy_facts facts;
    struct policy_held held;
    struct error *e;

    policy_facts_all(admin->arena, admin->config, &facts);
    e = policy_hold(admin->db, admin->arena, clock_now(), admin->config, &facts, &held);
    for (size_t i = 0; !e && i < held.unannounced.count; i++) {
        admin->status = 1;
        e = line_write(admin, held.unannounced.row[i].is_change ? "changed" : "unannounced",
                       held.number, 0, held.unannounced.row[i].text);
    }
    return e;
}

static struct error *show(struct admin *admin)
{
    struct policy_version_now_row now;
    struct error *e = in_force_show(admin, &now);

    if (!e)
        e = next_show(admin);
    return e ? e : held_show(admin);
}

/* ---- schedule ---- */

static struct error *schedule(struct admin *admin)
{
    const struct context now = context_at(admin->db, admin->arena, admin->config, clock_now_ms());
    struct config in_effect = *admin->config;
    struct policy_schedule out;
    int64_t from_at = 0, number;
    struct error *e;

    if (admin->from && !date_day_read(admin->from, &from_at))
        return error_new(admin->arena, ERROR_INPUT, "--from must be a day like 2027-01-31");
    e = policy_schedule(&now, from_at, &out);
    if (!e)
        e = admin_note(admin, AUDIT_POLICY_SCHEDULE,
                       arena_printf(admin->arena, "Version %lld", (long long)out.number), 0);
    if (!e)
        e = policy_apply(admin->db, admin->arena, &in_effect, clock_now(), &number);
    for (size_t i = 0; !e && i < out.list.count; i++)
        e = line_write(admin, "announced", out.number, out.effective_at, out.list.row[i].text);
    if (!e && !admin->is_json)
        printf("Version %lld takes effect on %s. Everybody is told in the dashboard, and %s.\n",
               (long long)out.number, date_day_iso(admin->arena, out.effective_at),
               config_has_mail(&in_effect) ? arena_printf(admin->arena, "%zu by email", out.mails)
                                           : "nobody by email, which is not in use");
    return e;
}

/* ---- withdraw ---- */

static struct error *withdraw(struct admin *admin)
{
    const struct context now = context_at(admin->db, admin->arena, admin->config, clock_now_ms());
    struct policy_schedule out;
    struct error *e = policy_withdraw(&now, &out);

    if (!e)
        e = admin_note(admin, AUDIT_POLICY_WITHDRAW,
                       arena_printf(admin->arena, "Version %lld", (long long)out.number), 0);
    if (!e)
        e = line_write(admin, "withdrawn", out.number, 0,
                       arena_printf(admin->arena, "version %lld does not come into force",
                                    (long long)out.number));
    return e ? e : held_show(admin);
}

struct error *admin_policy(struct admin *admin)
{
    if (strcmp(admin->argument, "show") == 0)
        return show(admin);
    if (strcmp(admin->argument, "schedule") == 0)
        return schedule(admin);
    if (strcmp(admin->argument, "withdraw") == 0)
        return withdraw(admin);
    return error_new(admin->arena, ERROR_INPUT, "policy show, policy schedule, or policy withdraw");
}
