/*
 * The admin pages: the state of the server, the VMs of all teams, and what could not be explained,
 * sent, applied or added up.
 */
#include "access_request.sql.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/limit.h"
#include "base/text.h"
#include "event.sql.h"
#include "handler/access_request.h"
#include "handler/announcement.h"
#include "handler/operator_people.h"
#include "handler/operator_teams.h"
#include "handler/operator_vms.h"
#include "model/access_request.h"
#include "model/promise_row.h"
#include "model/worker_wakeup.h"
#include "operator.html.h"
#include "operator.sql.h"
#include "policy_unannounced.sql.h"
#include "pool.sql.h"
#include "region_status.sql.h"
#include "rights_request.sql.h"
#include "view/operator_jobs.h"
#include "view/operator_lists.h"
#include "view/operator_requests.h"
#include "view/operator_vms.h"
#include "web/form.h"
#include "web/live.h"
#include "web/request_note.h"
#include "web/serve.h"
#include "web/session.h"

#include <string.h>

/* What a host has, what is wrong with it, and why it emulates: the configuration says so, or KVM
 * cannot be used. */
static void region_count(struct request *r, const struct region_status_list_row *host,
                         struct operator_html *page)
{
    const struct config_region *region = config_region_find(r->config, host->region);

    page->unreachable += host->error != NULL;
    page->vcpus += host->vcpus;
    page->memory_mb += host->memory_mb;
    if (strcmp(host->accelerator, "tcg") != 0)
        return;
    if (region && strcmp(region->accelerator, "tcg") == 0)
        page->is_emulation_chosen = 1;
    else
        page->is_emulated = 1;
}

static struct error *operator_show(struct request *r)
{
    struct operator_html page = { .has_mail = config_has_mail(r->config) };
    struct promise_list_rows promises;
    int64_t free_gb = 0;
    struct error *e = db_read(r->db, r->arena);

    if (!e)
        e = sql_region_status_list(r->db, r->arena, &page.regions);
    if (!e)
        e = sql_image_list(r->db, r->arena, &page.images);
    if (!e)
        e = sql_pool_list(r->db, r->arena, &page.pools);
    if (!e)
        e = sql_operator_totals(r->db, r->arena, &page.totals);
    if (!e)
        e = sql_operator_job_totals(r->db, r->arena, r->now_at - A_DAY_S, &page.jobs);
    if (!e)
        e = sql_rights_request_totals(r->db, r->arena, r->now_at - LIMIT_REQUEST_URGENT_AFTER_S,
                                      r->now_at + LIMIT_REQUEST_URGENT_S, &page.requests);
    if (!e)
        e = sql_access_request_count(r->db, r->arena, r->now_at, &page.access);
    if (!e)
        e = sql_promise_list(r->db, r->arena, r->now_at, &promises);
    if (!e)
        e = sql_policy_unannounced_list(r->db, r->arena, &page.unannounced);
    if (e)
        return e;
    page.has_access = access_request_is_open(r->config) || page.access.total;
    page.has_one_attention = page.totals.attention == 1;
    page.promises = promise_rows_sum(&promises);
    for (size_t i = 0; i < page.regions.count; i++) {
        region_count(r, &page.regions.row[i], &page);
        free_gb += page.regions.row[i].free_gb;
    }
    page.disk = text_disk(r->arena, page.totals.disk_gb);
    page.free = page.vcpus ? text_disk(r->arena, free_gb) : NULL;
    for (size_t i = 0; i < page.pools.count; i++) {
        if (page.pools.row[i].problem)
            page.short_pools++;
        else
            page.filling_pools += !page.pools.row[i].is_full;
    }
    for (size_t i = 0; i < page.images.count; i++)
        page.broken_images += page.images.row[i].problem != NULL;
    r->frame.title = "Admin";
    r->frame.section = "operator";
    live_respond(r, render_operator, &page);
    return NULL;
}

static const char *retry_notice(struct arena *arena, size_t selected, size_t queued)
{
    size_t rest = selected - queued;
    const char *retrying;

    if (!selected)
        return "No events selected. Nothing was retried.";
    if (!queued)
        return selected == 1 ? "This event no longer needs a retry."
                             : "These events no longer need a retry.";
    retrying = arena_printf(arena, "Retrying %zu event%s.", queued, queued == 1 ? "" : "s");
    return rest ? arena_printf(arena, "%s %zu no longer need%s a retry.", retrying, rest,
                               rest == 1 ? "s" : "")
                : retrying;
}

enum { RETRY_EVENTS, RETRY_RETURN, RETRY_FIELDS };

/* The inbox's thread sees them at its next poll, five seconds later at most. */
static struct error *events_retry_post(struct request *r)
{
    struct field fields[RETRY_FIELDS] = {
        [RETRY_EVENTS] = { .name = "event", .kind = FIELD_LIST },
        [RETRY_RETURN] = { .name = "return", .kind = FIELD_LINE },
    };
    const struct field *events = &fields[RETRY_EVENTS];
    const char *back;
    size_t queued = 0;
    struct error *e = form_read(r, fields, RETRY_FIELDS);

