/*
 * One VM: its page and its commands. Every command is one POST that stores a request
 * (model/vm_command.c) and redirects to a tab of the page; the worker does the rest.
 */
#include "adapter/time_zone.h"
#include "base/array.h"
#include "handler/vm_clone.h"
#include "handler/vm_console.h"
#include "handler/vm_labels.h"
#include "handler/vm_schedule.h"
#include "handler/vm_tab.h"
#include "model/vm_agent.h"
#include "model/vm_command.h"
#include "model/vm_keys.h"
#include "model/worker_console.h"
#include "model/worker_wakeup.h"
#include "view/vm_confirm.h"
#include "view/vm_page.h"
#include "view/vm_receipt.h"
#include "web/form.h"
#include "web/serve.h"
#include "web/session.h"

#include <string.h>

/* ---- the page ---- */

static struct error *overview_show(struct request *r)
{
    return vm_tab_respond(r, VM_TAB_OVERVIEW, NULL);
}

static struct error *snapshots_show(struct request *r)
{
    return vm_tab_respond(r, VM_TAB_SNAPSHOTS, NULL);
}

static struct error *activity_show(struct request *r)
{
    return vm_tab_respond(r, VM_TAB_ACTIVITY, NULL);
}

static struct error *settings_show(struct request *r)
{
    return vm_tab_respond(r, VM_TAB_SETTINGS, NULL);
}

static struct error *receipt_show(struct request *r)
{
    return vm_receipt_download(r, r->parameters[0]);
}

/* ---- commands without fields ---- */

/* `notice` NULL: the page itself shows what follows. */
static struct error *command_post(struct request *r, enum vm_trigger trigger, const char *tab,
                                  const char *notice)
{
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    struct error *e =
        vm_command_send(&context, &actor, r->parameters[0], trigger, r->parameters[1]);

    if (!e && notice)
        e = session_notice(r, notice);
    return vm_tab_end(r, e, tab, (struct vm_problem){ .form = FORM_BUTTON });
}

static struct error *vm_start(struct request *r)
{
    return command_post(r, VM_REQUEST_START, VM_TAB_OVERVIEW, NULL);
}

/* The settings have a button of their own for it, for it comes before a resize. */
static struct error *vm_stop(struct request *r)
{
    const char *tab;
    struct error *e = form_value(r, "tab", &tab);
    bool is_settings = tab && strcmp(tab, VM_TAB_SETTINGS) == 0;

    return e ? e
             : command_post(r, VM_REQUEST_STOP, is_settings ? VM_TAB_SETTINGS : VM_TAB_OVERVIEW,
                            NULL);
}

static struct error *vm_restart(struct request *r)
{
    return command_post(r, VM_REQUEST_RESTART, VM_TAB_OVERVIEW, NULL);
}

static struct error *vm_retry(struct request *r)
{
    return command_post(r, VM_REQUEST_RETRY, VM_TAB_OVERVIEW, NULL);
}

static struct error *vm_resume(struct request *r)
{
    return command_post(r, VM_REQUEST_RESUME, VM_TAB_OVERVIEW, NULL);
}

/* ---- its snapshots: restoring and deleting are irreversible, so a page asks first ---- */

static struct error *snapshot_find(struct request *r, struct snapshot_get_row *snapshot)
{
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);

    return vm_command_snapshot_find(&context, &actor, r->parameters[0], r->parameters[1], snapshot);
}

static struct error *restore_show(struct request *r)
{
    struct snapshot_get_row snapshot;
    struct vm_get_row vm;
    struct error *e = vm_tab_vm(r, &vm);

    if (!e)
        e = snapshot_find(r, &snapshot);
    if (e)
        return e;
    if (vm_transition_find(vm.state, VM_REQUEST_RESTORE))
        vm_confirm_restore(r, &vm, &snapshot);
    else
        vm_tab_redirect(r, vm.id, VM_TAB_SNAPSHOTS);
    return NULL;
}

static struct error *snapshot_restore(struct request *r)
{
    return command_post(r, VM_REQUEST_RESTORE, VM_TAB_SNAPSHOTS, NULL);
}

/* The address or the form names those that are to be deleted. */
static struct error *delete_show(struct request *r)
{
    struct field chosen = { .name = "snapshot", .kind = FIELD_LIST };
    struct vm_get_row vm;
    struct error *e = vm_tab_vm(r, &vm);

