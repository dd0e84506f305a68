/*
 * Usage; see usage.h. Hosts count since a VM's start; rows hold what was added in their minute. The
 * counters of the last round are kept in memory: a restarted worker loses one interval.
 */
#include "worker/usage.h"

#include "adapter/crypto.h"
#include "base/array.h"
#include "base/chart_path.h"
#include "base/clock.h"
#include "base/limit.h"
#include "base/log.h"
#include "host/ssh_connections.h"
#include "main_constants.sql.h"
#include "worker/host_query.h"
#include "worker/vm_use.h"

#include "model/audit.h"
#include "model/vm_cpu.h"
#include "model/vm_life.h"
#include "usage_day.sql.h"
#include "usage_minute.sql.h"
#include "vm.sql.h"

#include <string.h>

enum {
    /* Each occupies a thread here and one of libvirtd's 20 workers. */
    MAX_ABANDONED = 8,
    OWN_BYTES = 64 * 1024,
    MEMORY_BYTES = 4 * 1024 * 1024,
};

struct abandoned {
    struct host_query *query;
    char vm_id[CRYPTO_ID_CHARS + 1]; /* "": still connecting */
};

/* A VM's counters. */
struct sample {
    const struct vm_alive_row *vm; /* of this round */
    const char *id;
    struct driver_usage usage;
};

struct samples {
    struct sample *row;
    size_t count, capacity;
};

struct usage {
    struct worker_context *context;
    struct host_query *query; /* NULL: not made yet */
    struct abandoned abandoned[MAX_ABANDONED];
    size_t abandoned_count;
    struct arena *memory[2]; /* of the last round and of this one, alternating */
    size_t turn;
    struct samples before, now;
    struct vm_use *use;
    struct ssh_connections connections;
    bool sees_connections; /* in this round */
    int64_t chart_at;      /* the minute up to which the lists' charts are drawn */
    int64_t summed_at;     /* the minute up to which quarters are summed up; 0: see sums_begin */
    int64_t sample_at;     /* the minute of the last sample */
};

struct usage *usage_new(struct worker_context *context)
{
    struct usage *usage = arena_alloc(arena_new(OWN_BYTES), sizeof *usage);

    usage->context = context;
    usage->memory[0] = arena_new(MEMORY_BYTES);
    usage->memory[1] = arena_new(MEMORY_BYTES);
    usage->use = vm_use_new();
    return usage;
}

/* ---- host_query ---- */

static void abandoned_sweep(struct usage *usage)
{
    size_t kept = 0;

    for (size_t i = 0; i < usage->abandoned_count; i++) {
        if (!host_query_is_back(usage->abandoned[i].query))
            usage->abandoned[kept++] = usage->abandoned[i];
    }
    usage->abandoned_count = kept;
}

static bool is_abandoned(const struct usage *usage, const char *vm_id)
{
    for (size_t i = 0; i < usage->abandoned_count; i++) {
        if (strcmp(usage->abandoned[i].vm_id, vm_id) == 0)
            return true;
    }
    return false;
}

static void host_query_abandon(struct usage *usage, const char *vm_id)
{
    struct abandoned *abandoned = &usage->abandoned[usage->abandoned_count++];

    *abandoned = (struct abandoned){ .query = usage->query };
    strncpy(abandoned->vm_id, vm_id, sizeof abandoned->vm_id - 1);
    usage->query = NULL;
}

/* A host_query that is connected to the region. False: it cannot be queried now. */
static bool host_query_ready(struct usage *usage, const char *region)
{
    struct error *e;

    if (!usage->query && usage->abandoned_count < MAX_ABANDONED)
        usage->query = host_query_new(usage->context->config, usage->context->timeouts,
                                      usage->context->drivers);
    if (!usage->query)
        return false;
    if (host_query_connect(usage->query, usage->context->arena, region, &e))
        return !e; /* the reconciler reports unreachable hosts */
    host_query_abandon(usage, "");
    return false;
}

/* ---- unresponsive guests ---- */

