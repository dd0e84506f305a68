/*
 * What is done for each kind of job; see job_steps.h. Responsible for the order of calls to the
 * host and for waiting on guests; not for leases, retries and states (job.c), nor for how a host
 * does it (driver.h).
 */
#include "worker/job_steps.h"

#include "adapter/crypto.h"
#include "base/array.h"
#include "base/clock.h"
#include "model/ledger.h"
#include "model/vm_job.h"
#include "worker/job_destroy.h"
#include "worker/ssh_port.h"

#include "snapshot.sql.h"
#include "vm_key.sql.h"

#include <string.h>

enum { PORT_TRIES = 5 };

/* ---- creating ---- */

static struct error *image_check(struct job *job)
{
    if (job->wanted.image_dir)
        return NULL;
    return error_new(job->arena, ERROR_INPUT, "domicile.conf has no image \"%s\" any more",
                     job->vm.image);
}

static struct error *disk_act(struct job *job)
{
    struct error *e = image_check(job);

    if (e)
        return e;
    if (!job->vm.source_snapshot_id)
        return driver_disk_create(job->driver, job->arena, &job->wanted);
    return driver_disk_clone(job->driver, job->arena, &job->wanted, job->vm.source_vm_id,
                             job->vm.source_snapshot_id);
}

static struct error *seed_write(struct job *job, const struct vm_key_list_rows *keys)
{
    const struct config_image *image = config_image_find(job->context->config, job->vm.image);
    const char **lines = arena_array(job->arena, keys->count + 1, sizeof *lines);
    struct driver_seed seed = {
        /* A new one with each host key: the guest then sets itself up anew and takes that key. */
        .instance_id = arena_printf(job->arena, "%s-%s", job->vm.id, crypto_id(job->arena)),
        .host_name = job->vm.name,
        .user_name = image->user,
        .ssh_keys = lines,
        .ssh_key_count = keys->count,
        .host_key_private = job->host_key.private_pem,
        .host_key_public = job->host_key.public_line,
    };

    for (size_t i = 0; i < keys->count; i++)
        lines[i] = keys->row[i].public_line;
    return driver_seed_write(job->driver, job->arena, &job->wanted, &seed);
}

static struct error *seed_act(struct job *job)
{
    struct vm_key_list_rows keys;
    struct error *e = image_check(job);

    if (!e)
        e = sql_vm_key_list(job->context->db, job->arena, job->row.team_id, job->vm.id, &keys);
    /* A guest that runs already (this is a retry) has read the seed before this one. */
    if (!e)
        e = driver_stop_force(job->driver, job->arena, job->vm.id);
    if (e)
        return e;
    e = ssh_key_pair_new(job->arena, &job->host_key);
    return e ? e : seed_write(job, &keys);
}

static struct error *seed_record(struct job *job)
{
    job->vm.host_key_public = job->host_key.public_line;
    return sql_vm_set_host_key(job->context->db, job->arena, job->vm.id, job->host_key.public_line,
                               job->host_key.fingerprint);
}

/* Keeps the port that the VM has: people have written it down. */
static struct error *network_act(struct job *job)
{
    return job->wanted.ssh_port ? NULL : port_choose(job);
}

static struct error *boot_act(struct job *job)
{
    struct error *e = image_check(job);

    if (!e)
        e = network_act(job);
    for (int i = 0; !e && i < PORT_TRIES; i++) {
        e = driver_define(job->driver, job->arena, &job->wanted);
        if (!e)
            e = driver_boot(job->driver, job->arena, &job->wanted);
        if (!e || e->kind != ERROR_CONFLICT ||
            driver_port_is_free(job->driver, job->wanted.ssh_port))
            return e;
        e = port_choose(job);
    }
    return e ? e : error_new(job->arena, ERROR_UPSTREAM, "every port that was tried is taken");
}

/* ---- waiting for SSH ---- */

/* Has the guest answered as the right one? CONFLICT: with another key, or it is off. */
static struct error *ssh_ask(struct job *job, bool *out)
{
    struct arena *scratch = job->context->scratch;
    enum driver_power power;
    const char *key;
    struct error *e = driver_power(job->driver, scratch, job->vm.id, &power);

    *out = false;
    if (!e && (power == DRIVER_STOPPED || power == DRIVER_ABSENT))
        e = error_new(scratch, ERROR_CONFLICT,
                      "the guest switched itself off while it was booting");
    if (!e)
        e = driver_ssh_host_key(job->driver, scratch, &job->wanted,
                                job->context->timeouts->ssh_try_ms, &key);
    if (e || !key)
        return e;
    *out = job->vm.host_key_public && strcmp(key, job->vm.host_key_public) == 0;
    if (*out)
        return NULL;
    return error_new(scratch, ERROR_CONFLICT,
                     "the SSH server on port %lld answers with another host key than the one made "
                     "for this VM: do not log in to it",
                     (long long)job->wanted.ssh_port);
}

static struct error *ssh_act(struct job *job)
{
    const struct timeouts *timeouts = job->context->timeouts;
    bool is_kvm = strcmp(driver_accelerator(job->driver), "kvm") == 0;
    int64_t max_ms = is_kvm ? timeouts->boot_kvm_ms : timeouts->boot_tcg_ms;
    int64_t until_us = clock_monotonic_us() + max_ms * 1000;
    struct error *e = NULL;
    bool is_ready = !driver_has_guests(job->driver);