    if (!e)
        e = form_read(r, &chosen, 1);
    if (e)
        return e;
    if (chosen.list_count && vm_transition_find(vm.state, VM_REQUEST_SNAPSHOT_DELETE))
        return vm_confirm_snapshots_delete(r, &vm, chosen.list, chosen.list_count);
    vm_tab_redirect(r, vm.id, VM_TAB_SNAPSHOTS);
    return NULL;
}

static struct error *snapshots_delete(struct request *r)
{
    struct field chosen = { .name = "snapshot", .kind = FIELD_LIST };
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    const char *notice = "No snapshots selected. Nothing was changed.";
    struct vm_get_row vm;
    struct error *e = vm_tab_vm(r, &vm);

    if (!e)
        e = form_read(r, &chosen, 1);
    if (!e && chosen.list_count) {
        notice = chosen.list_count == 1
                     ? "Deleting the snapshot."
                     : arena_printf(r->arena, "Deleting %zu snapshots.", chosen.list_count);
        e = vm_command_snapshots_delete(&context, &actor, vm.id, chosen.list, chosen.list_count);
    }
    if (!e)
        e = session_notice(r, notice);
    return vm_tab_end(r, e, VM_TAB_SNAPSHOTS, (struct vm_problem){ .form = FORM_BUTTON });
}

/* ---- commands with fields ---- */

static struct error *vm_rename(struct request *r)
{
    struct field name = { .name = "name", .kind = FIELD_HOST_NAME, .is_required = true };
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    struct error *e = form_read(r, &name, 1);
    struct vm_problem problem = { .form = FORM_RENAME,
                                  .typed = name.text,
                                  .message = name.problem };

    if (e)
        return e;
    if (name.problem)
        return vm_tab_again(r, VM_TAB_SETTINGS, problem);
    e = vm_command_rename(&context, &actor, r->parameters[0], name.text);
    if (!e)
        e = session_notice(r, arena_printf(r->arena, "Renamed to %s.", name.text));
    return vm_tab_end(r, e, VM_TAB_SETTINGS, problem);
}

static struct error *vm_resize(struct request *r)
{
    struct field field = { .name = "size", .kind = FIELD_LINE, .is_required = true };
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    struct vm_problem problem = { .form = FORM_RESIZE, .message = "Choose a size from the list." };
    const struct config_size *size;
    struct error *e = form_read(r, &field, 1);

    if (e)
        return e;
    size = config_size_find(r->config, field.text);
    if (!size)
        return vm_tab_again(r, VM_TAB_SETTINGS, problem);
    e = vm_command_resize(&context, &actor, r->parameters[0], size);
    if (!e)
        e = session_notice(r, arena_printf(r->arena, "Resizing to %s.", size->label));
    return vm_tab_end(r, e, VM_TAB_SETTINGS, problem);
}

/* The settings show what was chosen before; an unknown choice is no form of ours. */
static struct error *vm_life(struct request *r)
{
    struct field field = { .name = "life", .kind = FIELD_LINE, .is_required = true };
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    const struct vm_life_choice *choice;
    struct error *e = form_read(r, &field, 1);
    struct vm_problem problem = { .form = FORM_LIFE, .message = "Choose from the list." };

    if (e)
        return e;
    choice = vm_life_choice_find(field.text);
    if (!choice)
        return vm_tab_again(r, VM_TAB_SETTINGS, problem);
    e = vm_life_set(&context, &actor, r->parameters[0], choice);
    if (!e)
        e = session_notice(r, arena_printf(r->arena, "Saved: %s.", choice->label));
    return vm_tab_end(r, e, VM_TAB_SETTINGS, problem);
}

static struct error *vm_labels(struct request *r)
{
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    struct vm_labels_form typed;
    struct vm_labels labels;
    struct vm_problem problem = { .form = FORM_LABELS, .labels = &typed };
    struct error *e = vm_labels_read(r, &labels, &typed);

    if (!e && vm_labels_form_has_problem(&typed))
        return vm_tab_again(r, VM_TAB_SETTINGS, problem);
    if (!e)
        e = vm_labels_set(&context, &actor, r->parameters[0], &labels);
    return vm_tab_end(r, e, VM_TAB_SETTINGS, problem);
}

static struct error *vm_schedule(struct request *r)
{
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    struct vm_schedule_form typed;
    struct vm_schedule schedule;
    struct vm_problem problem = { .form = FORM_SCHEDULE, .schedule = &typed };
    struct vm_get_row vm;
    struct error *e = vm_tab_vm(r, &vm);

