/*
 * The admin pages: the VMs of all teams, and what could not be applied, sent or explained.
 */
#include "base/array.h"
#include "base/limit.h"
#include "billing_problem.sql.h"
#include "event.sql.h"
#include "mail.sql.h"
#include "model/worker_wakeup.h"
#include "operator.html.h"
#include "operator.sql.h"
#include "orphan.sql.h"
#include "region_status.sql.h"
#include "view/operator_vms.h"
#include "web/form.h"
#include "web/list_position.h"
#include "web/serve.h"
#include "web/session.h"

#include <string.h>

/* What is wrong with a host, and why it emulates: the configuration says so, or KVM cannot be used.
 */
static void region_count(struct request *r, const struct region_status_list_row *host,
                         struct operator_html *page)
{
    const struct config_region *region = config_region_find(r->config, host->region);

    page->unreachable += host->error != NULL;
    if (strcmp(host->accelerator, "tcg") != 0)
        return;
    if (region && strcmp(region->accelerator, "tcg") == 0)
        page->is_emulation_chosen = 1;
    else
        page->is_emulated = 1;
}

static struct error *operator_show(struct request *r)
{
    struct operator_html page = { .unreachable = 0 };
    const int64_t most = LIMIT_LIST_ROWS + 1;
    struct error *e = db_read(r->db, r->arena);

    if (!e)
        e = sql_region_status_list(r->db, r->arena, &page.regions);
    if (!e)
        e = sql_orphan_list(r->db, r->arena, most, &page.orphans);
    if (!e)
        e = sql_image_list(r->db, r->arena, &page.images);
    if (!e)
        e = sql_operator_totals(r->db, r->arena, &page.totals);
    if (!e)
        e = sql_event_counts(r->db, r->arena, &page.events);
    if (!e)
        e = sql_event_parked(r->db, r->arena, most, &page.parked);
    if (!e)
        e = sql_mail_problems(r->db, r->arena, most, &page.mails);
    if (!e)
        e = sql_billing_problem_list(r->db, r->arena, most, &page.problems);
    if (e)
        return e;
    page.has_more_orphans = list_cut(&page.orphans.count);
    page.has_more_parked = list_cut(&page.parked.count);
    page.has_more_mails = list_cut(&page.mails.count);
    page.has_more_problems = list_cut(&page.problems.count);
    page.has_mail = config_has_mail(r->config);
    for (size_t i = 0; i < page.regions.count; i++)
        region_count(r, &page.regions.row[i], &page);
    for (size_t i = 0; i < page.images.count; i++)
        page.broken_images += page.images.row[i].problem != NULL;
    r->frame.title = "Admin";
    r->frame.section = "operator";
    html_operator(&r->response.body, &r->frame, &page);
    return NULL;
}

/* The inbox's thread sees it at its next poll, five seconds later at most. */
static struct error *event_retry_post(struct request *r)
{
    struct field id = {
        .name = "id", .kind = FIELD_LINE, .max = LIMIT_EVENT_ID_BYTES, .is_required = true
    };
    struct error *e = form_read(r, &id, 1);

    if (!e && id.problem)
        e = error_new(r->arena, ERROR_NOT_FOUND, "no event");
    if (!e)
        e = sql_event_retry(r->db, r->arena, id.text);
    if (!e)
        e = session_notice(r, "Retrying the event.");
    if (!e)
        response_redirect(&r->response, "/operator");
    return e;
}

static const struct route routes[] = {
    { "GET", "/operator", ACCESS_OPERATOR, operator_show },
    { "GET", "/operator/vms", ACCESS_OPERATOR, operator_vms_respond },
    { "POST", "/operator/events/retry", ACCESS_OPERATOR, event_retry_post },
};

int main(int argc, char **argv)
{
    static const struct program program = {
        .name = "operator",
        .routes = routes,
        .route_count = COUNT(routes),
        .db_mode = DB_READ_WRITE,
        .start = worker_wakeup_connect,
    };

    return serve(argc, argv, &program);
}
