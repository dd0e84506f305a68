/* Account pages: SSH keys of the team; name, sessions and a copy of the data of the person. */
#include "account.html.h"
#include "account_delete.html.h"
#include "base/array.h"
#include "base/date.h"
#include "base/limit.h"
#include "base/text.h"
#include "export.sql.h"
#include "key.html.h"
#include "keys.html.h"
#include "keys_delete.html.h"
#include "main_constants.sql.h"
#include "model/erasure.h"
#include "model/export.h"
#include "model/restriction.h"
#include "model/ssh_key_store.h"
#include "model/usage_objection.h"
#include "model/worker_wakeup.h"
#include "person.sql.h"
#include "policy_ack.sql.h"
#include "policy_version.sql.h"
#include "session.sql.h"
#include "ssh_key.sql.h"
#include "team.sql.h"
#include "view/account_page.h"
#include "view/erasure_page.h"
#include "view/key_delete_page.h"
#include "view/key_list.h"
#include "web/form.h"
#include "web/list_position.h"
#include "web/live.h"
#include "web/request_note.h"
#include "web/serve.h"
#include "web/session.h"

#include <string.h>

/* Set a notice and redirect to the page that shows it. */
static struct error *done(struct request *r, const char *notice, const char *path)
{
    struct error *e = session_notice(r, notice);

    if (!e)
        response_redirect(&r->response, path);
    return e;
}

/* ---- keys ---- */

static struct error *keys_show(struct request *r)
{
    struct keys_html page = { .name = "" };
    struct error *e = key_list_fill(r, &page);

    if (!e)
        html_keys(&r->response.body, &r->frame, &page);
    return e;
}

enum { NAME, KEY, FIELDS };

static struct error *keys_again(struct request *r, const struct field *fields)
{
    struct keys_html page = {
        .name = fields[NAME].text,
        .name_problem = fields[NAME].problem,
        .key = fields[KEY].text,
        .key_problem = fields[KEY].problem,
    };
    struct error *e;

    form_refuse(r);
    e = key_list_fill(r, &page);
    if (e)
        return e;
    html_keys(&r->response.body, &r->frame, &page);
    return NULL;
}

/* A key that the team has already is a mistake here. */
static const char *known_problem(struct request *r, const struct ssh_keys *keys,
                                 const struct ssh_key_stored *stored)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (stored[i].is_known)
            return arena_printf(r->arena, "%s already added, as “%s”.",
                                keys->count > 1 ? "One of these keys was" : "This key was",
                                stored[i].name);
    }
    return NULL;
}

static struct error *keys_post(struct request *r)
{
    struct field fields[FIELDS] = {
        [NAME] = { .name = "name", .kind = FIELD_LABEL },
        [KEY] = { .name = "key", .kind = FIELD_LINES },
    };
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    struct ssh_key_stored *stored;
    struct ssh_keys keys;
    struct error *e = form_read(r, fields, FIELDS);

    if (e)
        return e;
    form_keys_read(r, &fields[KEY], &keys);
    if (form_has_problems(fields, FIELDS))
        return keys_again(r, fields);
    e = ssh_keys_store(&context, &actor, &keys, fields[NAME].text, &stored);
    if (e && !form_blame(fields, FIELDS, e))
        return e;
    if (!e)
        fields[KEY].problem = known_problem(r, &keys, stored);
    if (fields[KEY].problem)
        return keys_again(r, fields);
    return done(r,
                keys.count > 1 ? arena_printf(r->arena, "%zu keys added", keys.count)
                               : arena_printf(r->arena, "Key “%s” added", stored[0].name),
                "/keys");
}

/* ---- one key ---- */

static struct error *key_fill(struct request *r, struct key_html *page)
{
    int64_t team_id = r->session->team_id;
    struct error *e = sql_ssh_key_get(r->db, r->arena, team_id, r->parameters[0], &page->key);

    if (!e)
        e = sql_ssh_key_vms(r->db, r->arena, team_id, page->key.fingerprint, LIMIT_LIST_ROWS + 1,
                            &page->vms);
    if (e)
        return e;
    page->has_more = list_cut(&page->vms.count);
    page->name = page->key.name;
    r->frame.title = page->key.name;
    r->frame.section = "keys";
    return NULL;
}

