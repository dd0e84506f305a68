/*
 * The reconciler; see reconcile.h. It reads the database, then the host, then the database again:
 * only a VM without jobs in between is judged, so that stale data from the host never undoes what a
 * job has just done. Removal of what is left is in orphan.c.
 */
#include "worker/reconcile.h"

#include "adapter/crypto.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/limit.h"
#include "base/log.h"
#include "base/text.h"
#include "main_constants.sql.h"
#include "model/audit.h"
#include "model/ledger.h"
#include "model/vm_command.h"
#include "model/vm_job.h"
#include "model/vm_life.h"
#include "model/vm_request.h"
#include "model/vm_state.h"
#include "worker/orphan.h"
#include "worker/power.h"

#include "job.sql.h"
#include "region_status.sql.h"
#include "vm.sql.h"

#include <string.h>

/* A job that does not yield to a destroy for this long hangs in a call to the host. */
enum { HUNG_S = 10 };

/* ---- one VM ---- */

static const struct vm_alive_row *row_find(const struct vm_alive_rows *rows, const char *id)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (strcmp(rows->row[i].id, id) == 0)
            return &rows->row[i];
    }
    return NULL;
}

static const struct driver_item *domain_find(const struct driver_inventory *inventory,
                                             const char *id)
{
    static const struct driver_item absent = { .power = DRIVER_ABSENT };

    for (size_t i = 0; i < inventory->count; i++) {
        if (strcmp(inventory->row[i].kind, "domain") == 0 &&
            strcmp(inventory->row[i].vm_id, id) == 0)
            return &inventory->row[i];
    }
    return &absent;
}

static bool id_is_in(const char *id, const char *const *ids, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(ids[i], id) == 0)
            return true;
    }
    return false;
}

static struct error *vm_note(struct reconcile_pass *pass, const struct vm_alive_row *vm,
                             const char *what, const char *detail)
{
    const struct context now = worker_context_now(pass->context, pass->arena);

    return audit_add(&now, &(struct audit_entry){
                               .team_id = vm->team_id,
                               .action = AUDIT_VM_REPORT,
                               .vm_id = vm->id,
                               .what = what,
                               .detail = detail,
                           });
}

/*
 * In a working state but without a job: the job is requested again. A kill cannot cause this (jobs
 * are recovered at the start), so it is logged as a bug.
 */
static struct error *vm_requeue(struct reconcile_pass *pass, const struct vm_alive_row *vm)
{
    const char *kind = NULL, *snapshot_id = NULL;
    struct job_last_row last;
    const struct context now = worker_context_now(pass->context, pass->arena);
    struct error *e = sql_job_last(pass->context->db, pass->arena, vm->team_id, vm->id, &last);

    if (e && e->kind != ERROR_NOT_FOUND)
        return e;
    if (!e && strcmp(vm_job_find(last.kind)->state, vm->state) == 0) {
        kind = last.kind;
        snapshot_id = last.snapshot_id;
    }
    if (!kind && vm_job_for_state(vm->state))
        kind = vm_job_for_state(vm->state)->kind;
    log_error("reconcile_stuck", log_text("vm", vm->id), log_text("state", vm->state),
              log_text("job", kind ? kind : "none"));
    if (!kind)
        return vm_transition_apply(&now, vm->team_id, vm->id, vm->state, VM_FAILED, NULL);
    return sql_job_create(pass->context->db, pass->arena, vm->team_id, crypto_id(pass->arena),
                          vm->id, kind, NULL, snapshot_id, now.now_ms);
}

/* The activity's text for a change that was not requested. */
static const struct {
    enum vm_trigger event;
    const char *what, *detail;
} surprises[] = {
    { VM_REPORTED_STOPPED, "Found stopped", "Shut down from inside the VM" },
    { VM_REPORTED_RUNNING, "Found running", "Started on the host" },
    { VM_REPORTED_PAUSED, "Paused", "Reported by the VM host" },
    { VM_REPORTED_ABSENT, "Failed", "The VM host no longer has it." },
    { VM_REPORTED_SSH, "Found running", "SSH responds now" },
};

