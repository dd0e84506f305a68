/*
 * The work of each kind of job; see job_steps.h. Responsible for the order of calls to the host and
 * for waiting on guests; not for leases, retries and states (job.c), nor for how a host executes
 * them (driver.h).
 */
#include "worker/job_steps.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/limit.h"
#include "model/ledger.h"
#include "model/vm_job.h"
#include "model/vm_size.h"
#include "worker/job_create.h"
#include "worker/job_destroy.h"
#include "worker/job_setup.h"

#include "snapshot.sql.h"
#include "vm_agent.sql.h"
#include "vm_key.sql.h"

#include <string.h>

/* ---- waiting for SSH ---- */

static struct error *room_await(struct job *job)
{
    struct arena *scratch = job->context->scratch;
    int64_t room_bytes;
    struct error *e = driver_room(job->driver, scratch, &room_bytes);

    if (e || room_bytes / (1024 * 1024) < LIMIT_ROOM_MB)
        return e;
    return driver_unpause(job->driver, scratch, job->vm.id);
}

/*
 * Has the guest responded with its host key? CONFLICT: with another key, or it is powered off.
 * UPSTREAM: its host went down, which is no doing of the guest; it is booted again.
 */
static struct error *ssh_check(struct job *job, int64_t *try_ms, bool *out)
{
    struct arena *scratch = job->context->scratch;
    const struct timeouts *timeouts = job->context->timeouts;
    enum driver_power power;
    enum driver_cause cause;
    const char *key;
    int64_t began_us;
    struct error *e = driver_state(job->driver, scratch, job->vm.id, &power, &cause);

    *out = false;
    if (!e && power == DRIVER_STOPPED && cause == DRIVER_CAUSE_HOST)
        e = error_refuse(scratch, ERROR_UPSTREAM, "host_down", NULL,
                         "its server went down while the guest was booting");
    else if (!e && (power == DRIVER_STOPPED || power == DRIVER_ABSENT))
        e = error_refuse(scratch, ERROR_CONFLICT, "guest_off", NULL,
                         "the guest shut down while booting");
    job->is_out_of_room = !e && power == DRIVER_PAUSED && cause == DRIVER_CAUSE_IO;
    if (job->is_out_of_room)
        return room_await(job);
    began_us = clock_monotonic_us();
    if (!e)
        e = driver_ssh_host_key(job->driver, scratch, &job->wanted, *try_ms, &key, NULL);
    /* Refused: its network is up, and once its server listens, each further attempt slows it down.
     */
    *try_ms = clock_monotonic_us() - began_us < *try_ms * 1000 ? timeouts->ssh_up_try_ms
                                                               : timeouts->ssh_try_ms;
    if (e || !key)
        return e;
    *out = job->vm.host_key_public && strcmp(key, job->vm.host_key_public) == 0;
    if (*out)
        return NULL;
    return error_refuse(scratch, ERROR_CONFLICT, "host_key_mismatch", NULL,
                        "the SSH server on port %lld has a different host key than the one created "
                        "for this VM: do not log in to it",
                        (long long)job->wanted.ssh.port);
}

/* How long a guest may take to boot: an image that is known to be slow gets more. */
static int64_t boot_limit_ms(struct job *job)
{
    const struct timeouts *timeouts = job->context->timeouts;
    bool is_kvm = strcmp(driver_accelerator(job->driver), "kvm") == 0;
    int64_t limit_ms = is_kvm ? timeouts->boot_kvm_ms : timeouts->boot_tcg_ms;
    struct job_longest_boot_row longest;

    if (sql_job_longest_boot(job->context->db, job->context->scratch, job->vm.region, job->vm.image,
                             &longest) ||
        longest.longest_ms * LIMIT_BOOT_FACTOR < limit_ms)
        return limit_ms;
    return longest.longest_ms * LIMIT_BOOT_FACTOR;
}

static struct error *boot_timeout(struct job *job, int64_t max_ms)
{
    if (job->is_out_of_room)
        return error_refuse(job->arena, ERROR_CONFLICT, "host_full", NULL,
                            "the VM host has too little free space: the guest was paused while it "
                            "was booting. Free some space, then retry");
    return error_refuse(job->arena, ERROR_CONFLICT, "ssh_timeout", NULL,
                        "SSH did not respond within %lld s", (long long)(max_ms / 1000));
}

struct error *job_ssh_act(struct job *job)
{
    const struct timeouts *timeouts = job->context->timeouts;
    int64_t max_ms = boot_limit_ms(job), try_ms = timeouts->ssh_try_ms;
    int64_t until_us = clock_monotonic_us() + max_ms * 1000;
    struct error *e = NULL;
    bool is_ready = !driver_has_guests(job->driver);

