/* The page that the link of an invite opens; see invite.h. */
#include "handler/invite.h"

#include "invite.html.h"
#include "main_constants.sql.h"
#include "model/erasure.h"
#include "model/identity.h"
#include "model/invite.h"
#include "person.sql.h"
#include "team.sql.h"
#include "web/form.h"
#include "web/session.h"
#include "web/signin_note.h"

#include <string.h>

struct opened {
    const char *token; /* NULL: this browser has opened the link before (session_invite) */
    struct bytes hash;
    struct invite invite;
    bool is_found;
};

static bool is_signed_in(const struct request *r)
{
    return r->session && r->session->person_id;
}

/* Whether whoever is signed in can accept it: any account, or the one with its address. */
static bool is_for(const struct request *r, const struct invite *invite)
{
    return is_signed_in(r) && (!invite->email || strcmp(invite->email, r->session->email) == 0);
}

static void page_show(struct request *r, const char *title, struct invite_html page)
{
    page.is_signed_in = is_signed_in(r);
    page.minimum_age = r->config->minimum_age;
    r->frame.title = title;
    r->frame.section = "signin";
    html_invite(&r->response.body, &r->frame, &page);
}

static void outcome_show(struct request *r, const char *title, const char *what)
{
    page_show(r, title, (struct invite_html){ .what = what });
}

static void ended_show(struct request *r)
{
    r->response.status = 404;
    outcome_show(r, "This invite can\u2019t be used",
                 "The link is incomplete, or the invite has expired, was revoked or has already "
                 "been used. Ask for a new one.");
}

static struct error *opened_read(struct request *r, struct opened *opened)
{
    const struct context context = request_context(r);
    struct error *e = form_value(r, "token", &opened->token);

    if (strcmp(r->config->identity, "local") != 0)
        return error_new(r->arena, ERROR_NOT_FOUND, "WorkOS invites people itself");
    if (!e && opened->token)
        opened->hash = invite_hash(r->arena, opened->token);
    else if (!e)
        e = session_invite(r, &opened->hash);
    if (!e)
        e = invite_find(&context, opened->hash, &opened->invite);
    opened->is_found = !e;
    return e && e->kind == ERROR_NOT_FOUND ? NULL : e;
}

/* Of one that was used: whoever is in the team by now is told so, all others that it has ended. */
static struct error *used_show(struct request *r, const struct invite *invite)
{
    struct team_role_row role;
    struct error *e = error_new(r->arena, ERROR_NOT_FOUND, "signed out");

    if (is_signed_in(r) && invite->team_id)
        e = sql_team_role(r->db, r->arena, invite->team_id, r->session->person_id, &role);
    if (!e)
        outcome_show(
            r, "You have joined",
            arena_printf(r->arena, "You are in the team %s as %s.", invite->team, role.role));
    else if (e->kind == ERROR_NOT_FOUND)
        ended_show(r);
    return e && e->kind == ERROR_NOT_FOUND ? NULL : e;
}

/* Mail scanners follow links, so a GET uses nothing up. */
struct error *invite_show(struct request *r)
{
    struct opened opened = { .token = NULL };
    const struct invite *invite = &opened.invite;
    struct error *e = opened_read(r, &opened);

    if (e)
        return e;
    if (!opened.is_found) {
        ended_show(r);
        return NULL;
    }
    if (invite->is_used)
        return used_show(r, invite);
    e = session_begin(r); /* for the form's token */
    if (e)
        return e;
    page_show(r,
              arena_printf(r->arena, invite->team_id ? "Join %s" : "Your account on %s",
                           invite->team_id ? invite->team : r->config->server_name),
              (struct invite_html){
                  .team = invite->team,
                  .inviter = invite->inviter,
                  .inviter_email = invite->inviter_email,
                  .role = invite->role,
                  .email = invite->email,
                  .token = opened.token,
                  .present_email = is_signed_in(r) && !is_for(r, invite) ? r->session->email : NULL,
                  .expires_at = invite->expires_at,
              });
    return NULL;
}

/* ---- accepting ---- */

/* The answer is an error's, so nothing of the transaction stays. */
static struct error *refused_show(struct request *r, struct error *refusal)
{
    if (refusal->kind == ERROR_NOT_FOUND) {
        ended_show(r);
        return NULL;
    }
    if (!refusal->message)
        return refusal;
    r->response.status = error_status(refusal->kind);
    outcome_show(r, "You can\u2019t join", refusal->message);
    return NULL;
}

static struct error *joined_respond(struct request *r, const struct invite *invite)
{
    struct error *e = session_keep_invite(r, (struct bytes){ NULL, 0 });

    if (!e && !invite->team_id)
        return session_notice_at(r, "Account created.", "/vms");
    return e ? e
             : session_notice_at(
                   r,
                   arena_printf(r->arena, "You have joined %s as %s.", invite->team, invite->role),
                   "/vms");
}

static struct error *accept(struct request *r, const struct invite *invite)
{
    const struct context context = request_context(r);
    struct error *e = invite_accept(&context, invite, r->session->person_id, r->session->email);

    if (e)
        return refused_show(r, e);
    if (invite->team_id)
        e = session_switch(r, invite->team_id);
    return e ? e : joined_respond(r, invite);
}

/* The link is kept until they are back, by its hash. */
static struct error *sign_in_first(struct request *r, const struct opened *opened)
{
    struct error *e = session_keep_invite(r, opened->hash);

    if (!e)
        response_redirect(&r->response, "/signin?return=/signin/invite");
    return e;
}

/*
 * The mail's link proves the address, so it makes the account of somebody who is new here, and
 * signs in to that. It opens no account that there is: it is valid for longer than a sign-in link,
 * and somebody else has it sent.
 */
static struct error *sign_up_accept(struct request *r, const struct opened *opened)
{
    const struct invite *invite = &opened->invite;
    const struct identity identity = {
        .key = arena_printf(r->arena, "local:%s", invite->email),
        .email = invite->email,
        .name = identity_name(r->arena, NULL, invite->email),
    };
    const struct context context = request_context(r);
    struct erasure_closed closed;
    struct person_by_identity_row known;
    const char *notice;
    int64_t person_id, team_id;
    struct error *e = erasure_closed(&context, identity.key, &closed);

    if (!e && closed.words)
        return refused_show(
            r, error_refuse(r->arena, ERROR_FORBIDDEN, IDENTITY_CLOSED, NULL, "%s", closed.told));
    if (!e)
        e = sql_person_by_identity(r->db, r->arena, identity.key, &known);
    if (!e)
        return sign_in_first(r, opened);
    if (e->kind == ERROR_NOT_FOUND)
        e = identity_person(&context, &identity, &person_id, &team_id, &notice);
    if (!e)
        e = session_sign_in(r, person_id, team_id, NULL, 0);
    if (!e)
        e = signin_note(r, person_id, NULL);
    return e ? e : accept(r, invite);
}

struct error *invite_post(struct request *r)
{
    struct opened opened = { .token = NULL };
    struct error *e = opened_read(r, &opened);

    if (e)
        return e;
    if (!opened.is_found) {
        ended_show(r);
        return NULL;
    }
    if (opened.invite.is_used)
        return used_show(r, &opened.invite);
    if (is_for(r, &opened.invite))
        return accept(r, &opened.invite);
    if (opened.invite.email)
        return sign_up_accept(r, &opened);
    return sign_in_first(r, &opened);
}
