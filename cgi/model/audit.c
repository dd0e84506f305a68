/* The history; see audit.h. */
#include "model/audit.h"

#include "base/clock.h"
#include "base/limit.h"
#include "model/audit_chain.h"

#include "activity.sql.h"
#include "audit_link.sql.h"
#include "main_constants.sql.h"
#include "team.sql.h"

#include <string.h>

#define ACTION_ROW(name, code, title) { code, title },
static const struct {
    const char *code, *title;
} actions[] = { AUDIT_ACTIONS(ACTION_ROW) };

/* ---- places in the chain ---- */

struct link {
    int64_t seq;
    unsigned char hash[CRYPTO_HASH_BYTES];
};

static struct error *link_last(const struct context *context, int64_t team_id, struct link *out)
{
    struct audit_link_last_row last;
    struct error *e = sql_audit_link_last(context->db, context->arena, team_id, &last);

    *out = (struct link){ .seq = 0 };
    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    if (last.hash.length != CRYPTO_HASH_BYTES)
        return error_new(context->arena, ERROR_INTERNAL, "place %lld has no hash",
                         (long long)last.seq);
    out->seq = last.seq;
    memcpy(out->hash, last.hash.bytes, sizeof out->hash);
    return NULL;
}

static const unsigned char *random_salt(struct arena *arena)
{
    unsigned char *salt = arena_alloc(arena, AUDIT_SALT_BYTES);

    crypto_random(salt, AUDIT_SALT_BYTES);
    return salt;
}

/* `link` becomes the new end of the chain. */
static struct error *row_chain(const struct context *context, int64_t team_id,
                               const struct activity_unchained_row *row, struct link *link)
{
    struct arena *arena = context->arena;
    const unsigned char *salt = row->person_id ? random_salt(arena) : NULL;
    const char *person = salt ? audit_person_hash(arena, salt, row->person_id) : NULL;
    const struct audit_body body = {
        .team_id = team_id,
        .seq = link->seq + 1,
        .at_ms = row->at_ms,
        .took_ms = row->took_ms,
        .action = row->action,
        .vm_id = row->vm_id,
        .object = row->object,
        .actor = row->actor,
        .person_hash = person,
        .result = row->result,
        .what = row->what,
        .detail = row->detail,
    };
    unsigned char entry_hash[CRYPTO_HASH_BYTES];
    struct error *e;

    audit_entry_hash(arena, &body, entry_hash);
    audit_hash(arena, link->hash, entry_hash, link->hash);
    link->seq = body.seq;
    e = sql_activity_chain(context->db, arena, team_id, row->at_ms, row->id, link->seq,
                           (struct bytes){ salt, salt ? AUDIT_SALT_BYTES : 0 }, person);
    return e ? e
             : sql_audit_link_add(context->db, arena, team_id, link->seq,
                                  (struct bytes){ entry_hash, sizeof entry_hash },
                                  (struct bytes){ link->hash, sizeof link->hash }, row->at_ms,
                                  row->id);
}

/* All that is over gets its place; `*count` is how many there were, at most LIMIT_AUDIT_ROWS. */
static struct error *team_chain(const struct context *context, int64_t team_id, size_t *count)
{
    struct activity_unchained_rows rows;
    struct link link;
    struct error *e =
        sql_activity_unchained(context->db, context->arena, team_id, LIMIT_AUDIT_ROWS, &rows);

    *count = e ? 0 : rows.count;
    if (e || !rows.count)
        return e;
    e = link_last(context, team_id, &link);
    for (size_t i = 0; !e && i < rows.count; i++)
        e = row_chain(context, team_id, &rows.row[i], &link);
    return e;
}

static struct error *chain(const struct context *context, int64_t team_id)
{
    size_t count;

    return team_chain(context, team_id, &count);
}

/* ---- entries ---- */

