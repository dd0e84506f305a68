/* What a request adds to the history; see request_note.h. */
#include "web/request_note.h"

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