/* `unresponsive_at` NULL: it responds again. */
static struct error *unresponsive_record(struct usage *usage, const struct vm_alive_row *vm,
                                         const int64_t *unresponsive_at)
{
    struct db *db = usage->context->db;
    struct arena *arena = usage->context->arena;
    const struct context now = worker_context_now(usage->context, arena);
    struct error *e = db_begin(db, arena);

    if (!e)
        e = sql_vm_set_unresponsive(db, arena, vm->id, unresponsive_at);
    if (!e)
        e = audit_add(&now, &(struct audit_entry){
                                .team_id = vm->team_id,
                                .action = AUDIT_VM_REPORT,
                                .vm_id = vm->id,
                                .what = unresponsive_at ? "Not responding" : "Responding again",
                            });
    if (!e)
        e = db_commit(db, arena);
    db_rollback(db);
    return e;
}

/* ---- one VM ---- */

static void sample_keep(struct usage *usage, const struct vm_alive_row *vm,
                        const struct driver_usage *counters)
{
    struct arena *memory = usage->memory[usage->turn];
    struct samples *now = &usage->now;

    now->row = array_grow(memory, now->row, now->count, &now->capacity, sizeof *now->row);
    now->row[now->count++] =
        (struct sample){ .vm = vm, .id = arena_copy(memory, vm->id), .usage = *counters };
}

/* Guests of a region with a bridge have addresses of their own. */
static void use_keep(struct usage *usage, const struct config_region *region,
                     const struct vm_alive_row *vm, const struct driver_usage *counters)
{
    const struct vm_life life = { .life = vm->life };

    if (!vm_life_is_idle(&life))
        return;
    vm_use_add(usage->use,
               &(struct vm_use_sample){
                   .vm_id = vm->id,
                   .at_us = clock_monotonic_us(),
                   .counters = *counters,
                   .sees_connections = usage->sees_connections && !*region->bridge,
                   .is_connected = usage->sees_connections && !*region->bridge &&
                                   ssh_connections_has(&usage->connections, vm->ssh_port),
               });
}

static struct error *vm_query(struct usage *usage, const struct config_region *region,
                              const struct vm_alive_row *vm)
{
    struct driver_usage counters;
    int64_t now_at = clock_now();
    struct error *e;

    if (!host_query_usage(usage->query, usage->context->arena, region->name, vm->id, &counters,
                          &e)) {
        host_query_abandon(usage, vm->id);
        return vm->unresponsive_at ? NULL : unresponsive_record(usage, vm, &now_at);
    }
    /* It powered off in the meantime: the reconciler will notice. */
    if (e)
        return NULL;
    /* Of a team that objected, no figures are kept: that the guest responds and, if its life
     * depends on it, when it was used. */
    if (!vm->is_unmeasured)
        sample_keep(usage, vm, &counters);
    use_keep(usage, region, vm, &counters);
    return vm->unresponsive_at ? unresponsive_record(usage, vm, NULL) : NULL;
}

static struct error *region_query(struct usage *usage, const struct config_region *region)
{
    struct vm_alive_rows vms;
    struct error *e = sql_vm_alive(usage->context->db, usage->context->arena, region->name, &vms);

    for (size_t i = 0; !e && i < vms.count; i++) {
        const struct vm_alive_row *vm = &vms.row[i];

        if (strcmp(vm->state, VM_STATE_RUNNING) != 0 || is_abandoned(usage, vm->id))
            continue;
        if (!host_query_ready(usage, region->name))
            return NULL;
        e = vm_query(usage, region, vm);
    }
    return e;
}

/* ---- rows ---- */

static const struct driver_usage *before_find(const struct usage *usage, const char *id)
{
    for (size_t i = 0; i < usage->before.count; i++) {
        if (strcmp(usage->before.row[i].id, id) == 0)
            return &usage->before.row[i].usage;
    }
    return NULL;
}