struct error *audit_add(const struct context *context, const struct audit_entry *entry)
{
    const char *actor = entry->by_operator                      ? ACTIVITY_ACTOR_OPERATOR
                        : entry->by_system || !entry->person_id ? ACTIVITY_ACTOR_SYSTEM
                                                                : ACTIVITY_ACTOR_PERSON;
    struct error *e = sql_activity_add(
        context->db, context->arena, entry->team_id, crypto_id(context->arena),
        actions[entry->action].code, entry->vm_id, entry->object,
        entry->what ? entry->what : actions[entry->action].title, entry->detail, actor,
        entry->person_id ? &entry->person_id : NULL,
        entry->is_refused ? ACTIVITY_RESULT_REFUSED : ACTIVITY_RESULT_DONE, context->now_ms);

    return e ? e : chain(context, entry->team_id);
}

struct error *audit_add_personal(const struct context *context, const struct audit_entry *entry)
{
    struct audit_entry personal = *entry;
    struct team_personal_row team;
    struct error *e = sql_team_personal(context->db, context->arena, entry->person_id, &team);

    if (e)
        return e;
    personal.team_id = team.id;
    return audit_add(context, &personal);
}

const char *audit_request_detail(struct arena *arena, int64_t number)
{
    return number ? arena_printf(arena, "Request %lld by email", (long long)number) : NULL;
}

struct error *audit_is_new(const struct context *context, const struct audit_entry *entry,
                           bool *out)
{
    struct activity_seen_row seen;
    struct error *e = sql_activity_seen(
        context->db, context->arena, entry->team_id, actions[entry->action].code, entry->object,
        entry->person_id ? &entry->person_id : NULL, context->now_ms - AN_HOUR_S * 1000, &seen);

    *out = !e && !seen.is_there;
    return e;
}

struct error *audit_begin_job(const struct context *context, const struct actor *actor,
                              const struct audit_job *job)
{
    return sql_activity_add_job(context->db, context->arena, actor->team_id,
                                crypto_id(context->arena), job->vm_id, job->id, job->kind,
                                job->what, job->detail,
                                actor->person_id ? ACTIVITY_ACTOR_PERSON : ACTIVITY_ACTOR_SYSTEM,
                                actor_person(actor), context->now_ms);
}

struct error *audit_end_job(const struct context *context, const struct audit_end *end, bool *found)
{
    struct error *e = sql_activity_end(
        context->db, context->arena, end->team_id, end->job_number, end->what, end->detail,
        end->took_ms ? ACTIVITY_RESULT_DONE : ACTIVITY_RESULT_FAILED, end->took_ms);

    *found = !e && db_changes(context->db);
    return *found ? chain(context, end->team_id) : e;
}

struct error *audit_drop_jobs(const struct context *context, int64_t team_id, const char *vm_id)
{
    struct error *e = sql_activity_drop(context->db, context->arena, team_id, vm_id);

    return e || !db_changes(context->db) ? e : chain(context, team_id);
}

struct error *audit_forget_person(const struct context *context, int64_t person_id)
{
    return sql_activity_forget_person(context->db, context->arena, person_id);
}

/* ---- entries of before there were chains ---- */

static struct error *team_adopt(const struct context *context, int64_t team_id)
{
    size_t count = LIMIT_AUDIT_ROWS;
    struct error *e = NULL;

    while (!e && count == LIMIT_AUDIT_ROWS) {
        struct context one = *context;

        one.arena = arena_new(LIMIT_AUDIT_ARENA_BYTES);
        e = db_begin(one.db, one.arena);
        if (!e)
            e = team_chain(&one, team_id, &count);
        if (!e)
            e = db_commit(one.db, one.arena);
        db_rollback(one.db);
        if (e)
            e = error_copy(context->arena, e);
        arena_free(one.arena);
    }
    return e;
}

struct error *audit_adopt(const struct context *context)
{
    struct activity_unchained_teams_rows teams;
    struct error *e = sql_activity_unchained_teams(context->db, context->arena, &teams);

    if (e)
        return e;
    for (size_t i = 0; i < teams.count; i++) {
        struct error *problem = team_adopt(context, teams.row[i].team_id);

        if (problem && !e)
            e = error_in(context->arena, problem, "the activity of team %lld",
                         (long long)teams.row[i].team_id);
    }
    return e;
}