/* It ended without anybody in it having shut it down, and is not started again. */
static struct error *vm_note_end(struct reconcile_pass *pass, const struct vm_alive_row *vm)
{
    return vm_note(pass, vm, "Stopped unexpectedly", "Its process on the VM host ended.");
}

static struct error *vm_surprise(struct reconcile_pass *pass, const struct vm_alive_row *vm,
                                 enum vm_trigger event, enum driver_cause cause)
{
    const struct context now = worker_context_now(pass->context, pass->arena);
    const struct actor system = actor_system(vm->team_id, NULL);
    struct error *e = vm_transition_apply(&now, vm->team_id, vm->id, vm->state, event, NULL);

    for (size_t i = 0; !e && i < COUNT(surprises); i++) {
        if (surprises[i].event != event)
            continue;
        e = event == VM_REPORTED_STOPPED && cause == DRIVER_CAUSE_HOST
                ? vm_note_end(pass, vm)
                : vm_note(pass, vm, surprises[i].what, surprises[i].detail);
    }
    if (!e && event == VM_REPORTED_ABSENT)
        e = sql_vm_set_error(pass->context->db, pass->arena, vm->id,
                             "The VM host no longer has this VM.");
    if (!e && event == VM_REPORTED_SSH)
        e = sql_vm_set_error(pass->context->db, pass->arena, vm->id, NULL);
    if (!e && event == VM_REPORTED_STOPPED && cause != DRIVER_CAUSE_HOST)
        e = vm_life_ended(&now, vm->team_id, vm->id, vm->life, VM_STATE_STOPPED);
    return e ? e : vm_request_next_deletion(&now, &system, vm->id);
}

/* The system asks for what a person could ask for; what is refused to a person is refused to it. */
static struct error *vm_restart(struct reconcile_pass *pass, const struct vm_alive_row *vm,
                                const char *reason, enum vm_trigger trigger)
{
    const struct context now = worker_context_now(pass->context, pass->arena);
    const struct actor system = actor_system(vm->team_id, reason);
    struct error *refusal = vm_command_start_check(&now, &system);

    if (!refusal)
        return vm_request(&now, &system, vm->id, vm->state, trigger, NULL);
    if (!refusal->message)
        return refusal;
    if (trigger == VM_REQUEST_RESUME)
        return NULL; /* it stays paused */
    return vm_surprise(pass, vm, VM_REPORTED_STOPPED, DRIVER_CAUSE_HOST);
}

/*
 * Whether a report changes anything. That a stopped VM is off is news only if it is wanted to run:
 * it went off during a job, such as a snapshot, which left it as it was.
 */
static bool is_news(const struct vm_alive_row *vm, enum vm_trigger report)
{
    bool is_off = report == VM_REPORTED_LOST || report == VM_REPORTED_STOPPED;

    if (is_off && strcmp(vm->state, VM_STATE_STOPPED) == 0 &&
        strcmp(vm->wanted, VM_WANTED_RUNNING) != 0)
        return false;
    return vm_transition_find(vm->state, report) != NULL;
}

/* A host that went down takes its guests with it; nobody asked for that. */
static bool is_lost(const struct reconcile_pass *pass, const struct vm_alive_row *vm,
                    const struct driver_item *domain)
{
    return domain->power == DRIVER_STOPPED && domain->cause == DRIVER_CAUSE_HOST &&
           strcmp(pass->region->autostart, "on") == 0 && is_news(vm, VM_REPORTED_LOST);
}

/* A VM that has been lost soon after its start would end again and again. */
static bool is_long_in_state(const struct vm_alive_row *vm)
{
    return vm->state_at + LIMIT_AUTOSTART_AFTER_S <= clock_now();
}

static bool is_to_be_resumed(const struct reconcile_pass *pass, const struct vm_alive_row *vm,
                             const struct driver_item *domain)
{
    return domain->power == DRIVER_PAUSED && domain->cause == DRIVER_CAUSE_IO && pass->has_room &&
           vm_transition_find(vm->state, VM_REQUEST_RESUME);
}