    while (!e && !is_ready) {
        e = ssh_ask(job, &is_ready);
        if (!e && !is_ready)
            e = job_still_wanted(job);
        if (!e && !is_ready && clock_monotonic_us() > until_us)
            e = error_new(job->arena, ERROR_CONFLICT, "SSH did not answer within %lld s",
                          (long long)(max_ms / 1000));
        if (e)
            return error_copy(job->arena, e);
        if (!is_ready)
            context_sleep(job->context, timeouts->poll_ms);
    }
    return NULL;
}

static struct error *seed_remove_act(struct job *job)
{
    return driver_seed_remove(job->driver, job->arena, job->vm.id);
}

/* ---- a VM's life ---- */

static struct error *stop_wait(struct job *job, bool *is_off)
{
    const struct timeouts *timeouts = job->context->timeouts;
    int64_t until_us = clock_monotonic_us() + timeouts->stop_ms * 1000;
    enum driver_power power = DRIVER_RUNNING;
    struct error *e = driver_stop_ask(job->driver, job->arena, job->vm.id);

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
    /* A guest that answers nobody does not react to a power button either, nor does a paused one.
     */
    if (!job->vm.unresponsive_at && power == DRIVER_RUNNING)
        e = stop_wait(job, &is_off);
    if (job->is_dropped || is_off)
        return e;
    job->detail = "did not react to the power button, switched off";
    return driver_stop_force(job->driver, job->arena, job->vm.id);
}

static struct error *grow_act(struct job *job)
{
    return driver_disk_grow(job->driver, job->arena, &job->wanted);
}

static struct error *define_act(struct job *job)
{
    struct error *e = image_check(job);

    if (!e)
        e = network_act(job);
    return e ? e : driver_define(job->driver, job->arena, &job->wanted);
}

/* ---- snapshots ---- */

static struct error *snapshot_act(struct job *job)
{
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
    return driver_snapshot_delete(job->driver, job->arena, job->vm.id, job->row.snapshot_id);
}

static struct error *snapshot_delete_record(struct job *job)
{
    struct db *db = job->context->db;
    struct error *e = sql_snapshot_delete(db, job->arena, job->row.team_id, job->row.snapshot_id);

    return e ? e : ledger_note(db, job->arena, job->vm.id, clock_now());
}

static struct error *restore_act(struct job *job)
{
    return driver_snapshot_restore(job->driver, job->arena, job->vm.id, job->row.snapshot_id);
}

/* A snapshot of a running VM goes on running; one of a stopped VM is stopped. */
static struct error *restored_ssh_act(struct job *job)
{
    enum driver_power power;
    struct error *e = driver_power(job->driver, job->arena, job->vm.id, &power);

    if (e || power == DRIVER_STOPPED)
        return e;
    return ssh_act(job);
}

/* ---- the table ---- */

static const struct step create_steps[] = {
    { "Disk", disk_act, NULL, false },       { "Seed", seed_act, seed_record, false },
    { "Network", network_act, NULL, false }, { "Boot", boot_act, NULL, true },
    { "SSH ready", ssh_act, NULL, false },   { "Seed removed", seed_remove_act, NULL, false },
};
static const struct step start_steps[] = {
    { "Boot", boot_act, NULL, true },
    { "SSH ready", ssh_act, NULL, false },
};
static const struct step stop_steps[] = {
    { "Stop", stop_act, NULL, true },
};
static const struct step restart_steps[] = {
    { "Stop", stop_act, NULL, false },
    { "Boot", boot_act, NULL, true },
    { "SSH ready", ssh_act, NULL, false },
};
static const struct step resize_steps[] = {
    { "Disk", grow_act, NULL, false },
    { "Size", define_act, NULL, true },
};
static const struct step snapshot_steps[] = {
    { "Snapshot", snapshot_act, snapshot_record, false },
};
static const struct step snapshot_delete_steps[] = {
    { "Deletion", snapshot_delete_act, snapshot_delete_record, false },
};
static const struct step restore_steps[] = {
    { "Restore", restore_act, NULL, false },
    { "SSH ready", restored_ssh_act, NULL, false },
};

#define PLAN(kind_, steps_)                                                                        \
    {                                                                                              \
        kind_, steps_, COUNT(steps_)                                                               \
    }

static const struct workflow plans[] = {
    PLAN(VM_JOB_CREATE, create_steps),
    PLAN(VM_JOB_START, start_steps),
    PLAN(VM_JOB_STOP, stop_steps),
    PLAN(VM_JOB_RESTART, restart_steps),
    PLAN(VM_JOB_RESIZE, resize_steps),
    PLAN(VM_JOB_SNAPSHOT, snapshot_steps),
    PLAN(VM_JOB_SNAPSHOT_DELETE, snapshot_delete_steps),
    PLAN(VM_JOB_RESTORE, restore_steps),
};

const struct workflow *plan_make(struct job *job)
{
    struct workflow *own = arena_alloc(job->arena, sizeof *own);

    own->kind = job->row.kind;
    if (strcmp(own->kind, VM_JOB_DESTROY) == 0 && job->ops)
        own->steps = job_destroy_steps(job, &own->count);
    if (strcmp(own->kind, VM_JOB_DESTROY) == 0)
        return own;
    for (size_t i = 0; i < COUNT(plans); i++) {
        if (strcmp(plans[i].kind, own->kind) == 0)
            return &plans[i];
    }
    return NULL;
}
