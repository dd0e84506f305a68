/* Account pages: SSH keys of the team; name, sessions and a copy of the data of the person. */
#include "account.html.h"
#include "base/array.h"
#include "base/date.h"
#include "base/limit.h"
#include "base/text.h"
#include "export.sql.h"
#include "handler/email_change.h"
#include "handler/keys.h"
#include "main_constants.sql.h"
#include "model/erasure.h"
#include "model/export.h"
#include "model/restriction.h"
#include "model/usage_objection.h"
#include "model/worker_wakeup.h"
#include "person.sql.h"
#include "policy_ack.sql.h"
#include "policy_version.sql.h"
#include "session.sql.h"
#include "team.sql.h"
#include "view/account_page.h"
#include "view/erasure_form.h"
#include "view/key_delete_page.h"
#include "web/form.h"
#include "web/live.h"
#include "web/request_note.h"
#include "web/serve.h"
#include "web/session.h"

#include <string.h>

/* ---- account ---- */

static struct error *account_show(struct request *r)
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

static struct error *account_rename(struct request *r)
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

static struct error *team_rename(struct request *r)
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
static struct error *theme_set(struct request *r)
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
static struct error *policy_acknowledge(struct request *r)
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

/* Whether this person's requests may be counted (web/counted.c). */
static struct error *statistics_set(struct request *r)
{
    bool is_uncounted;
    struct error *e = form_is(r, "counted", "no", &is_uncounted);

    if (!e)
        e = sql_person_set_uncounted(r->db, r->arena, r->session->person_id, is_uncounted);
    if (!e)
        e = request_note_personal(
            r, (struct audit_entry){ .action = AUDIT_STATISTICS,
                                     .detail = is_uncounted ? "Not counted" : "Counted" });
    if (e)
        return e;
    return session_notice_at(
        r, is_uncounted ? "You are no longer counted." : "You are counted again.", "/account");
}

/* Whether the VMs of the current team are measured (worker/usage.c). */
static struct error *charts_set(struct request *r)
{
    const struct context context = request_context(r);
    bool is_off;
    struct error *e = form_is(r, "charts", "off", &is_off);

    if (!e)
        e = usage_objection_set(&context, r->session->team_id, is_off);
    if (!e)
        e = request_note(
            r, (struct audit_entry){ .action = AUDIT_CHARTS, .detail = is_off ? "Off" : "On" });
    if (e)
        return e;
    return session_notice_at(r,
                             is_off ? "Usage charts are off, and what was measured is deleted."
                                    : "Usage charts are on.",
                             "/account");
}

static struct error *restriction_set(struct request *r)
{
    const struct context context = request_context(r);
    bool is_on;
    struct error *e = form_is(r, "restricted", "yes", &is_on);

    if (!e)
        e = is_on ? restriction_begin(&context, r->session->person_id)
                  : restriction_end(&context, r->session->person_id);
    if (!e)
        e = request_note_personal(
            r, (struct audit_entry){ .action = is_on ? AUDIT_RESTRICTION : AUDIT_RESTRICTION_END });
    if (e)
        return e;
    return session_notice_at(
        r, is_on ? "Your account is restricted." : "Your account is not restricted any more.",
        "/account");
}

/* ---- a copy of the person's data ---- */

static struct error *copy_request(struct request *r)
{
    const struct context context = request_context(r);
    int64_t refused_until;
    struct error *e = export_request(&context, r->session->person_id, 0, &refused_until);

    if (e)
        return e;
    if (refused_until)
        return session_notice_at(
            r,
            arena_printf(r->arena,
                         "No copy was prepared: %d in 24 hours is the limit. The next is possible "
                         "from %s UTC.",
                         LIMIT_EXPORTS, date_minute(r->arena, refused_until)),
            "/account#data");
    response_redirect(&r->response, "/account#data");
    return NULL;
}

/* A form and no link: what is downloaded is counted. nginx sends the file. */
static struct error *copy_download(struct request *r)
{
    const char *id = r->parameters[0];
    struct error *e =
        sql_export_count_download(r->db, r->arena, id, r->session->person_id, r->now_at);

    if (e && e->kind == ERROR_NOT_FOUND)
        return error_refuse(r->arena, ERROR_NOT_FOUND, "copy_expired", NULL,
                            "This copy of your data has expired and was deleted. You can prepare a "
                            "new one on your account page.");
    if (!e)
        e = request_note_personal(r, (struct audit_entry){ .action = AUDIT_COPY_FILE });
    if (e)
        return e;
    r->response.content_type = "application/zip";
    r->response.download = arena_printf(r->arena, "copy-%s.zip", date_day_iso(r->arena, r->now_at));
    r->response.file = export_internal_path(r->arena, id);
    return NULL;
}

/* ---- sessions ---- */

static struct error *session_end_one(struct request *r)
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

static struct error *session_end_others(struct request *r)
{
    struct error *e =
        sql_session_delete_others(r->db, r->arena, r->session->person_id, r->session->id_hash);

