/*
 * One VM: its page and its commands. Every command is one POST that stores a request
 * (model/vm_command.c) and redirects to the page; the worker does the rest.
 */
#include "base/array.h"
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

/* "/vms/ID": the target of every redirect. */
static void back(struct request *r, const char *id)
{
    response_redirect(&r->response, arena_printf(r->arena, "/vms/%s", id));
}

static struct error *vm_find(struct request *r, struct vm_get_row *vm)
{
    return sql_vm_get(r->db, r->arena, r->session->team_id, r->parameters[0], vm);
}

/* ---- the page ---- */

static struct error *vm_show(struct request *r)
{
    struct vm_html page;
    struct error *e = vm_page_fill(r, r->parameters[0], &page);

    if (!e)
        live_respond(r, render_vm, &page);
    return e;
}

/* The problems of one of the page's forms, and its input. */
struct vm_problems {
    const char *typed_name; /* NULL: the VM's name */
    const char *rename, *snapshot, *resize, *destroy;
    const char *spend; /* the spend cap is reached */
};

/* Show the page again with a message next to a field; its forms keep their input. */
static struct error *vm_show_again(struct request *r, const struct vm_problems *problems)
{
    struct vm_html page;
    struct error *e;

    form_refuse(r);
    e = vm_page_fill(r, r->parameters[0], &page);
    if (e)
        return e;
    page.rename = problems->typed_name ? problems->typed_name : page.vm.name;
    page.rename_problem = problems->rename;
    page.snapshot_problem = problems->snapshot;
    page.resize_problem = problems->resize;
    page.destroy_problem = problems->destroy;
    page.spend_problem = problems->spend;
    live_respond(r, render_vm, &page);
    return NULL;
}

/* ---- commands without fields ---- */

static struct error *command_post(struct request *r, enum vm_trigger trigger)
{
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    struct error *e =
        vm_command_send(&context, &actor, r->parameters[0], trigger, r->parameters[1]);

    if (e && e->kind == ERROR_INPUT)
        return vm_show_again(r, &(struct vm_problems){ .spend = e->message });
    if (!e)
        back(r, r->parameters[0]);
    return e;
}

/* The notice on the next page is the VM's name and `what`. */
static struct error *command_post_noted(struct request *r, enum vm_trigger trigger,
                                        const char *what)
{
    struct vm_get_row vm;
    struct error *e = vm_find(r, &vm);

    if (!e)
        e = session_notice(r, arena_printf(r->arena, "%s %s", vm.name, what));
    return e ? e : command_post(r, trigger);
}

static struct error *vm_start(struct request *r)
{
    return command_post(r, VM_REQUEST_START);
}

static struct error *vm_stop(struct request *r)
{
    return command_post(r, VM_REQUEST_STOP);
}

static struct error *vm_restart(struct request *r)
{
    return command_post(r, VM_REQUEST_RESTART);
}

static struct error *vm_retry(struct request *r)
{
    return command_post(r, VM_REQUEST_RETRY);
}

static struct error *vm_resume(struct request *r)
{
    return command_post(r, VM_REQUEST_RESUME);
}

static struct error *snapshot_restore(struct request *r)
{
    return command_post_noted(r, VM_REQUEST_RESTORE, "goes back to the snapshot.");
}

static struct error *snapshot_delete(struct request *r)
{
    return command_post_noted(r, VM_REQUEST_SNAPSHOT_DELETE, "loses the snapshot.");
}

/* ---- commands with fields ---- */

static struct error *vm_rename(struct request *r)
{
    struct field name = { .name = "name", .kind = FIELD_HOST_NAME, .is_required = true };
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    struct vm_get_row vm;
    struct error *e = form_read(r, &name, 1);

    if (!e)
        e = vm_find(r, &vm);
    if (e)
        return e;
    if (name.problem)
        return vm_show_again(
            r, &(struct vm_problems){ .typed_name = name.text, .rename = name.problem });
    e = vm_command_rename(&context, &actor, vm.id, name.text);
    if (e && e->message)
        return vm_show_again(
            r, &(struct vm_problems){ .typed_name = name.text, .rename = e->message });
    if (!e)
        e = session_notice(r, arena_printf(r->arena, "%s is now called %s.", vm.name, name.text));
    if (!e)
        back(r, vm.id);
    return e;
}

static struct error *vm_resize(struct request *r)
{
    struct field field = { .name = "size", .kind = FIELD_LINE, .is_required = true };
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    const struct config_size *size;
    struct vm_get_row vm;
    struct error *e = form_read(r, &field, 1);

    if (e)
        return e;
    size = config_size_find(r->config, field.text);
    if (!size)
        return vm_show_again(r, &(struct vm_problems){ .resize = "Choose a size from the list." });
    e = vm_find(r, &vm);
    if (!e)
        e = vm_command_resize(&context, &actor, vm.id, size);
    if (e && e->kind == ERROR_INPUT)
        return vm_show_again(r, &(struct vm_problems){ .resize = e->message });
    if (!e)
        e = session_notice(r, arena_printf(r->arena, "%s gets the size %s.", vm.name, size->label));
    if (!e)
        back(r, vm.id);
    return e;
}