/* Counters start at 0 when a VM starts; one smaller than before was reset. */
static int64_t added(int64_t now, int64_t before)
{
    return now >= before ? now - before : now;
}

static struct error *sample_write(struct usage *usage, const struct sample *sample, int64_t now_at)
{
    const struct driver_usage *now = &sample->usage;
    const struct driver_usage *known = before_find(usage, sample->id);
    /* Earlier usage of a VM that is seen for the first time cannot be assigned to a minute. */
    struct driver_usage before = known ? *known : *now;
    int64_t memory_mb = now->memory_used_kb / 1024;
    int64_t received, sent;
    bool has_network = now->network_received_bytes >= 0 && before.network_received_bytes >= 0;

    if (now->cpu_ns < before.cpu_ns)
        before = (struct driver_usage){ .cpu_ns = 0 };
    received = added(now->network_received_bytes, before.network_received_bytes);
    sent = added(now->network_sent_bytes, before.network_sent_bytes);
    return sql_usage_minute_add(usage->context->db, usage->context->arena, sample->vm->team_id,
                                sample->id, now_at / 60 * 60,
                                added(now->cpu_ns, before.cpu_ns) / 1000000,
                                now->memory_used_kb >= 0 ? &memory_mb : NULL, now->disk_bytes,
                                added(now->disk_read_bytes, before.disk_read_bytes),
                                added(now->disk_written_bytes, before.disk_written_bytes),
                                has_network ? &received : NULL, has_network ? &sent : NULL);
}

/* ---- the chart of a list's row ---- */

enum {
    CHART_WIDTH = 80,
    CHART_HEIGHT = 18,
    CHART_POINTS = 30,
    CHART_POINT_S = 120, /* two minutes */
    CHART_TOP = 100,     /* per cent of all CPUs */
    FULL_PERCENT = 95,   /* of all CPUs, on average: it uses them all */
    FULL_KNOWN_S = 300,  /* after it was last measured */
};

static int64_t cpu_percent(const struct vm_alive_row *vm, int64_t cpu_ms, int64_t minutes)
{
    return vm_cpu_percent(vm_cpu_tenths(cpu_ms, minutes, vm->vcpus));
}

/* Has a VM used all its CPUs in each part of the hour? */
static bool is_full(const int64_t *points)
{
    size_t full = 0;

    for (size_t i = 0; i < CHART_POINTS; i++)
        full += points[i] >= FULL_PERCENT;
    return full == CHART_POINTS;
}

/*
 * The last hour of a VM, up to a full minute, as one text in its row, so that a list of many VMs
 * reads no measurements. Two minutes are a point; where there are none, the line has a gap.
 */
static struct error *chart_write(struct usage *usage, const struct vm_alive_row *vm)
{
    static const struct chart_path path = { CHART_WIDTH, CHART_HEIGHT, CHART_TOP };
    struct db *db = usage->context->db;
    struct arena *arena = usage->context->arena;
    int64_t since_at = usage->chart_at - CHART_POINTS * CHART_POINT_S, points[CHART_POINTS];
    struct usage_minute_cpu_rows minutes;
    struct error *e = sql_usage_minute_cpu(db, arena, vm->team_id, vm->id, since_at,
                                           usage->chart_at, CHART_POINT_S, &minutes);

    if (e || !minutes.count)
        return e;
    for (size_t i = 0; i < CHART_POINTS; i++)
        points[i] = -1;
    for (size_t i = 0; i < minutes.count; i++)
        points[minutes.row[i].point] =
            cpu_percent(vm, minutes.row[i].cpu_ms, minutes.row[i].minutes);
    return sql_vm_set_cpu(db, arena, vm->id, chart_path_line(arena, &path, points, CHART_POINTS),
                          cpu_percent(vm, minutes.row[minutes.count - 1].last_ms, 1),
                          is_full(points) ? &since_at : NULL);
}

/* Once a minute, in the transaction of the round's rows. */
static struct error *charts_write(struct usage *usage, int64_t minute_at)
{
    struct error *e = NULL;