    job->is_ssh_awaited = true;
    while (!e && !is_ready) {
        e = ssh_check(job, &try_ms, &is_ready);
        if (!e && !is_ready)
            e = job_still_wanted(job);
        if (!e && !is_ready && clock_monotonic_us() > until_us)
            e = boot_timeout(job, max_ms);
        if (e)
            return error_copy(job->arena, e);
        if (!is_ready)
            context_sleep(job->context, timeouts->poll_ms);
    }
    job->is_ssh_awaited = false;
    return NULL;
}

/* After a start: what was in its seed is its guest's. */
static struct error *started_ssh_act(struct job *job)
{
    struct error *e = job_ssh_act(job);

    return e ? e : job_setup_end(job);
}

/* ---- a VM's life ---- */

static struct error *stop_wait(struct job *job, bool *is_off)
{
    const struct timeouts *timeouts = job->context->timeouts;
    int64_t until_us = clock_monotonic_us() + timeouts->stop_ms * 1000;
    enum driver_power power = DRIVER_RUNNING;
    struct error *e = driver_shutdown(job->driver, job->arena, job->vm.id);

    *is_off = false;
    while (!e && !*is_off && clock_monotonic_us() < until_us) {
        e = driver_power(job->driver, job->context->scratch, job->vm.id, &power);
        *is_off = !e && (power == DRIVER_STOPPED || power == DRIVER_ABSENT);
        if (!e && !*is_off)
            e = job_still_wanted(job);
        if (e)
            return error_copy(job->arena, e);
        if (!*is_off)
            context_sleep(job->context, timeouts->poll_ms);
    }
    return e;
}

static struct error *stop_act(struct job *job)
{
    enum driver_power power;
    bool is_off = false;
    struct error *e = driver_power(job->driver, job->arena, job->vm.id, &power);

    if (e || power == DRIVER_STOPPED || power == DRIVER_ABSENT)
        return e;
    /* A guest that is unresponsive or paused does not react to a power button either. */
    if (!job->vm.unresponsive_at && power == DRIVER_RUNNING)
        e = stop_wait(job, &is_off);
    if (job->is_dropped || is_off)
        return e;
    job->detail = "did not respond to the power button and was switched off";
    return driver_stop_force(job->driver, job->arena, job->vm.id);
}

static struct error *unpause_act(struct job *job)
{
    return driver_unpause(job->driver, job->arena, job->vm.id);
}

static struct error *grow_act(struct job *job)
{
    return driver_disk_grow(job->driver, job->arena, &job->wanted);
}

/* ---- snapshots ---- */

struct error *job_room_check(struct job *job, int64_t more_mb)
{
    int64_t needed_mb = LIMIT_ROOM_MB + more_mb, room_bytes = 0;
    struct error *e = driver_room(job->driver, job->arena, &room_bytes);

    if (e || room_bytes / (1024 * 1024) >= needed_mb)
        return e;
    return error_refuse(job->arena, ERROR_CONFLICT, "host_full", NULL,
                        "the VM host has too little free space: %lld MB are needed. Delete "
                        "snapshots or ask your admin",
                        (long long)needed_mb);
}

static struct error *snapshot_act(struct job *job)
{
    enum driver_power power;
    struct error *e = driver_power(job->driver, job->arena, job->vm.id, &power);

    /* One that runs out of space pauses the guest, so the host must have room for it first. */
    if (!e)
        e = job_room_check(job, power == DRIVER_RUNNING ? job->vm.memory_mb : 0);
    if (e)
        return e;
    return driver_snapshot_create(job->driver, job->arena, job->vm.id, job->row.snapshot_id,
                                  &job->snapshot);
}

static struct error *snapshot_record(struct job *job)
{
    struct db *db = job->context->db;
    struct error *e = sql_snapshot_set_ready(db, job->arena, job->row.team_id, job->row.snapshot_id,
                                             job->snapshot.has_memory, job->snapshot.size_bytes);

    return e ? e : ledger_note(db, job->arena, job->vm.id, clock_now());
}

static struct error *snapshot_delete_act(struct job *job)
{
    return driver_snapshot_delete(job->driver, job->arena, job->vm.id, job->row.snapshot_id,
                                  &job->response);
}

static struct error *snapshot_delete_record(struct job *job)
{
    struct db *db = job->context->db;
    struct error *e = sql_snapshot_delete(db, job->arena, job->row.team_id, job->row.snapshot_id);