static struct error *snapshot_create(struct request *r)
{
    struct field name = { .name = "name", .kind = FIELD_LABEL, .is_required = true };
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    struct error *e = form_read(r, &name, 1);

    if (e)
        return e;
    if (name.problem)
        return vm_show_again(r, &(struct vm_problems){ .snapshot = name.problem });
    e = vm_command_snapshot(&context, &actor, r->parameters[0], name.text);
    if (e && e->kind == ERROR_INPUT)
        return vm_show_again(r, &(struct vm_problems){ .snapshot = e->message });
    if (!e)
        e = session_notice(r, arena_printf(r->arena, "Snapshot “%s” is being taken.", name.text));
    if (!e)
        back(r, r->parameters[0]);
    return e;
}

/* The typed name is the confirmation. */
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
        return vm_show_again(
            r, &(struct vm_problems){
                   .destroy = arena_printf(
                       r->arena, "Type %s to destroy it. Nothing was destroyed.", vm.name) });
    return command_post(r, VM_REQUEST_DESTROY);
}

/* ---- a clone ---- */

enum { CLONE_NAME, CLONE_SIZE, CLONE_FIELDS };

static struct error *clone_fill(struct request *r, struct vm_new_html *page,
                                const struct snapshot_get_row *snapshot)
{
    struct error *e = vm_options_full(r, &page->is_full_why);

    if (!e)
        e = vm_options_sizes_new(r, snapshot->disk_gb, &page->sizes);
    if (e)
        return e;
    page->is_full = page->is_full_why != NULL;
    page->source_name = snapshot->name;
    page->action_vm = snapshot->vm_id;
    page->action_snapshot = snapshot->id;
    r->frame.title = "Clone a VM";
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
    struct error *e;

    form_refuse(r);
    e = clone_fill(r, &page, snapshot);
    if (e)
        return e;
    options_select(&page.sizes, fields[CLONE_SIZE].text);
    html_vm_new(&r->response.body, &r->frame, &page);
    return NULL;
}

/* The selection of the fields; returns a problem, or NULL. */
static const char *clone_read(struct request *r, struct field *fields,
                              const struct snapshot_get_row *snapshot, struct vm_new *clone)
{
    clone->name = fields[CLONE_NAME].text;
    clone->size = config_size_find(r->config, fields[CLONE_SIZE].text);
    clone->image = config_image_find(r->config, clone->source->image);
    clone->region = config_region_find(r->config, clone->source->region);
    clone->source_snapshot_id = snapshot->id;
    if (!clone->size || !clone->image || !clone->region)
        return "Choose a size from the list.";
    if (clone->size->disk_gb < snapshot->disk_gb ||
        clone->size->memory_mb < clone->image->memory_mb)
        fields[CLONE_SIZE].problem = "The snapshot needs a larger size.";
    return NULL;
}

static struct error *clone_post(struct request *r)
{
    struct field fields[CLONE_FIELDS] = {
        [CLONE_NAME] = { .name = "name", .kind = FIELD_HOST_NAME, .is_required = true },
        [CLONE_SIZE] = { .name = "size", .kind = FIELD_LINE, .is_required = true },
    };
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    const char *id, *problem;
    struct snapshot_get_row snapshot;
    struct vm_get_row source;
    struct vm_new clone = { .source = &source };
    struct error *e = form_read(r, fields, CLONE_FIELDS);

    if (!e)
        e = clone_find(r, &snapshot);
    if (!e)
        e = vm_find(r, &source);
    if (!e && strcmp(snapshot.state, SNAPSHOT_STATE_READY) != 0)
        e = error_new(r->arena, ERROR_CONFLICT, "snapshot is %s", snapshot.state);
    if (e)
        return e;
    problem = clone_read(r, fields, &snapshot, &clone);
    if (problem || form_has_problems(fields, CLONE_FIELDS))
        return clone_again(r, fields, &snapshot, problem);
    e = vm_command_create(&context, &actor, &clone, &id);
    if (e && e->message)
        return clone_again(r, fields, &snapshot, e->message);
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
    { "POST", "/vms/:id/resume", ACCESS_MEMBER, vm_resume },
    { "POST", "/vms/:id/retry", ACCESS_MEMBER, vm_retry },
    { "POST", "/vms/:id/rename", ACCESS_MEMBER, vm_rename },
    { "POST", "/vms/:id/resize", ACCESS_MEMBER, vm_resize },
    { "POST", "/vms/:id/destroy", ACCESS_MEMBER, vm_destroy },
    { "POST", "/vms/:id/snapshots", ACCESS_MEMBER, snapshot_create },
    { "POST", "/vms/:id/snapshots/:snapshot/restore", ACCESS_MEMBER, snapshot_restore },
    { "POST", "/vms/:id/snapshots/:snapshot/delete", ACCESS_MEMBER, snapshot_delete },
    { "GET", "/vms/:id/snapshots/:snapshot/clone", ACCESS_MEMBER, clone_show },
    { "POST", "/vms/:id/snapshots/:snapshot/clone", ACCESS_MEMBER, clone_post },
};

int main(int argc, char **argv)
{
    static const struct program program = {
        .name = "vm",
        .routes = routes,
        .route_count = COUNT(routes),
        .db_mode = DB_READ_WRITE,
        .start = worker_wakeup_connect,
    };

    return serve(argc, argv, &program);
}
