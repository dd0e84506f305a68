/* Lives of VMs; see vm_life.h. The rules are functions of the row and the time alone. */
#include "model/vm_life.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/limit.h"
#include "base/log.h"
#include "main_constants.sql.h"
#include "model/audit.h"
#include "model/mail_queue.h"
#include "model/notice.h"
#include "model/restriction.h"
#include "model/vm_request.h"
#include "model/vm_state.h"

#include <assert.h>
#include <string.h>

const struct vm_life_choice VM_LIFE_CHOICES[] = {
    { "persistent", "Keep until destroyed", VM_LIFE_PERSISTENT, 0 },
    { "idle_stop-15", "Stop after 15 min unused", VM_LIFE_IDLE_STOP, 15 },
    { "idle_stop-60", "Stop after 1 h unused", VM_LIFE_IDLE_STOP, 60 },
    { "idle_stop-480", "Stop after 8 h unused", VM_LIFE_IDLE_STOP, 480 },
    { "idle_destroy-15", "Destroy after 15 min unused", VM_LIFE_IDLE_DESTROY, 15 },
    { "idle_destroy-60", "Destroy after 1 h unused", VM_LIFE_IDLE_DESTROY, 60 },
    { "idle_destroy-1440", "Destroy after 24 h unused", VM_LIFE_IDLE_DESTROY, 1440 },
    { "ephemeral", "Destroy when it stops", VM_LIFE_EPHEMERAL, 0 },
    { "ephemeral-60", "Destroy when it stops, or after 1 h", VM_LIFE_EPHEMERAL, 60 },
    { "ephemeral-480", "Destroy when it stops, or after 8 h", VM_LIFE_EPHEMERAL, 480 },
    { "ephemeral-1440", "Destroy when it stops, or after 24 h", VM_LIFE_EPHEMERAL, 1440 },
};
const size_t VM_LIFE_CHOICE_COUNT = COUNT(VM_LIFE_CHOICES);

const struct vm_life_choice *vm_life_choice_find(const char *value)
{
    for (size_t i = 0; i < VM_LIFE_CHOICE_COUNT; i++) {
        if (strcmp(VM_LIFE_CHOICES[i].value, value) == 0)
            return &VM_LIFE_CHOICES[i];
    }
    return NULL;
}

const struct vm_life_choice *vm_life_choice_new(const struct config *config)
{
    static const char *const values[] = {
        [NEW_LIFE_KEPT] = "persistent",
        [NEW_LIFE_IDLE_HOUR] = "idle_destroy-60",
        [NEW_LIFE_ONE_RUN] = "ephemeral",
    };

    return vm_life_choice_find(values[config->new_life]);
}

const struct vm_life_choice *vm_life_choice_of(const char *life, int64_t minutes)
{
    size_t i = 0;

    /* Only choices are stored. */
    while (strcmp(VM_LIFE_CHOICES[i].life, life) != 0 || VM_LIFE_CHOICES[i].minutes != minutes) {
        i++;
        assert(i < VM_LIFE_CHOICE_COUNT);
    }
    return &VM_LIFE_CHOICES[i];
}

/* ---- the rules ---- */

struct vm_life vm_life_of(const struct vm_get_row *vm)
{
    return (struct vm_life){ vm->life,     vm->state,       vm->state_at, vm->life_minutes,
                             vm->clock_at, vm->measured_at, vm->warned_at };
}

bool vm_life_is_destroyed(const struct vm_life *vm)
{
    return strcmp(vm->life, VM_LIFE_EPHEMERAL) == 0 || strcmp(vm->life, VM_LIFE_IDLE_DESTROY) == 0;
}

bool vm_life_is_idle(const struct vm_life *vm)
{
    return strcmp(vm->life, VM_LIFE_IDLE_STOP) == 0 || strcmp(vm->life, VM_LIFE_IDLE_DESTROY) == 0;
}

static bool state_is(const struct vm_life *vm, const char *state)
{
    return strcmp(vm->state, state) == 0;
}

/* A hole in the measurements: the VM may have been used in it. */
static bool is_hole(const struct vm_life *vm, int64_t now_at)
{
    return !vm->measured_at || vm->measured_at + LIMIT_USE_GAP_S < now_at;
}

