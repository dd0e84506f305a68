/* What a deletion would delete; see erasure_form.h. */
#include "view/erasure_form.h"

#include "account_delete.html.h"
#include "base/array.h"
#include "base/date.h"
#include "base/text.h"
#include "erasure.sql.h"
#include "main_constants.sql.h"
#include "model/erasure.h"
#include "model/identity.h"
#include "team_delete.html.h"
#include "web/form.h"
#include "web/session.h"

#include <string.h>
#include <strings.h>

static bool is_ticked(const struct field *ticked, int64_t team_id)
{
    int64_t id;

    for (size_t i = 0; ticked && i < ticked->list_count; i++) {
        if (text_int(ticked->list[i], &id) && id == team_id)
            return true;
    }
    return false;
}

static struct error *account_fill(struct request *r, const struct field *ticked,
                                  struct account_delete_html *page)
{
    struct erasure_lost_teams_rows teams;
    struct error *e = sql_erasure_lost_teams(r->db, r->arena, r->session->person_id, &teams);

    if (e)
        return e;
    page->teams.count = teams.count;
    page->teams.row = arena_array(r->arena, teams.count, sizeof *page->teams.row);
    for (size_t i = 0; i < teams.count; i++) {
        page->teams.row[i] = (struct erasure_team_view){
            .id = teams.row[i].id,
            .name = teams.row[i].name,
            .vms = teams.row[i].vms,
            .others = teams.row[i].others,
            .is_personal = teams.row[i].is_personal,
            .is_ticked = is_ticked(ticked, teams.row[i].id),
        };
        page->has_others |= teams.row[i].others > 0;
    }
    page->account = r->session->email;
    page->days = r->config->closed_days;
    page->has_billing = config_has_billing(r->config);
    page->has_workos = strcmp(r->config->identity, "workos") == 0;
    r->frame.title = "Delete account";
    r->frame.section = "account";
    return NULL;
}

struct error *erasure_form_show(struct request *r)
{
    struct account_delete_html page = { .account = NULL };
    struct error *e = account_fill(r, NULL, &page);

    if (!e)
        html_account_delete(&r->response.body, &r->frame, &page);
    return e;
}

/* Confirmed with the account's address, and each team with others chosen; else the page says what
 * is missing. */
static bool account_check(struct request *r, const char *email, struct account_delete_html *page)
{
    const char *kept = identity_email(r->arena, email); /* as it is kept, of what people type */

    for (size_t i = 0; i < page->teams.count; i++) {
        if (page->teams.row[i].others && !page->teams.row[i].is_ticked)
            page->team_problem = arena_printf(
                r->arena, "%s has other members. Make one of them an owner, or select it here.",
                page->teams.row[i].name);
    }
    page->email = email;
    if (strcasecmp(kept ? kept : email, r->session->email) != 0)
        page->email_problem = arena_printf(r->arena, "Enter %s.", r->session->email);
    return !page->team_problem && !page->email_problem;
}

struct error *erasure_form_read(struct request *r, const int64_t **out_team_ids, size_t *out_count,
                                bool *out_is_confirmed)
{
    struct field fields[] = { { .name = "email", .kind = FIELD_LINE },
                              { .name = "team", .kind = FIELD_LIST } };
    struct account_delete_html page = { .account = NULL };
    struct error *e = form_read(r, fields, COUNT(fields));
    int64_t *ids;

    *out_is_confirmed = false;
    if (!e)
        e = account_fill(r, &fields[1], &page);
    if (e)
        return e;
    ids = arena_array(r->arena, page.teams.count, sizeof *ids);
    for (size_t i = 0; i < page.teams.count; i++)
        ids[i] = page.teams.row[i].id;
    *out_team_ids = ids;
    *out_count = page.teams.count;
    *out_is_confirmed = account_check(r, fields[0].text, &page);
    if (*out_is_confirmed)
        return NULL;
    form_refuse(r);
    html_account_delete(&r->response.body, &r->frame, &page);
    return NULL;
}

/* ---- a team ---- */

static struct error *team_state_fill(struct request *r, struct team_delete_html *page)
{
    const struct context context = request_context(r);
    struct erasure_of_team_row row;
    struct error *e = sql_erasure_of_team(r->db, r->arena, r->session->team_id, &row);

    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    page->can_undo = erasure_can_undo(&context, &row);
    page->due = date_plain(r->arena, row.due_at);
    page->due_at = row.due_at;
    return NULL;
}

static struct error *team_fill(struct request *r, struct team_delete_html *page)
{
    struct erasure_lost_team_row team;
    struct error *e =
        sql_erasure_lost_team(r->db, r->arena, r->session->team_id, r->session->person_id, &team);

    if (!e)
        e = team_state_fill(r, page);
    if (e)
        return e;
    page->name = team.name;
    page->days = r->config->closed_days;
    page->vms = team.vms;
    page->others = team.others;
    page->has_billing = config_has_billing(r->config);
    page->has_organization = team.workos_organization_id != NULL;
    page->is_closed = team.closed_at != 0;
    r->frame.title = "Delete team";
    r->frame.section = "account";
    return NULL;
}

struct error *team_form_show(struct request *r)
{
    struct team_delete_html page = { .name = NULL };
    struct error *e = team_fill(r, &page);

    if (!e)
        html_team_delete(&r->response.body, &r->frame, &page);
    return e;
}

struct error *team_form_read(struct request *r, bool *out_is_confirmed)
{
    struct field name = { .name = "name", .kind = FIELD_LINE };
    struct team_delete_html page = { .name = NULL };
    struct error *e = form_read(r, &name, 1);

    *out_is_confirmed = false;
    if (!e)
        e = team_fill(r, &page);
    if (e)
        return e;
    if (page.is_closed)
        return error_new(r->arena, ERROR_CONFLICT, "the team is closed already");
    *out_is_confirmed = strcmp(name.text, page.name) == 0;
    if (*out_is_confirmed)
        return NULL;
    page.typed = name.text;
    page.problem = arena_printf(r->arena, "Enter %s.", page.name);
    form_refuse(r);
    html_team_delete(&r->response.body, &r->frame, &page);
    return NULL;
}
