/* What a deletion would delete; see erasure_form.h. */
#include "view/erasure_form.h"

#include "account_delete.html.h"
#include "base/array.h"
#include "base/text.h"
#include "erasure.sql.h"
#include "main_constants.sql.h"
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

struct error *erasure_form_fill(struct request *r, const struct field *ticked,
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
    struct error *e = erasure_form_fill(r, NULL, &page);

    if (!e)
        html_account_delete(&r->response.body, &r->frame, &page);
    return e;
}

bool erasure_form_check(struct request *r, const char *email, struct account_delete_html *page)
{
    for (size_t i = 0; i < page->teams.count; i++) {
        if (page->teams.row[i].others && !page->teams.row[i].is_ticked)
            page->team_problem = arena_printf(
                r->arena, "%s has other members. Make one of them an owner, or select it here.",
                page->teams.row[i].name);
    }
    page->email = email;
    if (strcasecmp(email, r->session->email) != 0)
        page->email_problem = arena_printf(r->arena, "Enter %s.", r->session->email);
    return !page->team_problem && !page->email_problem;
}