/* Since when its time counts; 0: it does not. */
static int64_t clock_start(const struct vm_life *vm, int64_t now_at)
{
    if (!vm->minutes || state_is(vm, VM_STATE_DESTROYING) || state_is(vm, VM_STATE_GONE))
        return 0;
    if (!vm_life_is_idle(vm))
        return vm->clock_at;
    if (state_is(vm, VM_STATE_RUNNING))
        return is_hole(vm, now_at) ? 0 : vm->clock_at;
    if (strcmp(vm->life, VM_LIFE_IDLE_STOP) == 0 ||
        (!state_is(vm, VM_STATE_STOPPED) && !state_is(vm, VM_STATE_FAILED)))
        return 0;
    /* Nobody uses what is off. Having stopped it was the last use. */
    return vm->state_at > vm->clock_at ? vm->state_at : vm->clock_at;
}

int64_t vm_life_end_at(const struct vm_life *vm, int64_t now_at)
{
    int64_t start_at = clock_start(vm, now_at);
    int64_t end_at = start_at + vm->minutes * A_MINUTE_S;
    int64_t warned_until_at = vm->warned_at ? vm->warned_at + LIMIT_LIFE_WARN_S : 0;

    if (!start_at)
        return 0;
    return warned_until_at > end_at ? warned_until_at : end_at;
}

enum vm_life_act vm_life_act(const struct vm_life *vm, int64_t now_at)
{
    int64_t end_at = vm_life_end_at(vm, now_at);

    if (!end_at || now_at < end_at - LIMIT_LIFE_WARN_S)
        return VM_LIFE_STAYS;
    if (!vm->warned_at)
        return VM_LIFE_WARN;
    if (now_at < end_at)
        return VM_LIFE_STAYS;
    return vm_life_is_destroyed(vm) ? VM_LIFE_DESTROY : VM_LIFE_STOP;
}

bool vm_life_is_used(const struct vm_life *vm, bool is_in_use, int64_t now_at)
{
    return is_in_use || is_hole(vm, now_at);
}

/* ---- commands ---- */

static struct error *living_find(const struct context *context, const struct actor *actor,
                                 const char *id, struct vm_get_row *vm)
{
    struct error *e = sql_vm_get(context->db, context->arena, actor->team_id, id, vm);

    if (!e && vm->gone_at)
        e = error_new(context->arena, ERROR_CONFLICT, "vm %s is gone", id);
    return e ? e : restriction_check(context, actor);
}

static struct error *change_note(const struct context *context, const struct actor *actor,
                                 const char *id, enum audit_action action, const char *detail)
{
    return audit_add(context, &(struct audit_entry){
                                  .team_id = actor->team_id,
                                  .action = action,
                                  .vm_id = id,
                                  .detail = detail,
                                  .person_id = actor->person_id,
                              });
}

struct error *vm_life_set(const struct context *context, const struct actor *actor, const char *id,
                          const struct vm_life_choice *choice)
{
    struct vm_get_row vm;
    struct error *e = living_find(context, actor, id, &vm);

    if (!e && vm.has_stop && strcmp(choice->life, VM_LIFE_EPHEMERAL) == 0)
        e = error_refuse(context->arena, ERROR_INPUT, "has_schedule", NULL,
                         "Its schedule stops it, which would destroy it. Remove that time first.");
    if (!e)
        e = sql_vm_set_life(context->db, context->arena, actor->team_id, id, choice->life,
                            choice->minutes ? &choice->minutes : NULL, context->now_at);
    return e ? e : change_note(context, actor, id, AUDIT_VM_LIFE, choice->label);
}

struct error *vm_life_keep(const struct context *context, const struct actor *actor, const char *id)
{
    struct vm_get_row vm;
    struct error *e = living_find(context, actor, id, &vm);

    if (!e)
        e = sql_vm_set_clock(context->db, context->arena, id, context->now_at);
    return e ? e : change_note(context, actor, id, AUDIT_VM_KEEP, NULL);
}

struct error *vm_life_begin(const struct context *context, const struct vm_get_row *vm)
{
    const struct vm_life life = vm_life_of(vm);

    return vm_life_is_idle(&life)
               ? sql_vm_set_clock(context->db, context->arena, vm->id, context->now_at)
               : NULL;
}

struct error *vm_life_stop_check(const struct context *context, const struct actor *actor,
                                 const struct vm_get_row *vm)
{
    if (actor->via == ACTOR_SYSTEM || strcmp(vm->life, VM_LIFE_EPHEMERAL) != 0)
        return NULL;
    return error_refuse(context->arena, ERROR_CONFLICT, "destroyed_when_stopped", NULL,
                        "This VM is destroyed when it stops. Destroy it, or choose in its settings "
                        "to keep it.");
}