static struct error *vm_compare(struct reconcile_pass *pass, const struct vm_alive_row *vm)
{
    const struct driver_item *domain = domain_find(&pass->inventory, vm->id);
    enum vm_trigger event = power_event(domain->power);
    struct error *e = sql_vm_set_observed(pass->context->db, pass->arena, vm->id,
                                          power_word(domain->power), clock_now());

    if (e)
        return e;
    if (vm_job_is_state(vm->state))
        return vm_requeue(pass, vm);
    if (is_lost(pass, vm, domain) && is_long_in_state(vm))
        return vm_restart(pass, vm, "Restarted after a host outage", VM_REPORTED_LOST);
    if (is_lost(pass, vm, domain) && strcmp(vm->state, VM_STATE_STOPPED) == 0)
        return NULL; /* lost during a job that ended a moment ago: it is started later */
    if (is_to_be_resumed(pass, vm, domain))
        return vm_restart(pass, vm, "Resumed once the host had free disk space", VM_REQUEST_RESUME);
    if (id_is_in(vm->id, pass->reached, pass->reached_count))
        event = VM_REPORTED_SSH;
    return is_news(vm, event) ? vm_surprise(pass, vm, event, domain->cause) : NULL;
}

/* No job has worked on it since before the host was queried. */
static bool is_at_rest(const struct vm_alive_row *before, const struct vm_alive_row *now)
{
    return before && !before->open_jobs && !now->open_jobs &&
           before->last_job_number == now->last_job_number;
}

/*
 * A call about a hung guest may never return, and neither does its job. Powering the guest off
 * makes it return: done when a destroy has waited for HUNG_S, or a stop for twice LIMIT_STOP_S.
 */
static bool is_to_be_forced(const struct vm_alive_row *before, const struct vm_alive_row *now)
{
    if (!before)
        return false;
    if (strcmp(now->wanted, VM_WANTED_GONE) == 0)
        return before->open_jobs > 1 && now->open_jobs > 1 && now->state_at + HUNG_S < clock_now();
    return now->open_jobs > 0 && strcmp(now->state, VM_STATE_STOPPING) == 0 &&
           now->state_at + 2 * LIMIT_STOP_S < clock_now();
}

/* ---- one region ---- */

static struct error *status_put(struct reconcile_pass *pass, const char *accelerator,
                                const char *text)
{
    return sql_region_status_put(pass->context->db, pass->arena, pass->region->name, accelerator,
                                 text, clock_now());
}

static struct error *capacity_put(struct reconcile_pass *pass)
{
    const struct driver_capacity *capacity = &pass->capacity;

    return sql_region_status_capacity(pass->context->db, pass->arena, pass->region->name,
                                      capacity->vcpus, capacity->memory_mb,
                                      capacity->disk_bytes / BYTES_PER_GB,
                                      capacity->free_bytes / BYTES_PER_GB, pass->has_internet);
}

/* For the operator: who begins more connections than VMs may. */
static struct error *limited_put(struct reconcile_pass *pass)
{
    struct db *db = pass->context->db;
    struct error *e = sql_vm_clear_limited(db, pass->arena, clock_now() - AN_HOUR_S);

    for (size_t i = 0; !e && i < pass->limited_count; i++)
        e = sql_vm_set_limited(db, pass->arena, pass->limited[i], clock_now());
    return e;
}

/* In a transaction. */
static struct error *pass_record(struct reconcile_pass *pass)
{
    struct db *db = pass->context->db;
    struct vm_alive_rows now;
    struct error *e = sql_vm_alive(db, pass->arena, pass->region->name, &now);

    pass->forced = arena_array(pass->arena, e ? 1 : now.count + 1, sizeof *pass->forced);
    for (size_t i = 0; !e && i < now.count; i++) {
        const struct vm_alive_row *before = row_find(&pass->before, now.row[i].id);

        if (is_at_rest(before, &now.row[i]))
            e = vm_compare(pass, &now.row[i]);
        else if (is_to_be_forced(before, &now.row[i]))
            pass->forced[pass->forced_count++] = now.row[i].id;
        /* Those with a job as well: the host is reachable. */
        if (!e)
            e = ledger_note(db, pass->arena, now.row[i].id, clock_now());
    }
    if (!e)
        e = orphan_sort(pass);
    if (!e)
        e = status_put(pass, driver_accelerator(pass->driver), NULL);
    if (!e)
        e = limited_put(pass);
    return e ? e : capacity_put(pass);
}

