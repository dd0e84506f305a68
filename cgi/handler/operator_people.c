/* The admin's handlers about people; see operator_people.h. */
#include "handler/operator_people.h"

#include "base/text.h"
#include "model/invite.h"
#include "model/signin_token.h"
#include "model/suspension.h"
#include "view/operator_people.h"
#include "web/form.h"
#include "web/request_note.h"
#include "web/session.h"

struct error *operator_people_show(struct request *r)
{
    struct error *e = request_note_page(r, "people");

    return e ? e : operator_people_respond(r, (struct operator_people_html){ .email = "" });
}

/* ---- a person ---- */

static struct error *number_of(struct request *r, int64_t *out)
{
    return text_int(r->parameters[0], out)
               ? NULL
               : error_new(r->arena, ERROR_NOT_FOUND, "not the number of a person");
}

static const char *path_of(struct request *r, int64_t person_id)
{
    return arena_printf(r->arena, "/operator/people/%lld", (long long)person_id);
}

struct error *operator_person_show(struct request *r)
{
    int64_t person_id;
    struct error *e = number_of(r, &person_id);

    if (!e)
        e = request_note_person(r, person_id);
    return e ? e
             : operator_person_respond(r, person_id, (struct operator_person_html){ .reason = "" });
}

struct error *operator_person_suspend(struct request *r)
{
    struct field reason = { .name = "reason", .kind = FIELD_LINE, .is_required = true };
    const struct context context = request_context(r);
    int64_t person_id;
    struct error *e = number_of(r, &person_id);

    if (!e)
        e = form_read(r, &reason, 1);
    if (e)
        return e;
    if (!reason.problem)
        e = suspension_begin_person(&context, person_id, reason.text);
    if (e && e->kind == ERROR_CONFLICT && e->message)
        reason.problem = e->message;
    else if (e && !form_blame(&reason, 1, e))
        return e;
    if (!reason.problem)
        return session_notice_at(r, "Account suspended.", path_of(r, person_id));
    form_refuse(r);
    return operator_person_respond(
        r, person_id,
        (struct operator_person_html){ .reason = reason.text, .reason_problem = reason.problem });
}

struct error *operator_person_restore(struct request *r)
{
    const struct context context = request_context(r);
    int64_t person_id;
    struct error *e = number_of(r, &person_id);

    if (!e)
        e = suspension_end_person(&context, person_id);
    return e ? e : session_notice_at(r, "Account restored.", path_of(r, person_id));
}

struct error *operator_person_link(struct request *r)
{
    const struct context context = request_context(r);
    struct operator_people_get_row person;
    const char *url = NULL;
    int64_t person_id;
    struct error *e = number_of(r, &person_id);

    if (!e)
        e = sql_operator_people_get(r->db, r->arena, person_id, r->now_at, &person);
    if (!e && !signin_token_is_offered(r->config, &person))
        e = error_new(r->arena, ERROR_NOT_FOUND, "this account has no sign-in links");
    if (!e)
        e = signin_token_give(&context, person.email, false, &url);
    return e ? e
             : operator_person_respond(r, person_id,
                                       (struct operator_person_html){ .reason = "", .link = url });
}

/* ---- invites ---- */

struct error *operator_invite_post(struct request *r)
{
    struct field email = { .name = "email", .kind = FIELD_EMAIL, .is_required = true };
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    const char *url = NULL;
    bool is_link;
    struct error *e = form_is(r, "by", "link", &is_link);

    if (!e)
        e = form_read(r, &email, 1);
    if (e)
        return e;
    if (!email.problem)
        e = invite_account(&context, &actor, email.text, is_link, &url);
    if (e && !form_blame(&email, 1, e))
        return e;
    if (email.problem)
        form_refuse(r);
    else if (!url)
        return session_notice_at(r, arena_printf(r->arena, "%s is invited.", email.text),
                                 "/operator/people");
    return operator_people_respond(r, (struct operator_people_html){ .email = email.text,
                                                                     .email_problem = email.problem,
                                                                     .link = url });
}

struct error *operator_invite_revoke(struct request *r)
{
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    struct error *e = invite_account_revoke(&context, &actor, r->parameters[0]);

    if (e && e->kind == ERROR_NOT_FOUND)
        return session_notice_at(r, "This invite can no longer be used.", "/operator/people");
    return e ? e : session_notice_at(r, "Invite revoked.", "/operator/people");
}