static struct error *key_show(struct request *r)
{
    struct key_html page = { .name_problem = NULL };
    struct error *e = key_fill(r, &page);

    if (!e)
        html_key(&r->response.body, &r->frame, &page);
    return e;
}

static struct error *key_rename(struct request *r)
{
    struct field name = { .name = "name", .kind = FIELD_LABEL, .is_required = true };
    struct key_html page = { .name = NULL };
    struct error *e = form_read(r, &name, 1);

    if (!e)
        e = key_fill(r, &page);
    if (e)
        return e;
    if (name.problem) {
        page.name = name.text;
        page.name_problem = name.problem;
        form_refuse(r);
        html_key(&r->response.body, &r->frame, &page);
        return NULL;
    }
    e = sql_ssh_key_rename(r->db, r->arena, r->session->team_id, page.key.id, name.text);
    if (!e)
        e = request_note(r, (struct audit_entry){ .action = AUDIT_KEY_RENAME,
                                                  .object = page.key.id,
                                                  .detail = name.text });
    return e ? e : done(r, "Key renamed", "/keys");
}

/* ---- deleting keys ---- */

static struct error *key_remove(struct request *r, const struct key_delete_row *key)
{
    struct error *e = sql_ssh_key_delete(r->db, r->arena, r->session->team_id, key->id);

    return e ? e
             : request_note(r, (struct audit_entry){ .action = AUDIT_KEY_DELETE,
                                                     .object = key->id,
                                                     .detail = key->name });
}

static struct error *keys_delete(struct request *r)
{
    struct keys_delete_html page = { .back_path = NULL };
    struct error *e = key_delete_fill(r, &page);
    const char *what;

    if (!e && !page.keys.count)
        return done(r, "No keys selected. Nothing was changed.", "/keys");
    for (size_t i = 0; !e && i < page.keys.count; i++)
        e = key_remove(r, &page.keys.row[i]);
    if (e)
        return e;
    what = page.is_one ? arena_printf(r->arena, "Key “%s” deleted", page.keys.row[0].name)
                       : arena_printf(r->arena, "%zu keys deleted", page.keys.count);
    return done(r,
                page.is_used
                    ? arena_printf(r->arena, "%s. VMs created with %s still accept %s.", what,
                                   page.is_one ? "it" : "them", page.is_one ? "it" : "them")
                    : what,
                "/keys");
}

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

static struct error *account_rename(struct request *r)
{
    struct field name = { .name = "name", .kind = FIELD_PERSON, .is_required = true };
    struct error *e = form_read(r, &name, 1);

    if (e)
        return e;
    if (name.problem) {
        struct account_html page = { .name = name.text, .name_problem = name.problem };

        e = account_page_fill(r, &page);
        if (e)
            return e;
        form_refuse(r);
        html_account(&r->response.body, &r->frame, &page);
        return NULL;
    }
    e = sql_person_rename(r->db, r->arena, r->session->person_id, name.text);
    if (!e)
        e = request_note_personal(r, (struct audit_entry){ .action = AUDIT_PERSON_RENAME });
    return e ? e : done(r, "Name updated.", "/account");
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
    return e ? e : done(r, "Change of the policies acknowledged.", "/account");
}

/* Whether this person's requests may be counted (web/counted.c). */
static struct error *statistics_set(struct request *r)
{
    const char *counted;
    struct error *e = form_value(r, "counted", &counted);
    bool is_uncounted = counted && strcmp(counted, "no") == 0;

    if (!e)
        e = sql_person_set_uncounted(r->db, r->arena, r->session->person_id, is_uncounted);
    if (!e)
        e = request_note_personal(
            r, (struct audit_entry){ .action = AUDIT_STATISTICS,
                                     .detail = is_uncounted ? "Not counted" : "Counted" });
    if (e)
        return e;
    return done(r, is_uncounted ? "You are no longer counted." : "You are counted again.",
                "/account");
}

/* Whether the VMs of the current team are measured (worker/usage.c). */
static struct error *charts_set(struct request *r)
{
    const struct context context = request_context(r);
    const char *charts;
    struct error *e = form_value(r, "charts", &charts);
    bool is_off = charts && strcmp(charts, "off") == 0;

