/* The account page and the choices on it; see account.h. */
#include "handler/account.h"

#include "account.html.h"
#include "base/text.h"
#include "main_constants.sql.h"
#include "model/restriction.h"
#include "person.sql.h"
#include "policy_ack.sql.h"
#include "policy_version.sql.h"
#include "session.sql.h"
#include "team.sql.h"
#include "view/account_page.h"
#include "web/form.h"
#include "web/live.h"
#include "web/request_note.h"
#include "web/session.h"

#include <string.h>

struct error *account_show(struct request *r)
{
    struct account_html page = { .name = NULL };
    struct error *e = account_page_fill(r, &page);

    if (e)
        return e;
    if (page.is_copying || r->is_fragment)
        live_respond(r, render_account, &page);
    else
        html_account(&r->response.body, &r->frame, &page);
    return NULL;
}

static struct error *account_again(struct request *r, struct account_html page)
{
    struct error *e = account_page_fill(r, &page);

    if (e)
        return e;
    form_refuse(r);
    html_account(&r->response.body, &r->frame, &page);
    return NULL;
}

struct error *account_rename(struct request *r)
{
    struct field name = { .name = "name", .kind = FIELD_PERSON, .is_required = true };
    struct error *e = form_read(r, &name, 1);

    if (e)
        return e;
    if (name.problem)
        return account_again(
            r, (struct account_html){ .name = name.text, .name_problem = name.problem });
    e = sql_person_rename(r->db, r->arena, r->session->person_id, name.text);
    if (!e)
        e = request_note_personal(r, (struct audit_entry){ .action = AUDIT_PERSON_RENAME });
    return e ? e : session_notice_at(r, "Name updated.", "/account");
}

/* A name that WorkOS has is changed there. */
static struct error *team_check(struct request *r)
{
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    struct team_get_row team;
    struct error *e = sql_team_get(r->db, r->arena, actor.team_id, &team);

    if (!e && team.workos_organization_id)
        return error_new(r->arena, ERROR_CONFLICT, "the team is renamed at WorkOS");
    return e ? e : restriction_check(&context, &actor);
}

struct error *account_team_rename(struct request *r)
{
    struct field name = { .name = "name", .kind = FIELD_PERSON, .is_required = true };
    struct error *e = form_read(r, &name, 1);

    if (e)
        return e;
    if (!name.problem)
        e = team_check(r);
    if (e && !e->message)
        return e;
    if (e)
        name.problem = e->message;
    if (name.problem)
        return account_again(
            r, (struct account_html){ .team = name.text, .team_problem = name.problem });
    e = sql_team_rename(r->db, r->arena, r->session->team_id, name.text);
    if (!e)
        e = request_note(r, (struct audit_entry){ .action = AUDIT_TEAM_RENAME });
    return e ? e : session_notice_at(r, "Team renamed.", "/account");
}

/* From the account page or the menu of any page, and back to it. Any other word: the system's. */
struct error *account_theme_set(struct request *r)
{
    const char *theme, *page;
    struct error *e = form_value(r, "theme", &theme);

    if (!e)
        e = form_value(r, "return", &page);
    if (e)
        return e;
    if (theme && strcmp(theme, PERSON_THEME_LIGHT) != 0 && strcmp(theme, PERSON_THEME_DARK) != 0)
        theme = NULL;
    e = sql_person_set_theme(r->db, r->arena, r->session->person_id, theme);
    if (!e)
        response_redirect(&r->response, page && text_is_local_path(page) ? page : "/account");
    return e;
}

/* That this person has seen how the policies change. */
struct error *account_policy_acknowledge(struct request *r)
{
    struct field number = { .name = "version", .kind = FIELD_LINE, .max = 20 };
    struct policy_version_get_row version;
    int64_t at;
    struct error *e = form_read(r, &number, 1);

    if (e)
        return e;
    if (number.problem || !text_int(number.text, &at))
        return error_new(r->arena, ERROR_NOT_FOUND, "no such version");
    e = sql_policy_version_get(r->db, r->arena, at, &version);
    if (!e && (!*version.changes || version.withdrawn_at))
        return error_new(r->arena, ERROR_NOT_FOUND, "nothing to acknowledge");
    if (!e)
        e = sql_policy_ack_add(r->db, r->arena, r->session->person_id, at, r->now_at);
    if (!e)
        e = request_note_personal(
            r, (struct audit_entry){
                   .action = AUDIT_POLICY_ACK,
                   .detail = arena_printf(r->arena, "Version %lld", (long long)version.number) });
    return e ? e : session_notice_at(r, "Change of the policies acknowledged.", "/account");
}

/* ---- sessions ---- */

struct error *account_session_end(struct request *r)
{
    bool is_this = strcmp(r->parameters[0], r->session->handle) == 0;
    struct error *e;

    if (is_this)
        return error_new(r->arena, ERROR_CONFLICT, "to end the current session, sign out");
    e = sql_session_delete_by_handle(r->db, r->arena, r->session->person_id, r->parameters[0]);
    if (!e)
        e = request_note_personal(r, (struct audit_entry){ .action = AUDIT_SESSION_END });
    return e ? e : session_notice_at(r, "Session signed out.", "/account");
}

struct error *account_session_end_others(struct request *r)
{
    struct error *e =
        sql_session_delete_others(r->db, r->arena, r->session->person_id, r->session->id_hash);

    if (!e)
        e = request_note_personal(r, (struct audit_entry){ .action = AUDIT_SESSIONS_END });
    return e ? e : session_notice_at(r, "Signed out of all other sessions.", "/account");
}
