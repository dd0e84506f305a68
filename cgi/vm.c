/*
 * One VM: its page, and what can be asked of it. Every question is one POST that writes a wish
 * (model/vm_command.c) and leads back to the page; the worker does the rest.
 */
#include "base/limit.h"
#include "model/spend_cap.h"
#include "model/vm_command.h"
#include "model/worker_wakeup.h"
#include "view/vm_options.h"
#include "view/vm_page.h"
#include "view/vm_usage.h"
#include "vm.html.h"
#include "vm_new.html.h"
#include "web/form.h"
#include "web/live.h"
#include "web/serve.h"
#include "web/session.h"

#include <string.h>

/* "/vms/ID": where every answer leads back to. */
static void back(struct request *r, const char *id)
{
    response_redirect(&r->response, arena_printf(r->arena, "/vms/%s", id));
}

static struct error *vm_find(struct request *r, struct vm_get_row *vm)
{
    return sql_vm_get(r->db, r->arena, r->session->team_id, r->parameters[0], vm);
}

/* ---- the page ---- */

static void vm_render(struct buf *buf, const struct frame *frame, const void *page)
{
    html_vm(buf, frame, page);
}

static struct error *vm_show(struct request *r)
{
    struct vm_html page;
    struct error *e = vm_page_fill(r, r->parameters[0], &page);

    if (!e)
        live_answer(r, vm_render, &page);
    return e;
}

/* The page again with a message beside a field; its forms keep what was typed. */
static struct error *vm_show_problem(struct request *r, const char *rename,
                                     const char *rename_problem, const char *snapshot_problem,
                                     const char *resize_problem, const char *destroy_problem)
{
    struct vm_html page;
    struct error *e = vm_page_fill(r, r->parameters[0], &page);

    if (e)
        return e;
    page.rename = rename ? rename : page.vm.name;
    page.rename_problem = rename_problem;
    page.snapshot_problem = snapshot_problem;
    page.resize_problem = resize_problem;
    page.destroy_problem = destroy_problem;
    r->response.status = 422;
    live_answer(r, vm_render, &page);
    return NULL;
}

/* ---- wishes without fields ---- */

/* The spend cap is reached: the page says so, and what can be done. */
static struct error *vm_show_spent(struct request *r)
{
    struct spend_cap spend;
    struct vm_html page;
    struct error *e = vm_page_fill(r, r->parameters[0], &page);

    if (!e)
        e = spend_cap_check(r, &spend);
    if (e)
        return e;
    page.spend_problem = spend.refusal;
    r->response.status = 422;
    live_answer(r, vm_render, &page);
    return NULL;
}

static struct error *vm_ask(struct request *r, enum vm_trigger event, const char *notice)
{
    const char *id = r->parameters[0];
    struct error *e = vm_command_request(r, id, event, r->parameters[1], notice);

    if (e && e->kind == ERROR_INPUT)
        return vm_show_spent(r);
    if (!e)
        back(r, id);
    return e;
}

static struct error *vm_start(struct request *r)
{
    return vm_ask(r, VM_REQUEST_START, NULL);
}

static struct error *vm_stop(struct request *r)
{
    return vm_ask(r, VM_REQUEST_STOP, NULL);
}

static struct error *vm_restart(struct request *r)
{
    return vm_ask(r, VM_REQUEST_RESTART, NULL);
}

static struct error *vm_retry(struct request *r)
{
    return vm_ask(r, VM_REQUEST_RETRY, NULL);
}

static struct error *snapshot_restore(struct request *r)
{
    return vm_ask(r, VM_REQUEST_RESTORE, "goes back to the snapshot.");
}

static struct error *snapshot_delete_post(struct request *r)
{
    return vm_ask(r, VM_REQUEST_SNAPSHOT_DELETE, "loses the snapshot.");
}

/* ---- wishes with fields ---- */

static struct error *vm_rename_post(struct request *r)
{
    struct field name = { .name = "name", .kind = FIELD_HOST_NAME, .is_required = true };
    const char *id = r->parameters[0];
    struct vm_get_row vm;
    struct error *e = form_read(r, &name, 1);