    if (!e)
        e = request_note_personal(r, (struct audit_entry){ .action = AUDIT_SESSIONS_END });
    return e ? e : session_notice_at(r, "Signed out of all other sessions.", "/account");
}

/* ---- deleting the account or a team: leads to a page that needs no session ---- */

static struct error *deletion_begin(struct request *r, const struct erasure_request *request)
{
    const struct context context = request_context(r);
    const char *token;
    struct error *e = erasure_request(&context, request, &token);

    if (!e)
        response_redirect(&r->response, token ? erasure_path(r->arena, token) : "/");
    return e;
}

static struct error *delete_post(struct request *r)
{
    struct erasure_request request = { .person_id = r->session->person_id,
                                       .requested_by = ERASURE_REQUESTED_BY_PERSON };
    bool is_confirmed;
    struct error *e = erasure_form_read(r, &request.team_ids, &request.team_count, &is_confirmed);

    if (!e && is_confirmed)
        e = deletion_begin(r, &request);
    return e || !is_confirmed ? e : session_end(r);
}

static struct error *team_delete_post(struct request *r)
{
    const struct erasure_request request = { .team_ids = &r->session->team_id,
                                             .team_count = 1,
                                             .requested_by = ERASURE_REQUESTED_BY_PERSON };
    bool is_confirmed;
    struct error *e = team_form_read(r, &is_confirmed);

    if (e || !is_confirmed)
        return e;
    e = deletion_begin(r, &request);
    return e ? e : request_note(r, (struct audit_entry){ .action = AUDIT_TEAM_DELETION });
}

static struct error *team_keep(struct request *r)
{
    const struct context context = request_context(r);
    struct error *e = erasure_undo_team(&context, r->session->team_id);

    if (!e)
        e = request_note(r, (struct audit_entry){ .action = AUDIT_TEAM_DELETION_UNDO });
    return e ? e
             : session_notice_at(r, "The deletion of the team is cancelled. Its VMs are stopped.",
                                 "/account");
}

/* ---- program ---- */

static const struct route routes[] = {
    { "GET", "/keys", ACCESS_MEMBER, keys_show },
    { "POST", "/keys", ACCESS_MEMBER, keys_post },
    { "GET", "/keys/delete", ACCESS_MEMBER, key_delete_show },
    { "POST", "/keys/delete", ACCESS_MEMBER, keys_delete },
    { "GET", "/keys/:id", ACCESS_MEMBER, key_show },
    { "POST", "/keys/:id/rename", ACCESS_MEMBER, key_rename },
    { "GET", "/account", ACCESS_SIGNED_IN, account_show },
    { "POST", "/account/name", ACCESS_SIGNED_IN, account_rename },
    { "POST", "/account/team", ACCESS_OWNER, team_rename },
    { "GET", "/account/email", ACCESS_SIGNED_IN, email_change_show },
    { "POST", "/account/email", ACCESS_SIGNED_IN | ACCESS_FRESH, email_change_post },
    { "POST", "/account/email/cancel", ACCESS_SIGNED_IN, email_change_cancel_post },
    { "GET", "/account/email/link", ACCESS_PUBLIC, email_link_show },
    { "POST", "/account/email/link", ACCESS_PUBLIC, email_link_post },
    { "POST", "/account/theme", ACCESS_SIGNED_IN, theme_set },
    { "POST", "/account/statistics", ACCESS_SIGNED_IN, statistics_set },
    { "POST", "/account/charts", ACCESS_OWNER, charts_set },
    { "POST", "/account/restriction", ACCESS_SIGNED_IN, restriction_set },
    { "POST", "/account/policy", ACCESS_SIGNED_IN, policy_acknowledge },
    { "POST", "/account/copy", ACCESS_SIGNED_IN | ACCESS_FRESH, copy_request },
    { "POST", "/account/copy/:id", ACCESS_SIGNED_IN | ACCESS_FRESH, copy_download },
    { "GET", "/account/delete", ACCESS_SIGNED_IN, erasure_form_show },
    { "POST", "/account/delete", ACCESS_SIGNED_IN | ACCESS_FRESH, delete_post },
    { "GET", "/account/team/delete", ACCESS_OWNER, team_form_show },
    { "POST", "/account/team/delete", ACCESS_OWNER | ACCESS_FRESH, team_delete_post },
    { "POST", "/account/team/keep", ACCESS_OWNER | ACCESS_FRESH, team_keep },
    { "GET", "/account/shortcuts", ACCESS_SIGNED_IN, account_shortcuts_show },
    { "POST", "/account/sessions/:handle/end", ACCESS_SIGNED_IN, session_end_one },
    { "POST", "/account/end-others", ACCESS_SIGNED_IN, session_end_others },
};

int main(int argc, char **argv)
{
    static const struct program program = {
        .name = "account",
        .routes = routes,
        .route_count = COUNT(routes),
        .db_mode = DB_READ_WRITE,
        .start = worker_wakeup_connect,
    };

    return serve(argc, argv, &program);
}
