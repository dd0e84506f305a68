/* The people of the current team, invites, and the person's teams; see team.h. */
#include "handler/team.h"

#include "base/array.h"
#include "base/text.h"
#include "model/invite.h"
#include "model/team.h"
#include "team.sql.h"
#include "team_hand_over.html.h"
#include "view/team_page.h"
#include "web/form.h"
#include "web/session.h"

#include <string.h>

/* The number of a person or team in the address. */
static struct error *number_of(struct request *r, int64_t *out)
{
    return text_int(r->parameters[0], out)
               ? NULL
               : error_new(r->arena, ERROR_NOT_FOUND, "not the number of anything");
}

static struct error *team_respond(struct request *r, struct team_html page)
{
    struct error *e = team_page_fill(r, &page);

    if (!e)
        html_team(&r->response.body, &r->frame, &page);
    return e;
}

struct error *team_show(struct request *r)
{
    return team_respond(r, (struct team_html){ .email = "" });
}

/* A refusal is told by the team's page, and nothing else of the transaction stays. */
static struct error *told(struct request *r, struct error *e, const char *done)
{
    const char *notice = e ? e->message : done;

    if (e && (e->kind != ERROR_CONFLICT || !notice))
        return e;
    if (e) {
        db_rollback(r->db);
        e = db_begin(r->db, r->arena);
    }
    return e ? e : session_notice_at(r, notice, "/team");
}

/* ---- invites ---- */

static struct error *invite_again(struct request *r, const struct field *fields)
{
    form_refuse(r);
    return team_respond(r, (struct team_html){ .email = fields[0].text,
                                               .email_problem = fields[0].problem,
                                               .role = fields[1].text,
                                               .role_problem = fields[1].problem });
}

struct error *team_invite(struct request *r)
{
    struct field fields[] = { { .name = "email", .kind = FIELD_EMAIL },
                              { .name = "role", .kind = FIELD_LINE, .is_required = true } };
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    const char *url = NULL;
    bool is_link;
    struct error *e = form_is(r, "by", "link", &is_link);

    if (!e)
        e = form_read(r, fields, COUNT(fields));
    if (e)
        return e;
    if (is_link)
        fields[0] = (struct field){ .name = "email", .text = "" };
    else if (!*fields[0].text && !fields[0].problem)
        fields[0].problem = "Enter an email address.";
    if (!form_has_problems(fields, COUNT(fields)))
        e = invite_make(&context, &actor, is_link ? NULL : fields[0].text, fields[1].text, &url);
    if (e && !form_blame(fields, COUNT(fields), e))
        return e;
    if (form_has_problems(fields, COUNT(fields)))
        return invite_again(r, fields);
    if (!url)
        return session_notice_at(r, arena_printf(r->arena, "%s is invited.", fields[0].text),
                                 "/team");
    return team_respond(r, (struct team_html){ .link = url, .role = fields[1].text });
}

struct error *team_invite_revoke(struct request *r)
{
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    struct error *e = invite_revoke(&context, &actor, r->parameters[0]);

    if (e && e->kind == ERROR_NOT_FOUND)
        return session_notice_at(r, "This invite can no longer be used.", "/team");
    return e ? e : session_notice_at(r, "Invite revoked.", "/team");
}

/* ---- roles ---- */

struct error *team_role_post(struct request *r)
{
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    const char *role;
    int64_t person_id;
    struct error *e = number_of(r, &person_id);

    if (!e)
        e = form_value(r, "role", &role);
    if (!e)
        e = team_role_set(&context, &actor, person_id, role ? role : "");
    return told(r, e, "Role changed.");
}

static struct error *hand_over_respond(struct request *r, const char *problem)
{
    struct team_html team = { .name = NULL };
    struct team_hand_over_html page = { .problem = problem };
    struct error *e = team_page_fill(r, &team);

    if (e)
        return e;
    page.name = team.name;
    page.people = team.people;
    page.is_personal = team.is_personal;
    page.has_others = team.has_others;
    r->frame.title = "Hand over the team";
    html_team_hand_over(&r->response.body, &r->frame, &page);
    return NULL;
}

