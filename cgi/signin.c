/*
 * Authentication: sign-in by a link from the operator or by mail (identity = local) or through
 * WorkOS, and sign-out. Sessions are in web/session.c, people in model/identity.c, the WorkOS API
 * in remote/workos.c.
 */
#include "adapter/crypto.h"
#include "base/array.h"
#include "base/text.h"
#include "handler/access_request.h"
#include "handler/invite.h"
#include "handler/signin_link.h"
#include "handler/signin_passkey.h"
#include "model/identity.h"
#include "model/outbound.h"
#include "model/provider_key.h"
#include "model/signin_mail.h"
#include "model/worker_wakeup.h"
#include "person.sql.h"
#include "remote/workos.h"
#include "signed_out.html.h"
#include "signin_mail.html.h"
#include "team.sql.h"
#include "view/signin_page.h"
#include "view/signin_problem.h"
#include "web/form.h"
#include "web/request_note.h"
#include "web/serve.h"
#include "web/session.h"
#include "web/signin_note.h"
#include "workos_object.sql.h"

#include <string.h>

static struct workos *workos; /* for the life of the process; NULL: identity = local */

/* ---- the page ---- */

static bool is_signed_in(const struct request *r)
{
    return r->session && r->session->person_id;
}

static struct error *signin_show(struct request *r)
{
    struct signin_html page = { .email = NULL };
    const char *path, *ended, *again;
    struct error *e = form_value(r, "return", &path);

    if (!e)
        e = form_value(r, "ended", &ended);
    if (!e)
        e = form_value(r, "again", &again);
    if (e)
        return e;
    /* The path is stored: without a key that somebody pasted, or the secret of a link. */
    if (path && (!text_is_local_path(path) || provider_key_is_in(path) || strstr(path, "token=")))
        path = NULL;
    page.has_ended = ended != NULL;
    if (is_signed_in(r) && !again) {
        response_redirect(&r->response, path ? path : "/vms");
        return NULL;
    }
    e = path ? session_keep_return(r, path) : NULL;
    return e ? e : signin_page_show(r, &page);
}

/* ---- identity = local: links by mail ---- */

static struct error *mail_request(struct request *r)
{
    struct field email = { .name = "email", .kind = FIELD_EMAIL, .is_required = true };
    struct signin_html page = { .email = NULL };
    const struct context context = request_context(r);
    struct bytes invite;
    struct error *e = form_read(r, &email, 1);

    if (!signin_page_has_mail(r))
        return error_new(r->arena, ERROR_NOT_FOUND, "no links by mail here");
    if (e)
        return e;
    if (email.problem) {
        page.email = email.text;
        page.email_problem = email.problem;
        form_refuse(r);
        return signin_page_show(r, &page);
    }
    e = session_invite(r, &invite);
    if (!e)
        e = signin_mail_request(&context, email.text, invite);
    /* Disk latency is observable from outside, so always write. */
    if (!e)
        e = session_notice(r, NULL);
    if (e)
        return e;
    response_redirect(&r->response, "/signin/mail");
    return NULL;
}

/* The same for everybody: it must not reveal which addresses are known. */
static struct error *mail_sent_show(struct request *r)
{
    struct signin_mail_html page = { .present_email = NULL };
    struct invite invite;
    struct error *e = signin_page_invite(r, &invite);

    if (!signin_page_has_mail(r))
        return error_new(r->arena, ERROR_NOT_FOUND, "no links by mail here");
    if (e)
        return e;
    if (is_signed_in(r))
        page.present_email = r->session->email;
    if (!invite.email)
        page.invite_team = invite.team; /* whoever has its link is sent one */
    r->frame.title = "Check your email";
    r->frame.section = "signin";
    html_signin_mail(&r->response.body, &r->frame, &page);
    return NULL;
}

/* ---- identity = workos ---- */

/* Starts a sign-in; WorkOS also links here from its mails. */
static struct error *workos_start(struct request *r)
{
    struct field fields[] = {
        { .name = "invitation_token", .kind = FIELD_LINE, .max = 512 },
        { .name = "again", .kind = FIELD_LINE, .max = 1 },
    };
    const struct field *invitation = &fields[0];
    const char *state = crypto_token(r->arena);
    const char *verifier = crypto_token(r->arena);
    bool is_invited;
    struct error *e = form_read(r, fields, 2);

    if (!workos)
        return error_new(r->arena, ERROR_NOT_FOUND, "identity is not workos");
    if (e)
        return e;
    is_invited = *invitation->text && !invitation->problem;
    if (is_signed_in(r) && is_invited)
        return signin_problem_show(r, &SIGNIN_INVITED_WHILE_SIGNED_IN, NULL,
                                   (struct signin_problem_html){ .email = NULL });
    if (is_signed_in(r) && !*fields[1].text) {
        response_redirect(&r->response, "/vms");
        return NULL;
    }
    e = session_keep_workos(r, state, verifier);
    if (e)
        return e;
    response_redirect(&r->response,
                      workos_authorize_url(workos, r->arena, state, verifier,
                                           is_invited ? invitation->text : NULL, is_signed_in(r)));
    return NULL;
}

