/*
 * The life of the isolation probe's guest; see probe.h. Its row is there before anything is on the
 * host and until all of it is gone, so a worker may be killed anywhere.
 */
#include "worker/probe.h"

#include "adapter/crypto.h"
#include "adapter/ssh.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/limit.h"
#include "base/log.h"
#include "worker/image_version.h"

#include "image.sql.h"
#include "probe.sql.h"
#include "vm.sql.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

/* Its SSH answers after the script: so often without a report, there will be none. */
enum { MOST_ANSWERS = 20 };

enum { END_POLL_MS = 20 };

bool probe_is_ready(const struct context *now)
{
    struct image_get_row stored;
    struct error *e = sql_image_get(now->db, now->arena, IMAGE_OWN, &stored);

    return !e || e->kind != ERROR_NOT_FOUND || !config_image_find(now->config, IMAGE_OWN);
}

/* Held while a guest is under way: the reconciler's threads leave it alone. */
static pthread_mutex_t under_way = PTHREAD_MUTEX_INITIALIZER;

static atomic_bool is_ended;

bool probe_is_ended(void)
{
    return is_ended;
}

void probe_end(void)
{
    int64_t waited_ms = 0;

    is_ended = true;
    for (; waited_ms < LIMIT_PROBE_END_MS && pthread_mutex_trylock(&under_way) != 0;
         waited_ms += END_POLL_MS)
        clock_sleep(END_POLL_MS);
}

struct probe {
    struct worker_context *context;
    const struct context *now;
    const char *region;
    struct driver *driver;
    struct driver_vm vm;
    struct driver_ports ports;
    struct driver_seed seed;
};

/* ---- preparing ---- */

static struct error *refuse(const struct probe *probe, const char *why)
{
    return error_refuse(probe->now->arena, ERROR_CONFLICT, "probe", NULL, "%s", why);
}

/* Committed before the port is used: a VM cannot get it meanwhile. */
static struct error *port_reserve(void *owner, int64_t port, bool *is_ours)
{
    const struct probe *probe = owner;
    const struct driver_vm vm = { .id = PROBE_VM_ID,
                                  .ssh.port = port,
                                  .internet = DRIVER_INTERNET_ON };
    struct db *db = probe->now->db;
    struct vm_port_taken_row taken = { .total = 0 };
    struct error *e = db_begin(db, probe->now->arena);

    if (!e)
        e = sql_vm_port_taken(db, probe->now->arena, probe->region, port, &taken);
    *is_ours = !e && !taken.total;
    if (*is_ours)
        e = sql_probe_set_port(db, probe->now->arena, probe->region, port);
    if (*is_ours && !e)
        e = db_commit(db, probe->now->arena);
    db_rollback(db);
    *is_ours = *is_ours && !e;
    return *is_ours ? driver_internet_set(probe->driver, probe->now->arena, &vm) : e;
}

static struct error *vm_prepare(struct probe *probe)
{
    const struct config_image *image = config_image_find(probe->now->config, IMAGE_OWN);
    struct image_get_row stored = { .version = NULL };
    struct error *e = sql_image_get(probe->now->db, probe->now->arena, IMAGE_OWN, &stored);

    if (e && e->kind != ERROR_NOT_FOUND)
        return e;
    if (!image || !stored.version)
        return refuse(probe,
                      "The image \"" IMAGE_OWN "\", which is booted for this, is not there.");
    probe->vm = (struct driver_vm){
        .id = PROBE_VM_ID,
        .image_dir = image_version_dir(probe->now->arena, probe->now->config, stored.version),
        .vcpus = 1,
        .memory_mb = image->memory_mb,
        .disk_gb = 1,
    };
    return NULL;
}

/* No person has a key to it. */
static struct error *seed_prepare(struct probe *probe, const char *script)
{
    struct arena *arena = probe->now->arena;
    struct ssh_key_pair host_key;
    struct error *e = ssh_key_pair_new(arena, &host_key);

    if (!e)
        probe->seed = (struct driver_seed){
            .instance_id = arena_printf(arena, PROBE_VM_ID "-%s", crypto_id(arena)),
            .host_name = "isolation-probe",
            .user_name = "probe",
            .host_key_private = host_key.private_pem,
            .host_key_public = host_key.public_line,
            .script = script,
        };
    return e;
}

static struct error *room_check(const struct probe *probe)
{
    int64_t room_bytes = 0;
    struct error *e = driver_room(probe->driver, probe->now->arena, &room_bytes);

    if (e || room_bytes / (1024 * 1024) >= LIMIT_ROOM_MB)
        return e;
    return refuse(probe, "A host has too little free space to start a guest.");
}

/* ---- the guest ---- */

/* *out: its report, proven by its host key; NULL: none yet. Counts the answers without one. */
static struct error *report_read(const struct probe *probe, const char **out, int *answers)
{
    struct arena *scratch = probe->context->scratch;
    enum driver_power power;
    const char *key = NULL, *report = NULL;
    struct error *e = driver_power(probe->driver, scratch, PROBE_VM_ID, &power);

    *out = NULL;
    if (!e && power != DRIVER_RUNNING)
        e = error_new(scratch, ERROR_UPSTREAM, "the isolation probe's guest does not run");
    if (!e)
        e = driver_ssh_host_key(probe->driver, scratch, &probe->vm,
                                probe->context->timeouts->ssh_try_ms, &key, &report);
    if (!e && key && strcmp(key, probe->seed.host_key_public) != 0)
        e = error_new(scratch, ERROR_UPSTREAM, "another SSH server answers at port %lld",
                      (long long)probe->vm.ssh.port);
    if (!e && report)
        *out = arena_copy(probe->now->arena, report);
    *answers += !e && key && !report;
    return e ? error_copy(probe->now->arena, e) : NULL;
}

