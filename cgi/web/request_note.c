/* What a request adds to the history; see request_note.h. */
#include "web/request_note.h"

#include "team.sql.h"
#include "web/session.h"

#include <string.h>

static struct error *note(struct request *r, const struct audit_entry *entry, bool is_personal)
{
    const struct context context = request_context(r);

    return is_personal ? audit_add_personal(&context, entry) : audit_add(&context, entry);
}

/* A GET can write nothing else; the answer is then read in a transaction of its own. */
static struct error *note_alone(struct request *r, const struct audit_entry *entry,
                                bool is_personal)
{
    struct error *e;

    db_query_only(r->db, false);
    e = db_begin(r->db, r->arena);
    if (!e)
        e = note(r, entry, is_personal);
    if (!e)
        e = db_commit(r->db, r->arena);
    db_rollback(r->db);
    db_query_only(r->db, true);
    return e ? e : db_read(r->db, r->arena);
}

static struct error *note_either(struct request *r, struct audit_entry *entry, bool is_personal)
{
    entry->person_id = r->session->person_id;
    return strcmp(r->method, "POST") == 0 ? note(r, entry, is_personal)
                                          : note_alone(r, entry, is_personal);
}

struct error *request_note(struct request *r, struct audit_entry entry)
{
    entry.team_id = r->session->team_id;
    return note_either(r, &entry, false);
}

struct error *request_note_operator(struct request *r, struct audit_entry entry)
{
    entry.team_id = AUDIT_OPERATOR;
    return note_either(r, &entry, false);
}

struct error *request_note_personal(struct request *r, struct audit_entry entry)
{
    return note_either(r, &entry, true);
}

/* ---- looks of the admin ---- */

struct error *request_note_page(struct request *r, const char *name)
{
    const struct context context = request_context(r);
    const struct audit_entry entry = { .team_id = AUDIT_OPERATOR,
                                       .action = AUDIT_ADMIN_PAGE,
                                       .object = name,
                                       .person_id = r->session->person_id };
    bool is_new;
    struct error *e = audit_is_new(&context, &entry, &is_new);

    return e || !is_new ? e : request_note_operator(r, entry);
}

/* Twice: in the operator's history, and in that of the team `team_id`. */
static struct error *look_note(struct request *r, struct audit_entry entry, int64_t team_id)
{
    const struct context context = request_context(r);
    bool is_new;
    struct error *e;

    entry.team_id = AUDIT_OPERATOR;
    e = audit_is_new(&context, &entry, &is_new);
    if (e || !is_new)
        return e;
    db_query_only(r->db, false);
    e = db_begin(r->db, r->arena);
    if (!e)
        e = audit_add(&context, &entry);
    entry.team_id = team_id;
    if (!e)
        e = audit_add(&context, &entry);
    if (!e)
        e = db_commit(r->db, r->arena);
    db_rollback(r->db);
    db_query_only(r->db, true);
    return e ? e : db_read(r->db, r->arena);
}

struct error *request_note_person(struct request *r, int64_t person_id)
{
    struct team_personal_row team;
    struct error *e = sql_team_personal(r->db, r->arena, person_id, &team);
    const struct audit_entry entry = { .action = AUDIT_ADMIN_PERSON,
                                       .object = "account",
                                       .person_id = person_id,
                                       .by_operator = true };

    return e ? e : look_note(r, entry, team.id);
}

struct error *request_note_team(struct request *r, int64_t team_id)
{
    struct team_get_row team;
    struct error *e = sql_team_get(r->db, r->arena, team_id, &team);
    const struct audit_entry entry = {
        .action = AUDIT_ADMIN_TEAM,
        .object = arena_printf(r->arena, "%lld", (long long)team_id),
        .by_operator = true,
    };

    return e ? e : look_note(r, entry, team_id);
}