    if (!e)
        e = vm_find(r, &vm);
    if (e)
        return e;
    if (name.problem)
        return vm_show_problem(r, name.text, name.problem, NULL, NULL, NULL);
    e = db_begin(r->db, r->arena);
    if (!e)
        e = sql_vm_rename(r->db, r->arena, r->session->team_id, id, name.text);
    if (e && e->kind == ERROR_CONFLICT) {
        db_rollback(r->db);
        return vm_show_problem(r, name.text, "Your team already has a VM of this name.", NULL, NULL,
                               NULL);
    }
    if (!e)
        e = vm_page_note(r, id, "renamed", arena_printf(r->arena, "%s → %s", vm.name, name.text));
    if (!e)
        e = session_notice(r, arena_printf(r->arena, "%s is now called %s.", vm.name, name.text));
    if (!e)
        e = db_commit(r->db, r->arena);
    if (!e)
        back(r, id);
    return e;
}

static struct error *vm_resize_post(struct request *r)
{
    struct field size = { .name = "size", .kind = FIELD_LINE, .is_required = true };
    const char *problem = NULL;
    struct error *e = form_read(r, &size, 1);
    const struct config_size *wanted = e ? NULL : config_size_find(r->config, size.text);

    if (e)
        return e;
    if (!wanted)
        return vm_show_problem(r, NULL, NULL, NULL, "Choose a size from the list.", NULL);
    e = vm_command_resize(r, r->parameters[0], wanted, &problem);
    if (e && e->kind == ERROR_INPUT)
        return vm_show_problem(r, NULL, NULL, NULL, problem, NULL);
    if (!e)
        back(r, r->parameters[0]);
    return e;
}

static struct error *snapshot_post(struct request *r)
{
    struct field name = {
        .name = "name", .kind = FIELD_LINE, .most = LIMIT_LABEL_BYTES, .is_required = true
    };
    const char *problem = NULL;
    struct error *e = form_read(r, &name, 1);

    if (e)
        return e;
    if (name.problem)
        return vm_show_problem(r, NULL, NULL, name.problem, NULL, NULL);
    e = vm_command_snapshot(r, r->parameters[0], name.text, &problem);
    if (e && e->kind == ERROR_INPUT)
        return vm_show_problem(r, NULL, NULL, problem, NULL, NULL);
    if (!e)
        back(r, r->parameters[0]);
    return e;
}

/* The typed name is the confirmation: without it nothing is destroyed. */
static struct error *vm_destroy(struct request *r)
{
    struct field name = { .name = "name", .kind = FIELD_LINE };
    struct vm_get_row vm;
    struct error *e = form_read(r, &name, 1);

    if (!e)
        e = vm_find(r, &vm);
    if (e)
        return e;
    if (strcmp(name.text, vm.name) != 0)
        return vm_show_problem(
            r, NULL, NULL, NULL, NULL,
            arena_printf(r->arena, "Type %s to destroy it. Nothing was destroyed.", vm.name));
    return vm_ask(r, VM_REQUEST_DESTROY, NULL);
}

/* ---- a clone ---- */

enum { CLONE_NAME, CLONE_SIZE, CLONE_FIELDS };

static struct error *clone_fill(struct request *r, struct vm_new_html *page,
                                const struct snapshot_get_row *snapshot)
{
    struct price_list_rows prices;
    struct vm_quota_row used;
    struct error *e = sql_vm_quota(r->db, r->arena, r->session->team_id, &used);

    if (!e)
        e = vm_command_quota(r, 1, 1, 1, 1, &page->is_full_why);
    if (!e)
        e = sql_price_list(r->db, r->arena, &prices);
    if (e)
        return e;
    page->is_full = page->is_full_why != NULL;
    page->sizes = vm_options_sizes(r, &prices, &used, snapshot->disk_gb);
    page->source_name = snapshot->name;
    page->action_vm = snapshot->vm_id;
    page->action_snapshot = snapshot->id;
    page->quota = arena_printf(r->arena, "After this: %lld of %lld VMs.", (long long)used.vms + 1,
                               (long long)r->config->quota_vms);
    r->frame.title = "Clone";
    r->frame.section = "vms";
    return NULL;
}

static struct error *clone_find(struct request *r, struct snapshot_get_row *snapshot)
{
    return sql_snapshot_get(r->db, r->arena, r->session->team_id, r->parameters[0],
                            r->parameters[1], snapshot);
}

static struct error *clone_show(struct request *r)
{
    struct vm_new_html page = { .name = vm_options_name(r->arena) };
    struct snapshot_get_row snapshot;
    struct error *e = clone_find(r, &snapshot);