    if (!e)
        e = usage_objection_set(&context, r->session->team_id, is_off);
    if (!e)
        e = request_note(
            r, (struct audit_entry){ .action = AUDIT_CHARTS, .detail = is_off ? "Off" : "On" });
    if (e)
        return e;
    return done(r,
                is_off ? "Usage charts are off, and what was measured is deleted."
                       : "Usage charts are on.",
                "/account");
}

static struct error *restriction_set(struct request *r)
{
    const struct context context = request_context(r);
    const char *restricted;
    struct error *e = form_value(r, "restricted", &restricted);
    bool is_on = restricted && strcmp(restricted, "yes") == 0;

    if (!e)
        e = is_on ? restriction_begin(&context, r->session->person_id)
                  : restriction_end(&context, r->session->person_id);
    if (!e)
        e = request_note_personal(
            r, (struct audit_entry){ .action = is_on ? AUDIT_RESTRICTION : AUDIT_RESTRICTION_END });
    if (e)
        return e;
    return done(r,
                is_on ? "Your account is restricted." : "Your account is not restricted any more.",
                "/account");
}

/* ---- a copy of the person's data ---- */

static struct error *copy_request(struct request *r)
{
    const struct context context = request_context(r);
    int64_t refused_until;
    struct error *e = export_request(&context, r->session->person_id, &refused_until);

    if (e)
        return e;
    return done(r,
                refused_until
                    ? arena_printf(r->arena,
                                   "No copy was prepared: %d in 24 hours is the limit. The next is "
                                   "possible from %s UTC.",
                                   LIMIT_EXPORTS, date_minute(r->arena, refused_until))
                    : NULL,
                "/account#data");
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
    return e ? e : done(r, "Session signed out.", "/account");
}

static struct error *session_end_others(struct request *r)
{
    struct error *e =
        sql_session_delete_others(r->db, r->arena, r->session->person_id, r->session->id_hash);

    if (!e)
        e = request_note_personal(r, (struct audit_entry){ .action = AUDIT_SESSIONS_END });
    return e ? e : done(r, "Signed out of all other sessions.", "/account");
}

/* ---- deleting the account ---- */

/* Signed out everywhere, it leads to a page that needs no session. */
static struct error *delete_begin(struct request *r, const struct account_delete_html *page)
{
    struct erasure_request request = { .person_id = r->session->person_id,
                                       .requested_by = ERASURE_REQUESTED_BY_PERSON,
                                       .team_count = page->teams.count };
    const struct context context = request_context(r);
    int64_t *ids = arena_array(r->arena, page->teams.count, sizeof *ids);
    const char *token;
    struct error *e;

    for (size_t i = 0; i < page->teams.count; i++)
        ids[i] = page->teams.row[i].id;
    request.team_ids = ids;
    e = erasure_request(&context, &request, &token);
    if (!e)
        e = session_end(r);
    if (!e)
        response_redirect(&r->response, token ? erasure_path(r->arena, token) : "/");
    return e;
}

static struct error *delete_post(struct request *r)
{
    struct field fields[] = { { .name = "email", .kind = FIELD_LINE },
                              { .name = "team", .kind = FIELD_LIST } };
    struct account_delete_html page = { .account = NULL };
    struct error *e = form_read(r, fields, 2);

    if (!e)
        e = erasure_form_fill(r, &fields[1], &page);
    if (e)
        return e;
    if (erasure_form_check(r, fields[0].text, &page))
        return delete_begin(r, &page);
    form_refuse(r);
    html_account_delete(&r->response.body, &r->frame, &page);
    return NULL;
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
    { "POST", "/account/theme", ACCESS_SIGNED_IN, theme_set },
    { "POST", "/account/statistics", ACCESS_SIGNED_IN, statistics_set },
    { "POST", "/account/charts", ACCESS_OWNER, charts_set },
    { "POST", "/account/restriction", ACCESS_SIGNED_IN, restriction_set },
    { "POST", "/account/policy", ACCESS_SIGNED_IN, policy_acknowledge },
    { "POST", "/account/copy", ACCESS_SIGNED_IN | ACCESS_FRESH, copy_request },
    { "POST", "/account/copy/:id", ACCESS_SIGNED_IN | ACCESS_FRESH, copy_download },
    { "GET", "/account/delete", ACCESS_SIGNED_IN, erasure_form_show },
    { "POST", "/account/delete", ACCESS_SIGNED_IN | ACCESS_FRESH, delete_post },
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