/* ---- the end ---- */

static struct error *life_end(const struct context *context, int64_t team_id, const char *id,
                              const char *state, enum vm_trigger trigger, const char *cause,
                              const char *reason)
{
    const struct actor system = actor_system(team_id, reason);
    struct error *e = NULL;

    if (trigger == VM_REQUEST_DESTROY)
        e = sql_vm_set_end_cause(context->db, context->arena, id, cause);
    return e ? e : vm_request(context, &system, id, state, trigger, NULL);
}

struct error *vm_life_ended(const struct context *context, int64_t team_id, const char *id,
                            const char *life, const char *state)
{
    if (strcmp(life, VM_LIFE_EPHEMERAL) != 0)
        return NULL;
    return life_end(context, team_id, id, state, VM_REQUEST_DESTROY, VM_END_CAUSE_ENDED,
                    "It shut itself down, and is destroyed when it stops");
}

/* One mail to each, for this run of the clock. Who loses the VM is told in any case. */
static struct error *life_warn(const struct context *context, const struct vm_life_get_row *row,
                               const struct vm_life *vm)
{
    struct arena *arena = context->arena;
    struct vm_life_people_rows people;
    struct vm_life warned = *vm;
    bool is_destroyed = vm_life_is_destroyed(vm);
    struct error *e = sql_vm_set_warned(context->db, arena, row->id, context->now_at);

    warned.warned_at = context->now_at;
    if (!e)
        e = sql_vm_life_people(context->db, arena, row->id, &people);
    for (size_t i = 0; !e && i < people.count; i++) {
        const struct mail mail = {
            .kind = is_destroyed ? MAIL_KIND_VM_ENDS_SOON : MAIL_KIND_VM_STOPS_SOON,
            .to = people.row[i].email,
            .once = arena_printf(arena, "life/%s/%lld/%lld", row->id, (long long)vm->clock_at,
                                 (long long)people.row[i].id),
            .vm_name = row->name,
            .url = arena_printf(arena, "%s/vms/%s", context->config->public_url, row->id),
            .until_at = vm_life_end_at(&warned, context->now_at),
        };

        e = is_destroyed ? mail_queue(context->db, arena, &mail, context->now_at)
                         : notice_queue(context, people.row[i].id, &mail);
    }
    return e;
}

static struct error *due_do(const struct context *context, const struct vm_life_get_row *row)
{
    const struct vm_life vm = { row->life,     row->state,       row->state_at, row->life_minutes,
                                row->clock_at, row->measured_at, row->warned_at };
    enum vm_life_act act = vm_life_act(&vm, context->now_at);
    bool is_idle = vm_life_is_idle(&vm);
    const char *span = date_span(context->arena, vm.minutes * A_MINUTE_S);

    if (act == VM_LIFE_STAYS)
        return NULL;
    if (act == VM_LIFE_WARN)
        return life_warn(context, row, &vm);
    return life_end(
        context, row->team_id, row->id, row->state,
        act == VM_LIFE_STOP ? VM_REQUEST_STOP : VM_REQUEST_DESTROY,
        is_idle ? VM_END_CAUSE_IDLE : VM_END_CAUSE_TIME_OVER,
        arena_printf(context->arena, "%s %s", is_idle ? "Unused for" : "Its time is over:", span));
}

/* Read and done in one transaction: twice does the same as once. */
static struct error *one_run(const struct context *context, const char *id)
{
    struct vm_life_get_row row;
    struct error *e = db_begin(context->db, context->arena);

    if (!e)
        e = sql_vm_life_get(context->db, context->arena, id, &row);
    if (!e)
        e = due_do(context, &row);
    if (!e)
        e = db_commit(context->db, context->arena);
    db_rollback(context->db);
    return e && e->kind == ERROR_NOT_FOUND ? NULL : e;
}

struct error *vm_life_run(const struct context *context)
{
    struct vm_life_all_rows vms;
    struct error *e = sql_vm_life_all(context->db, context->arena, &vms);

    for (size_t i = 0; !e && i < vms.count; i++) {
        struct error *failure = one_run(context, vms.row[i].id);

        /* The others have their turn. */
        if (failure)
            log_error("vm_life", log_text("vm", vms.row[i].id), log_text("error", failure->text));
    }
    return e;
}