    if (!e)
        e = vm_schedule_read(r, vm.life, &schedule, &typed);
    if (!e && typed.problem)
        return vm_tab_again(r, VM_TAB_SETTINGS, problem);
    if (!e)
        e = vm_schedule_set(&context, &actor, vm.id, &schedule);
    if (!e)
        e = session_notice(r, "Schedule saved.");
    return vm_tab_end(r, e, VM_TAB_SETTINGS, problem);
}

static struct error *vm_keep(struct request *r)
{
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    struct error *e = vm_life_keep(&context, &actor, r->parameters[0]);

    if (!e)
        e = session_notice(r, "Kept running: its time starts again.");
    return vm_tab_end(r, e, VM_TAB_OVERVIEW, (struct vm_problem){ .form = FORM_BUTTON });
}

static struct error *vm_internet(struct request *r)
{
    struct field fields[] = {
        { .name = "internet", .kind = FIELD_LINE, .is_required = true },
        { .name = "internet_names", .kind = FIELD_LINES },
    };
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    struct vm_internet wanted;
    struct error *e = form_read(r, fields, COUNT(fields));
    struct error *refusal;

    if (e)
        return e;
    refusal = vm_internet_read(r->arena, fields[0].text, fields[1].text, &wanted);
    if (refusal)
        return vm_tab_again(r, VM_TAB_SETTINGS,
                            (struct vm_problem){ .form = FORM_INTERNET,
                                                 .typed = fields[1].text,
                                                 .message = refusal->message });
    e = vm_internet_change(&context, &actor, r->parameters[0], &wanted);
    if (!e)
        e = session_notice(r, arena_printf(r->arena, "Internet access: %s.",
                                           vm_internet_words(r->arena, wanted.mode, wanted.names)));
    return vm_tab_end(r, e, VM_TAB_SETTINGS, (struct vm_problem){ .form = FORM_BUTTON });
}

static struct error *vm_agent(struct request *r)
{
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    bool is_on;
    struct error *e = form_is(r, "agent", "on", &is_on);

    if (!e)
        e = vm_agent_change(&context, &actor, r->parameters[0], is_on);
    if (!e)
        e = session_notice(r, is_on ? "Guest agent on from the next start."
                                    : "Guest agent off from the next start.");
    return vm_tab_end(r, e, VM_TAB_SETTINGS, (struct vm_problem){ .form = FORM_BUTTON });
}

/* The worker gives it to the guest: now by its agent, or at the next start. */
static struct error *vm_key_add(struct request *r)
{
    struct field key = { .name = "key", .kind = FIELD_LINE, .is_required = true };
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    struct error *e = form_read(r, &key, 1);

    if (!e)
        e = vm_keys_add(&context, &actor, r->parameters[0], key.text);
    return vm_tab_end(r, e, VM_TAB_SETTINGS, (struct vm_problem){ .form = FORM_KEYS });
}

/* Its last key only if the person has said so. */
static struct error *vm_key_remove(struct request *r)
{
    struct field fields[] = {
        { .name = "key", .kind = FIELD_LINE, .is_required = true },
        { .name = "last", .kind = FIELD_LINE },
    };
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    struct vm_problem problem = { .form = FORM_KEYS };
    struct error *e = form_read(r, fields, COUNT(fields));

    if (e)
        return e;
    problem.message = fields[0].problem;
    if (problem.message)
        return vm_tab_again(r, VM_TAB_SETTINGS, problem);
    problem.typed = fields[0].text;
    e = vm_keys_remove(&context, &actor, r->parameters[0], fields[0].text,
                       strcmp(fields[1].text, "yes") == 0);
    return vm_tab_end(r, e, VM_TAB_SETTINGS, problem);
}

static struct error *snapshot_create(struct request *r)
{
    struct field name = { .name = "name", .kind = FIELD_LABEL, .is_required = true };
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    struct error *e = form_read(r, &name, 1);
    struct vm_problem problem = { .form = FORM_SNAPSHOT,
                                  .typed = name.text,
                                  .message = name.problem };

    if (e)
        return e;
    if (name.problem)
        return vm_tab_again(r, VM_TAB_SNAPSHOTS, problem);
    e = vm_command_snapshot(&context, &actor, r->parameters[0], name.text);
    return vm_tab_end(r, e, VM_TAB_SNAPSHOTS, problem);
}

/* ---- destroying it: a page of its own asks, and the typed name is the confirmation ---- */

/* One that is being destroyed already has its page, one that is gone its receipt. */
static struct error *destroy_show(struct request *r)
{
    struct vm_get_row vm;
    struct error *e = vm_tab_vm(r, &vm);