    for (size_t i = 0; !e && i < events->list_count; i++) {
        e = sql_event_retry(r->db, r->arena, events->list[i]);
        queued += !e && db_changes(r->db);
    }
    if (!e && queued)
        e = request_note_operator(
            r, (struct audit_entry){ .action = AUDIT_EVENT_RETRY,
                                     .detail = arena_printf(r->arena, "%zu", queued) });
    if (!e)
        e = session_notice(r, retry_notice(r->arena, events->list_count, queued));
    if (e)
        return e;
    back = fields[RETRY_RETURN].text; /* the list as it was */
    response_redirect(&r->response, text_is_local_path(back) ? back : "/operator/events");
    return NULL;
}

/* ---- lists that show people ---- */

static struct error *vms_show(struct request *r)
{
    struct error *e = request_note_page(r, "vms");

    return e ? e : operator_vms_respond(r);
}

static struct error *jobs_show(struct request *r)
{
    struct error *e = request_note_page(r, "jobs");

    return e ? e : operator_jobs_respond(r);
}

static struct error *mails_show(struct request *r)
{
    struct error *e = request_note_page(r, "mails");

    return e ? e : operator_mails_respond(r);
}

static struct error *requests_show(struct request *r)
{
    struct error *e = request_note_page(r, "requests");

    return e ? e : operator_requests_respond(r);
}

static struct error *access_show(struct request *r)
{
    struct error *e = request_note_page(r, "access");

    return e ? e : access_requests_respond(r);
}

static struct error *events_show(struct request *r)
{
    struct error *e = request_note_page(r, "events");

    return e ? e : operator_events_respond(r);
}

static struct error *billing_show(struct request *r)
{
    struct error *e = request_note_page(r, "billing");

    return e ? e : operator_billing_respond(r);
}

static const struct route routes[] = {
    { "GET", "/operator", ACCESS_OPERATOR, operator_show },
    { "GET", "/operator/vms", ACCESS_OPERATOR, vms_show },
    { "GET", "/operator/vms/:id", ACCESS_OPERATOR, operator_vm_show },
    { "POST", "/operator/vms/:id/stop", ACCESS_OPERATOR, operator_vm_stop },
    { "GET", "/operator/jobs", ACCESS_OPERATOR, jobs_show },
    { "GET", "/operator/orphans", ACCESS_OPERATOR, operator_orphans_respond },
    { "GET", "/operator/mails", ACCESS_OPERATOR, mails_show },
    { "GET", "/operator/requests", ACCESS_OPERATOR, requests_show },
    { "GET", "/operator/access", ACCESS_OPERATOR, access_show },
    { "POST", "/operator/access/:id/invite", ACCESS_OPERATOR, access_request_invite_post },
    { "POST", "/operator/access/:id/decline", ACCESS_OPERATOR, access_request_decline_post },
    { "GET", "/operator/events", ACCESS_OPERATOR, events_show },
    { "POST", "/operator/events/retry", ACCESS_OPERATOR, events_retry_post },
    { "GET", "/operator/people", ACCESS_OPERATOR, operator_people_show },
    { "GET", "/operator/people/:id", ACCESS_OPERATOR, operator_person_show },
    { "POST", "/operator/people/:id/suspend", ACCESS_OPERATOR, operator_person_suspend },
    { "POST", "/operator/people/:id/restore", ACCESS_OPERATOR, operator_person_restore },
    { "POST", "/operator/people/:id/link", ACCESS_OPERATOR | ACCESS_FRESH, operator_person_link },
    { "POST", "/operator/invites", ACCESS_OPERATOR, operator_invite_post },
    { "POST", "/operator/invites/:id/revoke", ACCESS_OPERATOR, operator_invite_revoke },
    { "GET", "/operator/teams", ACCESS_OPERATOR, operator_teams_show },
    { "GET", "/operator/teams/:id", ACCESS_OPERATOR, operator_team_show },
    { "POST", "/operator/teams/:id/suspend", ACCESS_OPERATOR, operator_team_suspend },
    { "POST", "/operator/teams/:id/restore", ACCESS_OPERATOR, operator_team_restore },
    { "POST", "/operator/teams/:id/quota", ACCESS_OPERATOR, operator_team_quota },
    { "GET", "/operator/announcements", ACCESS_OPERATOR, announcements_show },
    { "POST", "/operator/announcements", ACCESS_OPERATOR, announcement_post },
    { "GET", "/operator/announcements/:id", ACCESS_OPERATOR, announcement_show },
    { "POST", "/operator/announcements/:id", ACCESS_OPERATOR, announcement_edit },
    { "POST", "/operator/announcements/:id/delete", ACCESS_OPERATOR, announcement_delete_post },
    { "POST", "/operator/announcements/:id/end", ACCESS_OPERATOR, announcement_end_post },
    { "GET", "/operator/billing", ACCESS_OPERATOR | ACCESS_IF_BILLING, billing_show },
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
