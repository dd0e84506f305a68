/*
 * The pages about all VMs of a team: the list, the form for a new VM, the activity. The page of one
 * VM is in cgi/vm.c.
 */
#include "activity.html.h"
#include "base/array.h"
#include "base/limit.h"
#include "base/text.h"
#include "model/billing_check.h"
#include "model/spend_cap.h"
#include "model/vm_command.h"
#include "model/worker_wakeup.h"
#include "region_status.sql.h"
#include "ssh_key.sql.h"
#include "view/vm_options.h"
#include "vm_new.html.h"
#include "vms.html.h"
#include "web/form.h"
#include "web/list_position.h"
#include "web/live.h"
#include "web/serve.h"
#include "web/session.h"

#include <string.h>

enum { EVENTS_ON_LIST = 6 };

/* ---- the list ---- */

static const char *quota_words(struct request *r, const struct vm_quota_row *used)
{
    return arena_printf(
        r->arena, "%lld of %lld VMs · %lld of %lld vCPUs · %s of %s memory · %lld of %lld GB disk",
        (long long)used->vms, (long long)r->config->quota_vms, (long long)used->vcpus,
        (long long)r->config->quota_vcpus, text_memory(r->arena, used->memory_mb),
        text_memory(r->arena, r->config->quota_memory_mb), (long long)used->disk_gb,
        (long long)r->config->quota_disk_gb);
}

/* The worker's last observation of the hosts: emulated? reachable? */
static struct error *hosts_fill(struct request *r, struct vms_html *page)
{
    struct region_status_list_rows hosts;
    struct error *e = sql_region_status_list(r->db, r->arena, &hosts);

    for (size_t i = 0; !e && i < hosts.count; i++) {
        if (strcmp(hosts.row[i].accelerator, "tcg") == 0)
            page->is_emulated = 1;
        if (hosts.row[i].error)
            page->host_problem = hosts.row[i].error;
    }
    return e;
}

/* The owners' banner; and start buttons are disabled if the billing status does not let VMs run. */
static struct error *billing_fill(struct request *r, struct vms_html *page)
{
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    struct error *e = billing_banner(&context, &actor, &page->billing_banner);

    if (!e)
        e = billing_check(&context, actor.team_id, BILLING_START);
    if (!e || !e->message)
        return e;
    for (size_t i = 0; i < page->vms.count; i++)
        page->vms.row[i].is_stopped = false;
    return NULL;
}

/* One page of the list; its position is part of the address that the live part polls. */
static struct error *vms_fill(struct request *r, struct vms_html *page)
{
    const struct vm_list_row *last;
    struct list_position position;
    struct price_list_rows prices;
    struct vm_list_rows vms;
    struct error *e = list_position_read(r, &position);

    if (!e)
        e = sql_vm_list(r->db, r->arena, r->session->team_id, position.at, position.id,
                        LIMIT_LIST_ROWS + 1, &vms);
    if (!e)
        e = sql_price_list(r->db, r->arena, &prices);
    if (e)
        return e;
    if (list_cut(&vms.count)) {
        last = &vms.row[vms.count - 1];
        page->next = list_position_text(r->arena, last->created_at, last->id);
    }
    if (position.at != INT64_MAX)
        page->before = list_position_text(r->arena, position.at, position.id);
    page->vms = vm_view_list(r, &prices, &vms);
    for (size_t i = 0; i < page->vms.count; i++)
        page->is_working |= page->vms.row[i].is_working;
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
    return NULL;
}

static struct error *vms_show(struct request *r)
{
    struct vms_html page = { .vms = { .count = 0 } };
    struct vm_quota_row used;
    struct ssh_key_count_row keys;
    int64_t team_id = r->session->team_id;
    struct error *e = db_read(r->db, r->arena);

    r->frame.title = "VMs";
    r->frame.section = "vms";
    if (!e)
        e = vms_fill(r, &page);
    if (!e)
        e = sql_vm_quota(r->db, r->arena, team_id, &used);
    if (!e)
        e = sql_ssh_key_count(r->db, r->arena, team_id, &keys);
    if (!e)
        e = sql_activity_list(r->db, r->arena, team_id, INT64_MAX, "", EVENTS_ON_LIST,
                              &page.events);
    if (!e)
        e = hosts_fill(r, &page);
    if (!e)
        e = spend_fill(r, &page);
    if (!e)
        e = billing_fill(r, &page);
    if (e)
        return e;
    page.quota = quota_words(r, &used);
    page.has_keys = keys.total;
    live_respond(r, render_vms, &page);
    return NULL;
}

/* ---- a new VM ---- */

static struct error *new_fill(struct request *r, struct vm_new_html *page)
{
    struct ssh_key_list_rows keys;
    struct price_list_rows prices;
    struct vm_quota_row used;
    struct error *e = sql_vm_quota(r->db, r->arena, r->session->team_id, &used);