static struct error *report_wait(const struct probe *probe, const char **out)
{
    const struct timeouts *timeouts = probe->context->timeouts;
    bool is_kvm = strcmp(driver_accelerator(probe->driver), "kvm") == 0;
    int64_t max_ms = is_kvm ? timeouts->boot_kvm_ms : timeouts->boot_tcg_ms;
    int64_t until_us = clock_monotonic_us() + max_ms * 1000;
    int answers = 0;
    struct error *e = report_read(probe, out, &answers);

    while (!e && !*out && !is_ended && answers < MOST_ANSWERS && clock_monotonic_us() < until_us) {
        context_sleep(probe->context, timeouts->poll_ms);
        e = report_read(probe, out, &answers);
    }
    if (!e && !*out && answers == MOST_ANSWERS)
        return refuse(probe, "The image \"" IMAGE_OWN "\" is an old one, which runs no script.");
    if (!e && !*out)
        e = refuse(probe, "The guest that was started for this did not answer.");
    return e;
}

/* The driver's own steps, as for every VM. */
static struct error *guest_run(struct probe *probe, const char **report)
{
    const struct driver_steps *steps = &probe->driver->ops->create_steps;
    struct driver_create create = { .vm = &probe->vm,
                                    .ports = &probe->ports,
                                    .seed = &probe->seed };
    struct error *e = NULL;

    for (size_t i = 0; !e && !is_ended && i < steps->count; i++)
        e = steps->row[i].act ? steps->row[i].act(probe->driver, probe->now->arena, &create)
                              : report_wait(probe, report);
    return !e && is_ended ? refuse(probe, "The server was stopped meanwhile.") : e;
}

/* ---- removing ---- */

/* All that the driver lists, as for a destroyed VM; then the row. *removed: "domain, disk". */
static struct error *guest_remove(struct db *db, struct arena *arena, struct driver *driver,
                                  const struct probe_get_row *row, const char **removed)
{
    const struct driver_removals *removals = &driver->ops->removals;
    const struct driver_vm vm = { .id = PROBE_VM_ID, .ssh.port = row->ssh_port };
    struct buf things = buf_new(arena, 256);
    struct error *e = NULL;

    for (size_t i = 0; !e && i < removals->count; i++) {
        const char *response;

        e = removals->row[i].act(driver, arena, &vm, &response);
        buf_printf(&things, "%s%s", i ? ", " : "", removals->row[i].thing);
    }
    if (!e)
        e = sql_probe_end(db, arena, row->region);
    if (e)
        log_error("probe", log_text("region", row->region), log_text("error", e->text));
    else
        log_info("probe", log_text("region", row->region), log_text("removed", things.bytes));
    *removed = e ? NULL : things.bytes;
    return e;
}

/* *is_there: there is a row, and *row is it. */
static struct error *row_read(struct db *db, struct arena *arena, const char *region,
                              struct probe_get_row *row, bool *is_there)
{
    struct error *e = sql_probe_get(db, arena, region, row);

    *is_there = !e;
    if (!e || e->kind != ERROR_NOT_FOUND)
        return e;
    *row = (struct probe_get_row){ .region = region };
    return NULL;
}

struct error *probe_remains_remove(struct worker_context *context, struct arena *arena,
                                   struct driver *driver, const char *region, bool has_things)
{
    struct probe_get_row row;
    struct error *e;
    const char *removed;
    bool is_there;

    if (pthread_mutex_trylock(&under_way) != 0)
        return NULL;
    e = row_read(context->db, arena, region, &row, &is_there);
    if (!e && (is_there || has_things))
        guest_remove(context->db, arena, driver, &row, &removed); /* it has logged what failed */
    pthread_mutex_unlock(&under_way);
    return e;
}

/* ---- all of it ---- */

static struct error *prepare(struct probe *probe, const char *script)
{
    const struct context *now = probe->now;
    struct probe_get_row before;
    const char *removed;
    bool is_there;
    struct error *e = row_read(now->db, now->arena, probe->region, &before, &is_there);

    if (!e && is_there)
        e = guest_remove(now->db, now->arena, probe->driver, &before, &removed);
    if (!e)
        e = vm_prepare(probe);
    if (!e)
        e = room_check(probe);
    if (!e)
        e = seed_prepare(probe, script);
    return e ? e : sql_probe_start(now->db, now->arena, probe->region, now->now_at);
}

static struct error *prepared_run(struct probe *probe, struct probe_result *out)
{
    const struct context *now = probe->now;
    struct error *e = guest_run(probe, &out->report);
    struct probe_get_row row;
    bool is_there;
    struct error *problem = row_read(now->db, now->arena, probe->region, &row, &is_there);

    if (!problem)
        problem = guest_remove(now->db, now->arena, probe->driver, &row, &out->removed);
    return e;
}

struct error *probe_run(struct worker_context *context, const struct context *now,
                        const struct config_region *region, const char *script,
                        struct probe_result *out)
{
    struct probe probe = { .context = context, .now = now, .region = region->name };
    struct error *e;

    *out = (struct probe_result){ .report = NULL };
    probe.ports = (struct driver_ports){ .reserve = port_reserve, .owner = &probe };
    pthread_mutex_lock(&under_way);
    e = is_ended ? refuse(&probe, "The server was stopped.")
                 : worker_context_driver(context, now->arena, region->name, &probe.driver);
    if (!e && !driver_has_guests(probe.driver))
        e = refuse(&probe, "A host here runs no guests.");
    if (!e)
        e = prepare(&probe, script);
    if (!e)
        e = prepared_run(&probe, out);
    pthread_mutex_unlock(&under_way);
    return e;
}