static struct error *organization_name(struct request *r, const char *organization_id,
                                       const char **out)
{
    struct team_by_organization_row team;
    struct error *e = sql_team_by_organization(r->db, r->arena, organization_id, &team);

    *out = organization_id;
    if (!e || e->kind != ERROR_NOT_FOUND)
        return e;
    /* The team is new. It is usable without its name, so a failure is not fatal. */
    if (workos_organization_name(workos, r->arena, organization_id, out))
        *out = organization_id;
    *out = identity_name(r->arena, *out, organization_id);
    return NULL;
}

static struct error *person_write(struct request *r, const struct workos_person *person,
                                  const struct identity *identity, const char *team_name)
{
    struct workos_object_deleted_row deleted = { .total = 0 };
    const struct context context = request_context(r);
    const char *notice = NULL;
    int64_t person_id, team_id;
    struct error *e;

    /*
     * The only GET that signs in: the browser arrives by a redirect, and the consumed state takes
     * the role of the CSRF token.
     */
    db_query_only(r->db, false);
    e = db_begin(r->db, r->arena);
    if (!e)
        e = sql_workos_object_deleted(r->db, r->arena, person->user_id, person->session_id,
                                      &deleted);
    /* The webhook of the session's end arrived before the browser did. */
    if (!e && deleted.total)
        e = error_new(r->arena, ERROR_FORBIDDEN, "WorkOS has ended this session, or its user");
    if (!e)
        e = identity_person(&context, identity, &person_id, &team_id, &notice);
    if (!e && person->organization_id)
        e = identity_join(&context, person_id, person->organization_id, team_name,
                          person->is_owner ? MEMBERSHIP_ROLE_OWNER : MEMBERSHIP_ROLE_MEMBER,
                          &team_id);
    if (!e)
        e = session_sign_in(r, person_id, team_id, person->session_id, person->authenticated_at);
    if (!e)
        outbound_team(team_id);
    return e ? signin_note_refused(r, identity->key, e) : signin_note(r, person_id, notice);
}

/* Somebody new, while nobody new may sign up. */
static struct error *is_turned_away(struct request *r, const struct identity *identity, bool *out)
{
    struct person_by_identity_row known;
    struct error *e;

    *out = false;
    if (identity_sign_up_is_open(r->config, identity->email))
        return NULL;
    e = sql_person_by_identity(r->db, r->arena, identity->key, &known);
    *out = e && e->kind == ERROR_NOT_FOUND;
    return *out ? NULL : e;
}

static struct error *person_sign_in(struct request *r, const struct workos_person *person)
{
    const char *email = identity_email(r->arena, person->email);
    const struct identity identity = {
        .key = arena_printf(r->arena, "workos:%s", person->user_id),
        .email = email,
        .name = email ? identity_name(r->arena, person->name, email) : NULL,
    };
    const struct signin_problem *problem =
        person->is_impersonated ? &SIGNIN_IMPERSONATED
        : !email                ? &SIGNIN_EMAIL_UNUSABLE
        : !identity_email_is_allowed(r->config, email, person->is_email_verified)
            ? &SIGNIN_EMAIL_UNVERIFIED
            : NULL;
    const char *path = session_return(r);
    const char *team_name = NULL;
    bool is_away = false;
    struct error *e = problem ? NULL : is_turned_away(r, &identity, &is_away);

    if (e)
        return e;
    if (is_away)
        problem = &SIGNIN_CLOSED;
    if (problem)
        return signin_problem_show(
            r, problem, "refused",
            (struct signin_problem_html){
                .logout_url = workos_logout_url(workos, r->arena, person->session_id),
            });
    if (person->organization_id)
        e = organization_name(r, person->organization_id, &team_name);
    if (!e)
        e = person_write(r, person, &identity, team_name);
    if (!e)
        response_redirect(&r->response, path);
    return e ? signin_closed_show(r, e) : NULL;
}

static struct error *code_use(struct request *r, const char *code, const char *verifier)
{
    static const struct signin_problem_html page;
    struct workos_person person;
    struct error *e = workos_exchange(workos, r->arena, code, verifier, r->user_agent, &person);

    if (e && e->kind == ERROR_UPSTREAM)
        return signin_problem_show(r, &SIGNIN_UPSTREAM_FAILED, e->text, page);
    if (e)
        return e;
    if (person.refusal)
        return signin_problem_show(r, signin_problem_of_code(r->arena, person.refusal),
                                   person.refusal, page);
    return person_sign_in(r, &person);
}