    if (!e)
        e = vm_options_full(r, &page->is_full_why);
    if (!e)
        e = sql_price_list(r->db, r->arena, &prices);
    if (!e)
        e = sql_ssh_key_list(r->db, r->arena, r->session->team_id, &keys);
    if (!e)
        e = vm_options_images(r, &page->images);
    if (e)
        return e;
    page->quota = arena_printf(r->arena, "After this: %lld of %lld VMs. Now in use: %s.",
                               (long long)used.vms + 1, (long long)r->config->quota_vms,
                               quota_words(r, &used));
    page->is_full = page->is_full_why != NULL;
    page->sizes = vm_options_sizes(r, &prices, &used, 0);
    page->regions = vm_options_regions(r);
    page->keys = vm_options_keys(r, &keys);
    r->frame.title = "New VM";
    r->frame.section = "vms";
    return NULL;
}

static struct error *new_show(struct request *r)
{
    struct vm_new_html page = { .name = vm_options_name(r->arena) };
    struct error *e = new_fill(r, &page);

    if (!e)
        html_vm_new(&r->response.body, &r->frame, &page);
    return e;
}

enum { NAME, IMAGE, SIZE, REGION, KEYS, FIELDS };

/* Show the form again, with the input and its problems. */
static struct error *new_again(struct request *r, const struct field *fields, const char *problem)
{
    struct vm_new_html page = {
        .name = fields[NAME].text,
        .name_problem = fields[NAME].problem,
        .keys_problem = fields[KEYS].problem,
        .sizes_problem = fields[SIZE].problem,
        .problem = problem,
    };
    struct error *e;

    form_refuse(r);
    e = new_fill(r, &page);
    if (e)
        return e;
    options_select(&page.images, fields[IMAGE].text);
    options_select(&page.sizes, fields[SIZE].text);
    options_select(&page.regions, fields[REGION].text);
    options_select_list(&page.keys, fields[KEYS].list, fields[KEYS].list_count);
    html_vm_new(&r->response.body, &r->frame, &page);
    return NULL;
}

/* The selection of the fields; returns a problem, or NULL. */
static const char *new_read(struct request *r, struct field *fields, struct vm_new *vm)
{
    vm->name = fields[NAME].text;
    vm->image = config_image_find(r->config, fields[IMAGE].text);
    vm->size = config_size_find(r->config, fields[SIZE].text);
    vm->region = config_region_find(r->config, fields[REGION].text);
    vm->key_ids = fields[KEYS].list;
    vm->key_count = fields[KEYS].list_count;
    if (!vm->image || !vm->size || !vm->region)
        return "Choose an image, a size and a region from the lists.";
    if (vm->size->memory_mb < vm->image->memory_mb)
        fields[SIZE].problem = "This image needs more memory. Choose a larger size.";
    return NULL;
}

static struct error *vm_create(struct request *r)
{
    struct field fields[FIELDS] = {
        [NAME] = { .name = "name", .kind = FIELD_HOST_NAME, .is_required = true },
        [IMAGE] = { .name = "image", .kind = FIELD_LINE, .is_required = true },
        [SIZE] = { .name = "size", .kind = FIELD_LINE, .is_required = true },
        [REGION] = { .name = "region", .kind = FIELD_LINE, .is_required = true },
        [KEYS] = { .name = "key", .kind = FIELD_LIST, .is_required = true },
    };
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    const char *id, *problem;
    struct vm_new vm;
    struct error *e = form_read(r, fields, FIELDS);

    if (e)
        return e;
    vm = (struct vm_new){ .source = NULL };
    problem = new_read(r, fields, &vm);
    if (problem || form_has_problems(fields, FIELDS))
        return new_again(r, fields, problem);
    e = vm_command_create(&context, &actor, &vm, &id);
    if (e && e->message)
        return new_again(r, fields, e->message);
    if (!e)
        response_redirect(&r->response, arena_printf(r->arena, "/vms/%s", id));
    return e;
}

/* ---- activity ---- */

static struct error *activity_show(struct request *r)
{
    struct activity_html page = { .next = NULL };
    const struct activity_list_row *last;
    struct list_position position;
    struct error *e = list_position_read(r, &position);

    if (!e)
        e = sql_activity_list(r->db, r->arena, r->session->team_id, position.at, position.id,
                              LIMIT_LIST_ROWS + 1, &page.events);
    if (e)
        return e;
    if (list_cut(&page.events.count)) {
        last = &page.events.row[page.events.count - 1];
        page.next = list_position_text(r->arena, last->at_ms, last->id);
    }
    r->frame.title = "Activity";
    r->frame.section = "activity";
    html_activity(&r->response.body, &r->frame, &page);
    return NULL;
}

/* ---- program ---- */

static const struct route routes[] = {
    { "GET", "/vms", ACCESS_MEMBER, vms_show },
    { "GET", "/vms/new", ACCESS_MEMBER, new_show },
    { "POST", "/vms", ACCESS_MEMBER, vm_create },
    { "GET", "/activity", ACCESS_MEMBER, activity_show },
};

int main(int argc, char **argv)
{
    static const struct program program = {
        .name = "dashboard",
        .routes = routes,
        .route_count = COUNT(routes),
        .db_mode = DB_READ_WRITE,
        .start = worker_wakeup_connect,
    };

    return serve(argc, argv, &program);
}