    if (!e)
        e = clone_fill(r, &page, &snapshot);
    if (!e)
        html_vm_new(&r->response.body, &r->frame, &page);
    return e;
}

static struct error *clone_again(struct request *r, const struct field *fields,
                                 const struct snapshot_get_row *snapshot, const char *problem)
{
    struct vm_new_html page = {
        .name = fields[CLONE_NAME].text,
        .name_problem = fields[CLONE_NAME].problem,
        .sizes_problem = fields[CLONE_SIZE].problem,
        .problem = problem,
    };
    struct error *e = clone_fill(r, &page, snapshot);

    if (e)
        return e;
    options_select(&page.sizes, fields[CLONE_SIZE].text);
    r->response.status = 422;
    html_vm_new(&r->response.body, &r->frame, &page);
    return NULL;
}

static struct error *clone_post(struct request *r)
{
    struct field fields[CLONE_FIELDS] = {
        [CLONE_NAME] = { .name = "name", .kind = FIELD_HOST_NAME, .is_required = true },
        [CLONE_SIZE] = { .name = "size", .kind = FIELD_LINE, .is_required = true },
    };
    const char *id, *problem = NULL;
    struct snapshot_get_row snapshot;
    struct vm_get_row source;
    struct vm_command wish = { .source = &source };
    struct error *e = form_read(r, fields, CLONE_FIELDS);

    if (!e)
        e = clone_find(r, &snapshot);
    if (!e)
        e = vm_find(r, &source);
    if (!e && strcmp(snapshot.state, "ready") != 0)
        e = error_new(r->arena, ERROR_CONFLICT, "snapshot is %s", snapshot.state);
    if (e)
        return e;
    wish.name = fields[CLONE_NAME].text;
    wish.size = config_size_find(r->config, fields[CLONE_SIZE].text);
    wish.image = config_image_find(r->config, source.image);
    wish.region = config_region_find(r->config, source.region);
    wish.source_snapshot_id = snapshot.id;
    if (!wish.size || !wish.image || !wish.region)
        problem = "Choose a size from the list.";
    else if (wish.size->disk_gb < snapshot.disk_gb || wish.size->memory_mb < wish.image->memory_mb)
        fields[CLONE_SIZE].problem = "The snapshot needs a larger size.";
    if (problem || form_has_problems(fields, CLONE_FIELDS))
        return clone_again(r, fields, &snapshot, problem);
    e = vm_command_create(r, &wish, &id, &problem);
    if (e && e->kind == ERROR_INPUT)
        return clone_again(r, fields, &snapshot, problem);
    if (!e)
        back(r, id);
    return e;
}

/* ---- program ---- */

static const struct route routes[] = {
    { "GET", "/vms/:id", ACCESS_MEMBER, vm_show },
    { "GET", "/vms/:id/usage", ACCESS_MEMBER, vm_usage_show },
    { "POST", "/vms/:id/start", ACCESS_MEMBER, vm_start },
    { "POST", "/vms/:id/stop", ACCESS_MEMBER, vm_stop },
    { "POST", "/vms/:id/restart", ACCESS_MEMBER, vm_restart },
    { "POST", "/vms/:id/retry", ACCESS_MEMBER, vm_retry },
    { "POST", "/vms/:id/rename", ACCESS_MEMBER, vm_rename_post },
    { "POST", "/vms/:id/resize", ACCESS_MEMBER, vm_resize_post },
    { "POST", "/vms/:id/destroy", ACCESS_MEMBER, vm_destroy },
    { "POST", "/vms/:id/snapshots", ACCESS_MEMBER, snapshot_post },
    { "POST", "/vms/:id/snapshots/:snapshot/restore", ACCESS_MEMBER, snapshot_restore },
    { "POST", "/vms/:id/snapshots/:snapshot/delete", ACCESS_MEMBER, snapshot_delete_post },
    { "GET", "/vms/:id/snapshots/:snapshot/clone", ACCESS_MEMBER, clone_show },
    { "POST", "/vms/:id/snapshots/:snapshot/clone", ACCESS_MEMBER, clone_post },
};

int main(int argc, char **argv)
{
    static const struct program program = {
        .name = "vm",
        .routes = routes,
        .route_count = sizeof routes / sizeof routes[0],
        .db_mode = DB_READ_WRITE,
        .network = SANDBOX_NO_NETWORK,
        .start = worker_wakeup_connect,
    };

    return serve(argc, argv, &program);
}
