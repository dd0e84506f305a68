/*
 * The pages about all VMs of a team: the list, the form for a new VM, the receipts, the activity.
 * The page of one VM is in cgi/vm.c.
 */
#include "base/array.h"
#include "base/limit.h"
#include "base/log.h"
#include "base/text.h"
#include "handler/vm_new.h"
#include "job.sql.h"
#include "model/billing_check.h"
#include "model/spend_cap.h"
#include "model/vm_bulk.h"
#include "model/vm_command.h"
#include "model/vm_job.h"
#include "model/worker_wakeup.h"
#include "region_status.sql.h"
#include "ssh_key.sql.h"
#include "view/activity_file.h"
#include "view/activity_list.h"
#include "view/receipt_list.h"
#include "view/vm_confirm.h"
#include "view/vm_list.h"
#include "view/vm_refused.h"
#include "vms.html.h"
#include "web/form.h"
#include "web/live.h"
#include "web/serve.h"
#include "web/session.h"

#include <string.h>

/* ---- the list ---- */

/* The worker's last observation of the hosts: emulated? reachable? */
static void hosts_fill(const struct region_status_list_rows *hosts, struct vms_html *page)
{
    for (size_t i = 0; i < hosts->count; i++) {
        if (strcmp(hosts->row[i].accelerator, "tcg") == 0)
            page->is_emulated = 1;
        if (hosts->row[i].error)
            page->host_problem = hosts->row[i].error;
    }
}

/* The owners' banner; and start buttons are disabled if the billing status does not let VMs run. */
static struct error *billing_fill(struct request *r, struct vms_html *page)
{
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    struct billing_notes notes;
    struct error *e = billing_notes_read(&context, &actor, &notes);

    if (e)
        return e;
    page->billing_banner = notes.banner;
    if (notes.start_refusal)
        page->start_refusal = notes.start_refusal;
    page->is_full |= page->start_refusal || notes.create_refusal;
    return NULL;
}

static struct error *spend_fill(struct request *r, struct vms_html *page)
{
    const struct context context = request_context(r);
    struct spend_cap spend;
    struct error *e = spend_cap_check(&context, r->session->team_id, &spend);

    if (e)
        return e;
    page->spend_percent = spend.percent;
    page->is_spend_near = spend.level == SPEND_NEAR;
    page->spend_amount = spend.amount;
    page->spend_cap = spend.cap;
    page->spend_cap_reason = spend.refusal;
    if (spend.refusal)
        page->start_refusal = spend.refusal;
    return NULL;
}

/* The way to the first VM, of a team that never had one. */
static struct error *first_steps_fill(struct request *r, struct vms_html *page)
{
    struct job_typical_ms_row typical;
    struct ssh_key_count_row keys;
    struct vm_ever_row ever;
    int64_t team_id = r->session->team_id;
    struct error *e = sql_vm_ever(r->db, r->arena, team_id, &ever);

    if (!e)
        e = sql_ssh_key_count(r->db, r->arena, team_id, &keys);
    if (!e)
        e = sql_job_typical_ms(r->db, r->arena, VM_JOB_CREATE, &typical);
    if (e)
        return e;
    page->has_first_steps = !ever.total;
    page->key_count = keys.total;
    page->has_one_key = keys.total == 1;
    page->create_typical_ms = typical.typical_ms;
    return NULL;
}

/* What was destroyed lately, or else whether there are older receipts. */
static struct error *gone_fill(struct request *r, struct vms_html *page)
{
    struct receipt_count_row older;
    int64_t team_id = r->session->team_id;
    struct error *e = sql_receipt_recent(r->db, r->arena, team_id, r->now_at - LIMIT_GONE_LIST_S,
                                         LIMIT_GONE_LIST_ROWS, &page->gone);

    if (e || page->gone.count)
        return e;
    e = sql_receipt_count(r->db, r->arena, team_id, r->now_at - LIMIT_RECORD_KEEP_S, "", &older);
    page->has_receipts = !e && older.total > 0;
    return e;
}

/* Everything around the list. */
static struct error *vms_surround(struct request *r, const struct quota_used *used,
                                  struct vms_html *page)
{
    struct error *e = page->list.is_plain ? gone_fill(r, page) : NULL;

    if (!e)
        e = spend_fill(r, page);
    if (!e)
        e = billing_fill(r, page);
    if (e)
        return e;
    page->is_empty = used->vms == 0;
    vm_list_quota(r, used, page);
    if (page->list.is_plain && page->is_empty)
        e = first_steps_fill(r, page);
    return e || page->has_tools ? e : activity_list_recent(r, LIMIT_SHORT_LIST_EVENTS, &page->days);
}

static struct error *vms_show(struct request *r)
{
    struct vms_html page = { .vms = { .count = 0 } };
    struct region_status_list_rows hosts;
    struct quota_used used;
    struct error *e = db_read(r->db, r->arena);

