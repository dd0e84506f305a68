/* The end of a sign-in; see signin_note.h. */
#include "web/signin_note.h"

#include "model/audit.h"
#include "model/signin_mail.h"
#include "person.sql.h"
#include "web/session.h"

struct error *signin_note(struct request *r, int64_t person_id, const char *notice)
{
    const struct context context = request_context(r);
    struct error *e = notice ? session_notice(r, notice) : NULL;

    if (!e)
        e = audit_add_personal(&context, &(struct audit_entry){
                                             .action = AUDIT_SIGN_IN,
                                             .person_id = person_id,
                                         });
    return e ? e : signin_mail_note(&context, person_id, session_browser(r), r->session->handle);
}

struct error *signin_note_refused(struct request *r, const char *identity_key,
                                  struct error *refusal)
{
    const struct context context = request_context(r);
    struct person_by_identity_row person;
    struct error *e;

    if (!refusal || refusal->kind != ERROR_FORBIDDEN)
        return refusal;
    db_rollback(r->db);
    e = db_begin(r->db, r->arena);
    if (!e)
        e = sql_person_by_identity(r->db, r->arena, identity_key, &person);
    if (!e)
        e = audit_add_personal(&context, &(struct audit_entry){
                                             .action = AUDIT_SIGN_IN_REFUSED,
                                             .person_id = person.id,
                                             .is_refused = true,
                                         });
    if (!e)
        e = db_commit(r->db, r->arena);
    db_rollback(r->db);
    return e && e->kind != ERROR_NOT_FOUND ? e : refusal;
}

struct error *signin_as(struct request *r, const struct identity *identity)
{
    const struct context context = request_context(r);
    const char *notice = NULL;
    int64_t person_id, team_id;
    struct error *e = identity_person(&context, identity, &person_id, &team_id, &notice);

    if (!e)
        e = session_sign_in(r, person_id, team_id, NULL, 0);
    return e ? signin_note_refused(r, identity->key, e) : signin_note(r, person_id, notice);
}
