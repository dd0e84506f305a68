/* Whether VMs are used; see vm_use.h. A restarted worker begins a new minute of each VM. */
#include "worker/vm_use.h"

#include "base/array.h"
#include "base/limit.h"
#include "main_constants.sql.h"
#include "model/vm_life.h"
#include "vm.sql.h"

#include <string.h>

enum { OWN_BYTES = 4 * 1024, MEMORY_BYTES = 1024 * 1024 };

/* A VM's minute: where it began. */
struct minute {
    struct vm_use_sample from;
    bool is_over, is_in_use;
};

struct minutes {
    struct minute *row;
    size_t count, capacity;
};

struct vm_use {
    struct arena *memory[2]; /* of the last round and of this one, alternating */
    size_t turn;
    struct minutes before, now;
};

struct vm_use *vm_use_new(void)
{
    struct vm_use *use = arena_alloc(arena_new(OWN_BYTES), sizeof *use);

    use->memory[0] = arena_new(MEMORY_BYTES);
    use->memory[1] = arena_new(MEMORY_BYTES);
    return use;
}

/* ---- the rule ---- */

static int64_t network_bytes(const struct driver_usage *counters)
{
    return counters->network_received_bytes + counters->network_sent_bytes;
}

bool vm_use_between(const struct vm_use_sample *before, const struct vm_use_sample *now)
{
    int64_t cpu_ns = now->counters.cpu_ns - before->counters.cpu_ns;
    bool has_network =
        now->counters.network_received_bytes >= 0 && before->counters.network_received_bytes >= 0;

    if (before->is_connected || now->is_connected)
        return true;
    /* Counters that went back are of a VM that was started anew. */
    if (cpu_ns < 0 || cpu_ns / 1000 * 100 > (now->at_us - before->at_us) * LIMIT_USE_CPU_PERCENT)
        return true;
    if (now->sees_connections)
        return false;
    /* What cannot be seen at all counts as use. */
    return !has_network || network_bytes(&now->counters) - network_bytes(&before->counters) >=
                               LIMIT_USE_NETWORK_BYTES;
}

/* ---- a round ---- */

void vm_use_begin(struct vm_use *use)
{
    use->turn ^= 1;
    arena_reset(use->memory[use->turn]);
    use->before = use->now;
    use->now = (struct minutes){ .count = 0 };
}

static const struct minute *minute_find(const struct minutes *minutes, const char *id)
{
    for (size_t i = 0; i < minutes->count; i++) {
        if (strcmp(minutes->row[i].from.vm_id, id) == 0)
            return &minutes->row[i];
    }
    return NULL;
}

void vm_use_add(struct vm_use *use, const struct vm_use_sample *sample)
{
    struct arena *memory = use->memory[use->turn];
    const struct minute *before = minute_find(&use->before, sample->vm_id);
    struct minute minute = { .from = before ? before->from : *sample };

    minute.from.vm_id = arena_copy(memory, sample->vm_id);
    minute.is_over = before && sample->at_us - before->from.at_us >= LIMIT_USE_EVERY_S * 1000000LL;
    if (minute.is_over) {
        minute.is_in_use = vm_use_between(&before->from, sample);
        minute.from = *sample;
        minute.from.vm_id = arena_copy(memory, sample->vm_id);
    }
    minute.from.is_connected |= sample->is_connected;
    use->now.row =
        array_grow(memory, use->now.row, use->now.count, &use->now.capacity, sizeof *use->now.row);
    use->now.row[use->now.count++] = minute;
}

/* Its life may have been changed meanwhile, or its clock started anew. */
static struct error *minute_write(const struct context *context, const struct minute *minute)
{
    struct vm_life_get_row row;
    struct error *e = sql_vm_life_get(context->db, context->arena, minute->from.vm_id, &row);
    struct vm_life vm;

    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    vm = (struct vm_life){ .life = row.life, .measured_at = row.measured_at };
    if (!vm_life_is_idle(&vm) || strcmp(row.state, VM_STATE_RUNNING) != 0)
        return NULL;
    if (vm_life_is_used(&vm, minute->is_in_use, context->now_at))
        e = sql_vm_set_clock(context->db, context->arena, row.id, context->now_at);
    return e ? e : sql_vm_set_measured(context->db, context->arena, row.id, context->now_at);
}

struct error *vm_use_end(struct vm_use *use, const struct context *context)
{
    struct error *e = NULL;
    bool is_due = false;

    for (size_t i = 0; i < use->now.count; i++)
        is_due |= use->now.row[i].is_over;
    if (!is_due)
        return NULL;
    e = db_begin(context->db, context->arena);
    for (size_t i = 0; !e && i < use->now.count; i++) {
        if (use->now.row[i].is_over)
            e = minute_write(context, &use->now.row[i]);
    }
    if (!e)
        e = db_commit(context->db, context->arena);
    db_rollback(context->db);
    return e;
}