/*
 * A guest can become ready after the job that waited for it has given up: its SSH is tried in each
 * pass. The private host key in its seed is removed then.
 */
static void late_guest_probe(struct reconcile_pass *pass, const struct vm_alive_row *vm)
{
    const struct driver_vm wanted = { .id = vm->id, .ssh = { vm->ssh_host, vm->ssh_port } };
    const char *key = NULL;
    struct error *e = driver_ssh_host_key(pass->driver, pass->arena, &wanted,
                                          pass->context->timeouts->ssh_try_ms, &key, NULL);

    if (!e && key && vm->host_key_public && strcmp(key, vm->host_key_public) == 0) {
        e = driver_create_abandon(pass->driver, pass->arena, vm->id);
        if (!e)
            pass->reached[pass->reached_count++] = vm->id;
    }
    if (e)
        log_error("reconcile_probe", log_text("vm", vm->id), log_text("error", e->text));
}

static struct error *host_read(struct reconcile_pass *pass)
{
    struct error *e =
        worker_context_driver(pass->context, pass->arena, pass->region->name, &pass->driver);

    if (!e)
        e = driver_inventory(pass->driver, pass->arena, &pass->inventory);
    if (!e)
        e = driver_capacity(pass->driver, pass->arena, &pass->capacity);
    if (e)
        return e;
    pass->has_internet = driver_internet(pass->driver, pass->arena) == NULL;
    pass->has_room = pass->capacity.free_bytes / (1024 * 1024) >= LIMIT_ROOM_MB;
    pass->reached = arena_array(pass->arena, pass->before.count + 1, sizeof *pass->reached);
    pass->limited = arena_array(pass->arena, pass->before.count + 1, sizeof *pass->limited);
    for (size_t i = 0; i < pass->before.count; i++) {
        const struct vm_alive_row *vm = &pass->before.row[i];

        if (driver_is_limited(pass->driver, pass->arena,
                              &(struct driver_vm){ .id = vm->id, .ssh.port = vm->ssh_port }))
            pass->limited[pass->limited_count++] = vm->id;
        if (vm_transition_find(vm->state, VM_REPORTED_SSH) && !vm->open_jobs &&
            domain_find(&pass->inventory, vm->id)->power == DRIVER_RUNNING)
            late_guest_probe(pass, vm);
    }
    return NULL;
}

/* The host did not respond; logged once, and shown on the pages for as long as it lasts. */
static struct error *pass_failed(struct reconcile_pass *pass, const char *text)
{
    struct region_status_get_row last = { .accelerator = pass->region->accelerator };
    struct error *e =
        sql_region_status_get(pass->context->db, pass->arena, pass->region->name, &last);

    if (e && e->kind != ERROR_NOT_FOUND)
        return e;
    if (!last.error)
        log_error("region", log_text("region", pass->region->name), log_text("error", text));
    return status_put(pass, last.accelerator, text);
}

struct error *reconcile_region(struct worker_context *context, const struct config_region *region)
{
    struct reconcile_pass pass = { .context = context, .arena = context->arena, .region = region };
    struct error *e, *unreachable;

    arena_reset(context->arena);
    e = sql_vm_alive(context->db, pass.arena, region->name, &pass.before);
    if (e)
        return e;
    e = sql_pool_vm_ids(context->db, pass.arena, &pass.pool);
    if (e)
        return e;
    unreachable = host_read(&pass);
    if (unreachable)
        return pass_failed(&pass, unreachable->text);
    e = db_begin(context->db, pass.arena);
    if (!e)
        e = pass_record(&pass);
    if (!e)
        e = db_commit(context->db, pass.arena);
    db_rollback(context->db);
    for (size_t i = 0; !e && i < pass.forced_count; i++) {
        struct error *failure = driver_stop_force(pass.driver, pass.arena, pass.forced[i]);

        log_error("reconcile_force", log_text("vm", pass.forced[i]),
                  log_text("error", failure ? failure->text : "a job hung: switched off"));
    }
    return e ? e : orphan_remove(&pass);
}
