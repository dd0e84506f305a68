/* The account page; see account_page.h. */
#include "view/account_page.h"

#include "base/date.h"
#include "base/limit.h"
#include "email_change.sql.h"
#include "export.sql.h"
#include "main_constants.sql.h"
#include "model/passkey.h"
#include "model/term.h"
#include "passkey.sql.h"
#include "person.sql.h"
#include "session.sql.h"
#include "shortcuts.html.h"
#include "team.sql.h"
#include "web/list_position.h"
#include "web/session.h"

#include <string.h>

/* Where the person signs in, and as whom. */
static void identity_fill(struct request *r, const char *identity, struct account_html *page)
{
    size_t length = strcspn(identity, ":");

    page->provider = strncmp(identity, "workos:", length + 1) == 0 ? "WorkOS" : "This server";
    page->identity = arena_copy(r->arena, identity[length] ? identity + length + 1 : identity);
}

/* The copy of the person's data that is under way or can be downloaded, if any. */
static struct error *copy_fill(struct request *r, struct account_html *page)
{
    struct error *e =
        sql_export_latest(r->db, r->arena, r->session->person_id, r->now_at, &page->copy);

    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    page->is_copying = strcmp(page->copy.state, EXPORT_STATE_QUEUED) == 0 ||
                       strcmp(page->copy.state, EXPORT_STATE_RUNNING) == 0;
    page->is_copied = strcmp(page->copy.state, EXPORT_STATE_READY) == 0;
    return NULL;
}

/* What is waited for until the address changes, if anything. */
static struct error *change_fill(struct request *r, struct account_html *page)
{
    struct error *e = sql_email_change_of_person(r->db, r->arena, r->session->person_id, r->now_at,
                                                 &page->change);

    page->is_changing = !e;
    return e && e->kind != ERROR_NOT_FOUND ? e : NULL;
}

static struct error *team_fill(struct request *r, struct account_html *page)
{
    const struct actor actor = session_actor(r);
    struct team_get_row team;
    struct error *e;

    page->is_owner = actor_is_owner(&actor);
    if (!page->is_owner)
        return NULL;
    e = sql_team_get(r->db, r->arena, actor.team_id, &team);
    if (e)
        return e;
    page->is_unmeasured = team.is_unmeasured;
    page->is_organization = team.workos_organization_id != NULL;
    page->team = page->team ? page->team : team.name;
    page->has_team = !team.personal_of;
    page->has_billing = config_has_billing(r->config);
    return NULL;
}

struct error *account_page_fill(struct request *r, struct account_html *page)
{
    struct session_list_rows sessions;
    struct person_get_row person;
    struct error *e = sql_person_get(r->db, r->arena, r->session->person_id, &person);

    if (!e)
        e = sql_session_list(r->db, r->arena, person.id, r->session->id_hash, r->now_at,
                             LIMIT_LIST_ROWS + 1, &sessions);
    if (!e)
        e = copy_fill(r, page);
    if (!e)
        e = change_fill(r, page);
    if (!e)
        e = team_fill(r, page);
    if (!e)
        e = sql_passkey_list(r->db, r->arena, person.id, &page->passkeys);
    if (e)
        return e;
    page->has_passkeys = passkey_is_offered(r->config);
    identity_fill(r, person.identity, page);
    page->email = person.email;
    page->idle_days = term_session_idle_s(r->config) / A_DAY_S;
    page->session_days = LIMIT_SESSION_S / A_DAY_S;
    page->undo_days = r->config->closed_days;
    page->created_day = date_day(r->arena, person.created_at);
    page->name = page->name ? page->name : person.name;
    page->has_more = list_cut(&sessions.count);
    page->sessions.count = sessions.count;
    page->sessions.row = arena_array(r->arena, sessions.count, sizeof *page->sessions.row);
    for (size_t i = 0; i < sessions.count; i++) {
        const struct session_list_row *row = &sessions.row[i];

        page->sessions.row[i] = (struct session_view){
            .handle = row->handle,
            .browser = row->browser,
            .created_at = row->created_at,
            .seen_at = row->seen_at,
            .is_this = strcmp(row->handle, r->session->handle) == 0,
        };
    }
    page->has_others = sessions.count > 1;
    page->has_counts = r->config->has_counts;
    page->is_uncounted = r->session->is_uncounted;
    page->restricted_at = person.restricted_at;
    r->frame.title = "Account";
    r->frame.section = "account";
    return NULL;
}

struct error *account_shortcuts_show(struct request *r)
{
    r->frame.title = "Keyboard shortcuts";
    r->frame.section = "account";
    html_shortcuts(&r->response.body, &r->frame, NULL);
    return NULL;
}