    if (e)
        return e;
    if (vm_transition_find(vm.state, VM_REQUEST_DESTROY))
        return vm_confirm_destroy(r, &vm, "", NULL);
    vm_tab_redirect(r, vm.id, VM_TAB_OVERVIEW);
    return NULL;
}

static struct error *vm_destroy(struct request *r)
{
    struct field name = { .name = "name", .kind = FIELD_LINE };
    struct vm_get_row vm;
    struct error *e = form_read(r, &name, 1);

    if (!e)
        e = vm_tab_vm(r, &vm);
    if (e)
        return e;
    if (strcmp(name.text, vm.name) == 0 || !vm_transition_find(vm.state, VM_REQUEST_DESTROY))
        return command_post(r, VM_REQUEST_DESTROY, VM_TAB_OVERVIEW, NULL);
    form_refuse(r);
    return vm_confirm_destroy(
        r, &vm, name.text,
        arena_printf(r->arena, "Type %s to destroy it. Nothing was destroyed.", vm.name));
}

/* ---- program ---- */

static const struct route routes[] = {
    { "GET", "/vms/:id", ACCESS_VIEWER, overview_show },
    { "GET", "/vms/:id/snapshots", ACCESS_VIEWER, snapshots_show },
    { "GET", "/vms/:id/activity", ACCESS_VIEWER, activity_show },
    { "GET", "/vms/:id/console", ACCESS_MEMBER, vm_console_show },
    { "GET", "/vms/:id/settings", ACCESS_VIEWER, settings_show },
    { "GET", "/vms/:id/receipt.zip", ACCESS_VIEWER, receipt_show },
    { "POST", "/vms/:id/start", ACCESS_MEMBER, vm_start },
    { "POST", "/vms/:id/stop", ACCESS_MEMBER, vm_stop },
    { "POST", "/vms/:id/restart", ACCESS_MEMBER, vm_restart },
    { "POST", "/vms/:id/resume", ACCESS_MEMBER, vm_resume },
    { "POST", "/vms/:id/retry", ACCESS_MEMBER, vm_retry },
    { "POST", "/vms/:id/rename", ACCESS_MEMBER, vm_rename },
    { "POST", "/vms/:id/internet", ACCESS_MEMBER, vm_internet },
    { "POST", "/vms/:id/agent", ACCESS_MEMBER, vm_agent },
    { "POST", "/vms/:id/keys", ACCESS_MEMBER, vm_key_add },
    { "POST", "/vms/:id/keys/remove", ACCESS_MEMBER, vm_key_remove },
    { "POST", "/vms/:id/resize", ACCESS_MEMBER, vm_resize },
    { "POST", "/vms/:id/life", ACCESS_MEMBER, vm_life },
    { "POST", "/vms/:id/keep", ACCESS_MEMBER, vm_keep },
    { "POST", "/vms/:id/labels", ACCESS_MEMBER, vm_labels },
    { "POST", "/vms/:id/schedule", ACCESS_MEMBER, vm_schedule },
    { "GET", "/vms/:id/destroy", ACCESS_MEMBER, destroy_show },
    { "POST", "/vms/:id/destroy", ACCESS_MEMBER, vm_destroy },
    { "POST", "/vms/:id/snapshots", ACCESS_MEMBER, snapshot_create },
    { "GET", "/vms/:id/snapshots/:snapshot/restore", ACCESS_MEMBER, restore_show },
    { "POST", "/vms/:id/snapshots/:snapshot/restore", ACCESS_MEMBER, snapshot_restore },
    { "GET", "/vms/:id/snapshots/delete", ACCESS_MEMBER, delete_show },
    { "POST", "/vms/:id/snapshots/delete", ACCESS_MEMBER, snapshots_delete },
    { "GET", "/vms/:id/snapshots/:snapshot/clone", ACCESS_MEMBER, vm_clone_show },
    { "POST", "/vms/:id/snapshots/:snapshot/clone", ACCESS_MEMBER, vm_clone_post },
};

/* What cannot be opened in the sandbox. */
static struct error *vm_open(struct arena *arena, const struct config *config)
{
    struct error *e = worker_wakeup_connect(arena, config);

    time_zones_load();
    return e ? e : worker_console_connect(arena, config);
}

int main(int argc, char **argv)
{
    static const struct program program = {
        .name = "vm",
        .routes = routes,
        .route_count = COUNT(routes),
        .db_mode = DB_READ_WRITE,
        .start = vm_open,
    };

    return serve(argc, argv, &program);
}