/* The callback from WorkOS, with a code or an error. "error_description" is never read. */
static struct error *callback_show(struct request *r)
{
    static const struct signin_problem_html page;
    struct field fields[] = {
        { .name = "code", .kind = FIELD_LINE, .max = 1024 },
        { .name = "state", .kind = FIELD_LINE, .max = 128 },
        { .name = "error", .kind = FIELD_LINE, .max = 128 },
    };
    const struct field *code = &fields[0], *state = &fields[1], *error = &fields[2];
    const char *verifier, *name;
    struct error *e = form_read(r, fields, 3);

    if (!workos)
        return error_new(r->arena, ERROR_NOT_FOUND, "identity is not workos");
    if (!e)
        e = session_take_workos(r, state->text, &verifier);
    if (e)
        return e;
    /* A second tab, or the back button. */
    if (!verifier && is_signed_in(r)) {
        response_redirect(&r->response, "/vms");
        return NULL;
    }
    if (*error->text) {
        name = workos_code(r->arena, error->text);
        return signin_problem_show(r, signin_problem_of_code(r->arena, name), name, page);
    }
    /* No redirect to the start: with cookies disabled it would loop forever. */
    if (!verifier)
        return signin_problem_show(r, &SIGNIN_ATTEMPT_UNKNOWN, "unknown state", page);
    if (!*code->text || code->problem)
        return signin_problem_show(r, &SIGNIN_OTHER, "no code", page);
    return code_use(r, code->text, verifier);
}

/* ---- sign-out ---- */

static struct error *signout(struct request *r)
{
    const char *workos_session_id = workos ? r->session->workos_session_id : NULL;
    struct signed_out_html page = { .logout_url = NULL };
    struct error *e = request_note_personal(r, (struct audit_entry){ .action = AUDIT_SIGN_OUT });

    if (!e)
        e = session_end(r);
    if (e)
        return e;
    r->response.clear_site_data = true;
    if (!workos_session_id) {
        response_redirect(&r->response, "/signed-out");
        return NULL;
    }
    /*
     * A page instead of a redirect: the policy "form-action 'self'" also applies to the redirect
     * after a form.
     */
    page.logout_url = workos_logout_url(workos, r->arena, workos_session_id);
    r->response.refresh_url = page.logout_url;
    r->frame.title = "Signed out";
    r->frame.section = "signin";
    html_signed_out(&r->response.body, &r->frame, &page);
    return NULL;
}

static struct error *signed_out_show(struct request *r)
{
    const struct signed_out_html page = { .logout_url = NULL };

    r->frame.section = "signin";
    if (is_signed_in(r)) {
        response_redirect(&r->response, "/vms");
        return NULL;
    }
    r->frame.title = "Signed out";
    html_signed_out(&r->response.body, &r->frame, &page);
    return NULL;
}

/* ---- program ---- */

static const struct route routes[] = {
    { "GET", "/signin", ACCESS_PUBLIC, signin_show },
    { "GET", "/signin/link", ACCESS_PUBLIC, signin_link_show },
    { "POST", "/signin/link", ACCESS_PUBLIC, signin_link_use },
    { "GET", "/signin/invite", ACCESS_PUBLIC, invite_show },
    { "POST", "/signin/invite", ACCESS_PUBLIC, invite_post },
    { "GET", "/signin/request", ACCESS_PUBLIC, access_request_show },
    { "POST", "/signin/request", ACCESS_PUBLIC, access_request_post },
    { "GET", "/signin/requested", ACCESS_PUBLIC, access_request_sent_show },
    { "GET", "/signin/mail", ACCESS_PUBLIC, mail_sent_show },
    { "POST", "/signin/mail", ACCESS_PUBLIC, mail_request },
    { "POST", "/signin/passkey", ACCESS_PUBLIC, signin_passkey_post },
    { "GET", "/signin/workos", ACCESS_PUBLIC, workos_start },
    { "GET", "/auth/callback", ACCESS_PUBLIC, callback_show },
    { "POST", "/signout", ACCESS_PUBLIC, signout },
    { "GET", "/signed-out", ACCESS_PUBLIC, signed_out_show },
};

static struct program program = {
    .name = "signin",
    .routes = routes,
    .route_count = COUNT(routes),
    .db_mode = DB_READ_WRITE,
};

static struct error *signin_start(struct arena *arena, const struct config *config)
{
    struct error *e = worker_wakeup_connect(arena, config);

    if (e || strcmp(config->identity, "workos") != 0)
        return e;
    program.confinement = "signin_workos";
    transfer_observe(outbound_note);
    outbound_limit(arena, config);
    return workos_open(arena, config, &workos);
}

int main(int argc, char **argv)
{
    program.start = signin_start;
    return serve(argc, argv, &program);
}