    if (minute_at == usage->chart_at)
        return NULL;
    usage->chart_at = minute_at;
    for (size_t i = 0; !e && i < usage->now.count; i++)
        e = chart_write(usage, usage->now.row[i].vm);
    return e ? e
             : sql_vm_clear_cpu_full(usage->context->db, usage->context->arena,
                                     minute_at - FULL_KNOWN_S);
}

/* ---- quarters of an hour ---- */

/* What a worker that was killed did not sum up is in the quarter of the newest minute. */
static struct error *sums_begin(struct usage *usage)
{
    struct usage_minute_newest_row newest;
    struct error *e = sql_usage_minute_newest(usage->context->db, usage->context->arena, &newest);

    if (e)
        return e;
    usage->sample_at = newest.minute_at;
    usage->summed_at = newest.minute_at / LIMIT_QUARTER_S * LIMIT_QUARTER_S;
    return NULL;
}

/* Whether complete minutes are not summed up yet. */
static bool sums_are_due(const struct usage *usage, int64_t minute_at)
{
    return usage->summed_at < minute_at && usage->summed_at <= usage->sample_at;
}

/* Of all VMs, also of those that do not run any more. */
static struct error *sums_write(struct usage *usage, int64_t minute_at)
{
    int64_t quarter_at = usage->summed_at / LIMIT_QUARTER_S * LIMIT_QUARTER_S;
    struct error *e = NULL;

    for (; !e && quarter_at < minute_at && quarter_at <= usage->sample_at;
         quarter_at += LIMIT_QUARTER_S) {
        int64_t end_at = quarter_at + LIMIT_QUARTER_S;

        e = sql_usage_day_put(usage->context->db, usage->context->arena, quarter_at,
                              end_at < minute_at ? end_at : minute_at);
    }
    return e;
}

/* ---- all of a round in one transaction ---- */

static struct error *round_write(struct usage *usage)
{
    struct db *db = usage->context->db;
    int64_t now_at = clock_now(), minute_at = now_at / A_MINUTE_S * A_MINUTE_S;
    struct error *e = usage->summed_at ? NULL : sums_begin(usage);

    if (e || (!usage->now.count && minute_at == usage->chart_at && !sums_are_due(usage, minute_at)))
        return e;
    e = db_begin(db, usage->context->arena);
    for (size_t i = 0; !e && i < usage->now.count; i++)
        e = sample_write(usage, &usage->now.row[i], now_at);
    if (!e)
        e = charts_write(usage, minute_at);
    if (!e && sums_are_due(usage, minute_at))
        e = sums_write(usage, minute_at);
    if (!e)
        e = db_commit(db, usage->context->arena);
    db_rollback(db);
    if (e)
        return e;
    usage->summed_at = minute_at;
    if (usage->now.count)
        usage->sample_at = minute_at;
    return NULL;
}

/* Without the table of sockets it is not known whether somebody is connected, which counts as use.
 */
static void use_begin(struct usage *usage)
{
    struct error *e = ssh_connections_read(usage->context->arena, &usage->connections);

    usage->sees_connections = !e;
    if (e)
        log_error("vm_use", log_text("error", e->text));
    vm_use_begin(usage->use);
}

static struct error *use_end(struct usage *usage)
{
    const struct context now = worker_context_now(usage->context, usage->context->arena);

    return vm_use_end(usage->use, &now);
}

struct error *usage_round(struct usage *usage)
{
    const struct config *config = usage->context->config;
    struct error *e = NULL;

    arena_reset(usage->context->arena);
    abandoned_sweep(usage);
    usage->turn ^= 1;
    arena_reset(usage->memory[usage->turn]);
    usage->now = (struct samples){ .count = 0 };
    use_begin(usage);
    for (size_t i = 0; !e && i < config->region_count; i++)
        e = region_query(usage, &config->regions[i]);
    if (!e)
        e = round_write(usage);
    if (!e)
        e = use_end(usage);
    usage->before = usage->now;
    return e;
}