    /* Nothing brings back what was removed after it. */
    if (!e)
        e = sql_vm_key_delete_taken(db, job->arena, job->vm.id);
    return e ? e : ledger_note(db, job->arena, job->vm.id, clock_now());
}

static struct error *restore_act(struct job *job)
{
    struct error *e =
        driver_snapshot_restore(job->driver, job->arena, job->vm.id, job->row.snapshot_id);

    job->has_agent = false;
    if (e)
        return e;
    e = driver_has_agent(job->driver, job->arena, job->vm.id, &job->has_agent);
    return e && e->kind == ERROR_CONFLICT ? NULL : e; /* it is stopped, as it was */
}

/*
 * A snapshot with memory brings its number of CPUs and its memory back, which cost what they cost,
 * and the way to the guest agent or its absence, until the next start.
 */
static struct error *restore_record(struct job *job)
{
    const struct context now = worker_context_now(job->context, job->arena);
    struct error *e = vm_size_restore(&now, job->row.team_id, job->vm.id, job->row.snapshot_id);

    if (!e)
        e = sql_vm_setup_restore(now.db, job->arena, job->row.team_id, job->vm.id,
                                 job->row.snapshot_id);
    if (!e)
        e = sql_vm_agent_started(now.db, job->arena, job->vm.id, job->has_agent);
    return e ? e : ledger_note(now.db, job->arena, job->vm.id, now.now_at);
}

/* A snapshot of a running VM leaves it running; one of a stopped VM leaves it stopped. */
static struct error *restored_ssh_act(struct job *job)
{
    enum driver_power power;
    struct error *e = driver_power(job->driver, job->arena, job->vm.id, &power);

    if (e || power == DRIVER_STOPPED)
        return e;
    return job_ssh_act(job);
}

/* ---- the table ---- */

static const struct step start_steps[] = {
    { "Boot", job_boot_act, job_endpoint_record, true },
    { "SSH ready", started_ssh_act, job_setup_taken, false },
};
static const struct step stop_steps[] = {
    { "Stop", stop_act, NULL, true },
};
static const struct step restart_steps[] = {
    { "Stop", stop_act, NULL, false },
    { "Boot", job_boot_act, job_endpoint_record, true },
    { "SSH ready", started_ssh_act, job_setup_taken, false },
};
static const struct step resume_steps[] = {
    { "Resume", unpause_act, NULL, true },
    { "SSH ready", job_ssh_act, NULL, false },
};
static const struct step resize_steps[] = {
    { "Disk", grow_act, NULL, false },
    { "Size", job_resize_act, job_endpoint_record, true },
};
static const struct step snapshot_steps[] = {
    { "Snapshot", snapshot_act, snapshot_record, false },
};
static const struct step snapshot_delete_steps[] = {
    { "Deletion", snapshot_delete_act, snapshot_delete_record, false },
};
static const struct step restore_steps[] = {
    { "Restore", restore_act, restore_record, false },
    { "SSH ready", restored_ssh_act, NULL, false },
};

#define PLAN(kind_, steps_)                                                                        \
    {                                                                                              \
        kind_, steps_, COUNT(steps_)                                                               \
    }

static const struct workflow plans[] = {
    PLAN(VM_JOB_START, start_steps),       PLAN(VM_JOB_STOP, stop_steps),
    PLAN(VM_JOB_RESTART, restart_steps),   PLAN(VM_JOB_RESIZE, resize_steps),
    PLAN(VM_JOB_SNAPSHOT, snapshot_steps), PLAN(VM_JOB_SNAPSHOT_DELETE, snapshot_delete_steps),
    PLAN(VM_JOB_RESTORE, restore_steps),   PLAN(VM_JOB_RESUME, resume_steps),
};

/* Of the kinds whose steps the driver lists. */
static const struct {
    const char *kind;
    const struct step *(*steps)(struct job *job, size_t *count);
} drivers_plans[] = {
    { VM_JOB_CREATE, job_create_steps },
    { VM_JOB_DESTROY, job_destroy_steps },
};

const struct workflow *plan_make(struct job *job)
{
    struct workflow *own = arena_alloc(job->arena, sizeof *own);

    own->kind = job->row.kind;
    for (size_t i = 0; i < COUNT(drivers_plans); i++) {
        if (strcmp(drivers_plans[i].kind, own->kind) != 0)
            continue;
        if (job->ops)
            own->steps = drivers_plans[i].steps(job, &own->count);
        return own;
    }
    for (size_t i = 0; i < COUNT(plans); i++) {
        if (strcmp(plans[i].kind, own->kind) == 0)
            return &plans[i];
    }
    return NULL;
}