struct error *team_hand_over_show(struct request *r)
{
    return hand_over_respond(r, NULL);
}

struct error *team_hand_over_post(struct request *r)
{
    struct field person = { .name = "person", .kind = FIELD_LINE, .max = 20, .is_required = true };
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    int64_t person_id = 0;
    struct error *e = form_read(r, &person, 1);

    if (e)
        return e;
    if (!person.problem && !text_int(person.text, &person_id))
        person.problem = "Choose a person of the team.";
    if (!person.problem)
        e = team_hand_over(&context, &actor, person_id);
    if (e && e->kind == ERROR_INPUT && form_blame(&person, 1, e))
        e = NULL;
    if (!person.problem)
        return told(r, e, "Ownership handed over. You are now a member.");
    form_refuse(r);
    return hand_over_respond(r, person.problem);
}

/* ---- leaving ---- */

static struct error *remove_respond(struct request *r, int64_t person_id)
{
    struct team_remove_html page = { .email = NULL };
    struct error *e = team_remove_fill(r, person_id, &page);

    if (!e)
        html_team_remove(&r->response.body, &r->frame, &page);
    return e;
}

static struct error *person_end(struct request *r, int64_t person_id)
{
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    bool with_keys;
    struct error *e = form_is(r, "keys", "yes", &with_keys);

    return e ? e : team_end_person(&context, &actor, person_id, with_keys);
}

struct error *team_remove_show(struct request *r)
{
    int64_t person_id;
    struct error *e = number_of(r, &person_id);

    return e ? e : remove_respond(r, person_id);
}

struct error *team_remove_post(struct request *r)
{
    int64_t person_id;
    struct error *e = number_of(r, &person_id);

    if (!e && person_id == r->session->person_id)
        return error_new(r->arena, ERROR_NOT_FOUND, "the owner's own way out is to leave");
    if (!e)
        e = person_end(r, person_id);
    return told(r, e, "Removed from the team.");
}

struct error *team_leave_show(struct request *r)
{
    return remove_respond(r, r->session->person_id);
}

struct error *team_leave_post(struct request *r)
{
    struct error *e = person_end(r, r->session->person_id);

    if (e)
        return told(r, e, NULL);
    response_redirect(&r->response, "/teams"); /* which says what the session notes */
    return NULL;
}

/* ---- the person's teams ---- */

static struct error *teams_respond(struct request *r, struct teams_html page)
{
    struct error *e = teams_page_fill(r, &page);

    if (!e)
        html_teams(&r->response.body, &r->frame, &page);
    return e;
}

struct error *teams_show(struct request *r)
{
    return teams_respond(r, (struct teams_html){ .name = "" });
}

struct error *teams_make(struct request *r)
{
    struct field name = { .name = "name", .kind = FIELD_PERSON, .is_required = true };
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    int64_t team_id;
    struct error *e = form_read(r, &name, 1);

    if (e)
        return e;
    if (!name.problem)
        e = team_make(&context, &actor, name.text, &team_id);
    if (e && e->message)
        name.problem = e->message;
    else if (e)
        return e;
    if (name.problem) {
        form_refuse(r);
        return teams_respond(r, (struct teams_html){ .name = name.text, .problem = name.problem });
    }
    e = session_switch(r, team_id);
    return e ? e : session_notice_at(r, "Team created.", "/team");
}

struct error *teams_switch(struct request *r)
{
    const struct context context = request_context(r);
    struct team_role_row role;
    const char *back;
    int64_t team_id;
    struct error *e = number_of(r, &team_id);

    if (!e)
        e = form_value(r, "return", &back);
    if (!e)
        e = team_is_ours(&context);
    if (!e)
        e = sql_team_role(r->db, r->arena, team_id, r->session->person_id, &role);
    if (!e)
        e = session_switch(r, team_id);
    return e ? e
             : session_notice_at(
                   r, arena_printf(r->arena, "Switched to team %s.", r->session->team_name),
                   back && text_is_local_path(back) ? back : "/vms");
}