    r->frame.title = "VMs";
    r->frame.section = "vms";
    if (!e)
        e = sql_region_status_list(r->db, r->arena, &hosts);
    if (!e)
        e = vm_list_fill(r, &hosts, &page, &used);
    if (e)
        return e;
    hosts_fill(&hosts, &page);
    e = vms_surround(r, &used, &page);
    if (!e)
        live_respond(r, render_vms, &page);
    return e;
}

/* ---- several VMs ---- */

enum { BULK_VMS, BULK_COUNT, BULK_RETURN, BULK_FIELDS };

/* The list as it was. */
static const char *bulk_back(const struct field *fields)
{
    const char *path = fields[BULK_RETURN].text;

    return text_is_local_path(path) ? path : "/vms";
}

static struct error *bulk_none(struct request *r, const struct field *fields)
{
    struct error *e = session_notice(r, "No VMs selected. Nothing was changed.");

    if (!e)
        response_redirect(&r->response, bulk_back(fields));
    return e;
}

/* "Stopping quiet-maple", "Stopping 3 VMs". All is done: without its notice it is too. */
static struct error *bulk_done(struct request *r, const struct vm_bulk_act *act,
                               const struct field *fields)
{
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    struct vm_bulk_rows vms;
    size_t count = fields[BULK_VMS].list_count;
    struct error *e = db_begin(r->db, r->arena);

    if (!e)
        e = vm_bulk_names(&context, &actor, fields[BULK_VMS].list, count, &vms);
    if (!e)
        e = session_notice(r, count == 1 && vms.count == 1
                                  ? arena_printf(r->arena, "%s %s", act->doing, vms.row[0].name)
                                  : arena_printf(r->arena, "%s %zu VMs", act->doing, count));
    if (e)
        log_error("bulk_notice", log_text("error", e->text));
    response_redirect(&r->response, bulk_back(fields));
    return NULL;
}

/* Destroying several asks for their number. True: it was typed. */
static bool bulk_is_sure(struct request *r, const struct field *fields,
                         const struct vm_bulk_rows *vms)
{
    const char *typed = fields[BULK_COUNT].text;
    int64_t number;

    if (text_int(typed, &number) && number == (int64_t)vms->count)
        return true;
    if (*typed)
        form_refuse(r);
    vm_confirm_destroy_several(r, vms, typed, bulk_back(fields));
    return false;
}

static struct error *vms_bulk(struct request *r)
{
    struct field fields[BULK_FIELDS] = {
        [BULK_VMS] = { .name = "vm", .kind = FIELD_LIST },
        [BULK_COUNT] = { .name = "count", .kind = FIELD_LINE },
        [BULK_RETURN] = { .name = "return", .kind = FIELD_LINE },
    };
    const struct vm_bulk_act *act = vm_bulk_find(r->parameters[0]);
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    struct vm_bulk_rows vms;
    struct error *e = form_read(r, fields, BULK_FIELDS);

    if (!act)
        return error_new(r->arena, ERROR_NOT_FOUND, "no such act");
    if (!e)
        e = vm_bulk_names(&context, &actor, fields[BULK_VMS].list, fields[BULK_VMS].list_count,
                          &vms);
    if (!e && !fields[BULK_VMS].list_count)
        return bulk_none(r, fields);
    if (e)
        return e;
    if (act->trigger == VM_REQUEST_DESTROY && vms.count && !bulk_is_sure(r, fields, &vms))
        return NULL;
    db_rollback(r->db); /* each VM gets a transaction of its own */
    e = vm_bulk_send(&context, &actor, act, fields[BULK_VMS].list, fields[BULK_VMS].list_count,
                     &vms);
    if (e)
        return e;
    if (!vms.count)
        return bulk_done(r, act, fields);
    vm_refused_show(r, act, &vms, fields[BULK_VMS].list_count, bulk_back(fields));
    return NULL;
}

/* ---- program ---- */

static const struct route routes[] = {
    { "GET", "/vms", ACCESS_VIEWER, vms_show },
    { "GET", "/vms/new", ACCESS_MEMBER, vm_new_show },
    { "POST", "/vms", ACCESS_MEMBER, vm_new_post },
    { "POST", "/vms/bulk/:act", ACCESS_MEMBER, vms_bulk },
    { "GET", "/receipts", ACCESS_VIEWER, receipt_list_respond },
    { "GET", "/activity", ACCESS_VIEWER, activity_list_respond },
    { "GET", "/activity.jsonl", ACCESS_OWNER, activity_file_respond },
};

int main(int argc, char **argv)
{
    static const struct program program = {
        .name = "dashboard",
        .routes = routes,
        .route_count = COUNT(routes),
        .db_mode = DB_READ_WRITE,
        .body_max = LIMIT_NEW_VM_BYTES,
        .start = worker_wakeup_connect,
    };

    return serve(argc, argv, &program);
}
