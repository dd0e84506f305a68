/* Schedules of VMs; see vm_schedule.h. The rules are functions of the schedule and the time. */
#include "model/vm_schedule.h"

#include "adapter/time_zone.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/limit.h"
#include "base/log.h"
#include "job.sql.h"
#include "main_constants.sql.h"
#include "model/audit.h"
#include "model/restriction.h"
#include "model/vm_command.h"
#include "model/vm_job.h"
#include "snapshot.sql.h"
#include "vm.sql.h"

#include <string.h>

enum { EVERY_DAY = (1 << VM_SCHEDULE_DAYS) - 1, DAYS_BACK = 8 };

/* ---- the rules ---- */

/* 1 January 1970 was a Thursday. */
static bool is_on(int64_t days, int64_t day_at)
{
    return days >> (day_at / A_DAY_S + 3) % VM_SCHEDULE_DAYS & 1;
}

int64_t vm_schedule_last(const char *zone, int64_t days, int64_t minute, int64_t from_at,
                         int64_t now_at)
{
    int64_t today_at = now_at / A_DAY_S * A_DAY_S;

    /* It may be tomorrow there already. */
    for (int64_t day_at = today_at + A_DAY_S; day_at >= today_at - DAYS_BACK * A_DAY_S;
         day_at -= A_DAY_S) {
        int64_t at = minute >= 0 && is_on(days, day_at) ? time_zone_at(zone, day_at, minute) : 0;

        if (at && at <= now_at)
            return at > from_at ? at : 0;
    }
    return 0;
}

enum vm_schedule_act vm_schedule_due(const struct vm_schedule *schedule, int64_t from_at,
                                     int64_t now_at)
{
    int64_t start_at =
        vm_schedule_last(schedule->zone, schedule->days, schedule->start_minute, from_at, now_at);
    int64_t stop_at =
        vm_schedule_last(schedule->zone, schedule->days, schedule->stop_minute, from_at, now_at);

    if (!start_at && !stop_at)
        return VM_SCHEDULE_NOTHING;
    return start_at > stop_at ? VM_SCHEDULE_START : VM_SCHEDULE_STOP;
}

const char *vm_schedule_problem(struct arena *arena, const struct vm_schedule *schedule,
                                const char *life, enum vm_schedule_field *field)
{
    bool runs = schedule->start_minute >= 0 || schedule->stop_minute >= 0;

    *field = VM_SCHEDULE_ZONE;
    if (schedule->zone && !time_zone_exists(schedule->zone))
        return "Write a time zone like Europe/Berlin, or UTC.";
    *field = VM_SCHEDULE_ON_DAYS;
    if (runs && !schedule->days)
        return "Choose the days on which it starts or stops.";
    *field = VM_SCHEDULE_STOP_AT;
    if (runs && schedule->start_minute == schedule->stop_minute)
        return "It can’t start and stop at the same time.";
    if (schedule->stop_minute >= 0 && strcmp(life, VM_LIFE_EPHEMERAL) == 0)
        return "This VM is destroyed when it stops, so it has no time to stop at.";
    *field = VM_SCHEDULE_KEEP;
    if (schedule->snapshot_minute >= 0 &&
        (schedule->keep < 1 || schedule->keep > LIMIT_SCHEDULED_SNAPSHOTS))
        return arena_printf(arena, "Keep 1 to %d daily snapshots.", LIMIT_SCHEDULED_SNAPSHOTS);
    return NULL;
}

/* ---- as words ---- */

const char *vm_schedule_day(int day)
{
    static const char *const names[VM_SCHEDULE_DAYS] = { "Mon", "Tue", "Wed", "Thu",
                                                         "Fri", "Sat", "Sun" };

    return names[day];
}

static const char *clock_of(struct arena *arena, int64_t minute)
{
    return arena_printf(arena, "%02d:%02d", (int)(minute / 60), (int)(minute % 60));
}

static void run_words(const struct vm_schedule *schedule, struct buf *words)
{
    bool starts = schedule->start_minute >= 0, stops = schedule->stop_minute >= 0;
    const char *between = " (";

    if (starts)
        buf_printf(words, "Starts %s", clock_of(words->arena, schedule->start_minute));
    if (stops)
        buf_printf(words, "%s %s", starts ? ", stops" : "Stops",
                   clock_of(words->arena, schedule->stop_minute));
    for (int i = 0; i < VM_SCHEDULE_DAYS; i++) {
        if (schedule->days >> i & 1) {
            buf_printf(words, "%s%s", between, vm_schedule_day(i));
            between = ", ";
        }
    }
    buf_literal(words, ")");
}

const char *vm_schedule_words(struct arena *arena, const struct vm_schedule *schedule)
{
    struct buf words = buf_new(arena, 256);

    if (schedule->start_minute >= 0 || schedule->stop_minute >= 0)
        run_words(schedule, &words);
    if (schedule->snapshot_minute >= 0)
        buf_printf(&words, "%sSnapshot daily %s, %lld kept", words.length ? ". " : "",
                   clock_of(arena, schedule->snapshot_minute), (long long)schedule->keep);
    buf_printf(&words, ", %s", schedule->zone);
    return words.bytes;
}

/* ---- the command ---- */

static const int64_t *minute_of(const int64_t *minute)
{
    return *minute >= 0 ? minute : NULL;
}

struct error *vm_schedule_set(const struct context *context, const struct actor *actor,
                              const char *id, const struct vm_schedule *schedule)
{
    bool is_none =
        schedule->start_minute < 0 && schedule->stop_minute < 0 && schedule->snapshot_minute < 0;
    struct vm_get_row vm;
    struct error *e = sql_vm_get(context->db, context->arena, actor->team_id, id, &vm);

    if (!e && vm.gone_at)
        e = error_new(context->arena, ERROR_CONFLICT, "vm %s is gone", id);
    if (!e)
        e = restriction_check(context, actor);
    if (!e)
        e = sql_vm_set_schedule(
            context->db, context->arena, actor->team_id, id, is_none ? NULL : schedule->zone,
            schedule->days, minute_of(&schedule->start_minute), minute_of(&schedule->stop_minute),
            minute_of(&schedule->snapshot_minute),
            schedule->snapshot_minute >= 0 ? &schedule->keep : NULL, context->now_at);
    return e ? e
             : audit_add(
                   context,
                   &(struct audit_entry){
                       .team_id = actor->team_id,
                       .action = AUDIT_VM_SCHEDULE,
                       .vm_id = id,
                       .detail = is_none ? "None" : vm_schedule_words(context->arena, schedule),
                       .person_id = actor->person_id,
                   });
}

/* ---- what is due ---- */

static struct error *refusal_note(const struct context *context,
                                  const struct vm_schedule_get_row *vm, const char *what,
                                  const char *why)
{
    return audit_add(context, &(struct audit_entry){
                                  .team_id = vm->team_id,
                                  .action = AUDIT_VM_REPORT,
                                  .vm_id = vm->id,
                                  .what = what,
                                  .detail = why,
                                  .by_system = true,
                                  .is_refused = true,
                              });
}

/* A host that is away comes back: it is no refusal, and what is due stays so. */
static bool is_away(const struct error *e)
{
    return e && e->code && strcmp(e->code, "host_unreachable") == 0;
}

/* `*refusal`: nothing of it may be committed; it is told in the activity. */
static struct error *run_do(const struct context *context, const struct vm_schedule_get_row *vm,
                            enum vm_schedule_act act, const char **refusal)
{
    const struct actor system = actor_system(vm->team_id, "By its schedule");
    bool is_start = act == VM_SCHEDULE_START;
    enum vm_trigger trigger = is_start ? VM_REQUEST_START : VM_REQUEST_STOP;
    struct error *e;

    if (strcmp(vm->state, is_start ? VM_STATE_RUNNING : VM_STATE_STOPPED) == 0)
        return NULL;
    e = vm_command_send(context, &system, vm->id, trigger, NULL);
    if (!e || !e->message || is_away(e))
        return e;
    *refusal = e->message;
    return NULL;
}

/* That the oldest one goes, unless that has failed since the last time: it is tried again at the
 * next. */
static struct error *oldest_delete(const struct context *context, const struct actor *actor,
                                   const struct vm_schedule_get_row *vm, const char *oldest_id)
{
    struct job_last_row job;
    struct error *e = sql_job_last(context->db, context->arena, vm->team_id, vm->id, &job);

    if (e)
        return e;
    if (strcmp(job.kind, VM_JOB_SNAPSHOT_DELETE) == 0 && strcmp(job.state, JOB_STATE_FAILED) == 0 &&
        job.snapshot_id && strcmp(job.snapshot_id, oldest_id) == 0 &&
        job.ended_at_ms / 1000 > vm->snapshot_done_at)
        return error_refuse(context->arena, ERROR_CONFLICT, "snapshot_not_deleted", NULL,
                            "The oldest scheduled snapshot could not be deleted.");
    return vm_command_snapshot_replace(context, actor, vm->id, oldest_id);
}

static struct error *snapshot_do(const struct context *context,
                                 const struct vm_schedule_get_row *vm, bool *is_later,
                                 const char **refusal)
{
    const struct actor system = actor_system(vm->team_id, "By its schedule");
    struct snapshot_scheduled_row oldest;
    struct error *e =
        sql_snapshot_scheduled(context->db, context->arena, vm->team_id, vm->id, &oldest);

    if (!e && oldest.total >= vm->snapshot_keep) {
        *is_later = true; /* once it is gone */
        e = oldest_delete(context, &system, vm, oldest.id);
    } else if (!e) {
        e = vm_command_snapshot(context, &system, vm->id,
                                arena_printf(context->arena, "Daily, %s",
                                             date_minute(context->arena, context->now_at)));
        if (!e)
            e = sql_snapshot_set_scheduled(context->db, context->arena, vm->team_id, vm->id);
    }
    if (!e || !e->message || is_away(e))
        return e;
    *is_later = false;
    *refusal = e->message;
    return NULL;
}

/* One of both, or what its refusal leaves: in a transaction of its own. */
static struct error *part_do(const struct context *context, const struct vm_schedule_get_row *vm,
                             enum vm_schedule_act act, const char **refusal)
{
    bool is_later = false;
    struct error *e =
        act ? run_do(context, vm, act, refusal) : snapshot_do(context, vm, &is_later, refusal);

    if (e || *refusal || is_later)
        return e;
    return act ? sql_vm_set_run_done(context->db, context->arena, vm->id, context->now_at)
               : sql_vm_set_snapshot_done(context->db, context->arena, vm->id, context->now_at);
}

static struct error *refused_do(const struct context *context, const struct vm_schedule_get_row *vm,
                                enum vm_schedule_act act, const char *refusal)
{
    struct error *e = refusal_note(context, vm,
                                   act == VM_SCHEDULE_START  ? "Scheduled start refused"
                                   : act == VM_SCHEDULE_STOP ? "Scheduled stop refused"
                                                             : "Scheduled snapshot refused",
                                   refusal);

    if (e)
        return e;
    return act ? sql_vm_set_run_done(context->db, context->arena, vm->id, context->now_at)
               : sql_vm_set_snapshot_done(context->db, context->arena, vm->id, context->now_at);
}

static bool is_at_rest(const struct vm_schedule_get_row *vm)
{
    return strcmp(vm->state, VM_STATE_RUNNING) == 0 || strcmp(vm->state, VM_STATE_STOPPED) == 0;
}

static struct vm_schedule schedule_of(const struct vm_schedule_get_row *vm)
{
    return (struct vm_schedule){ vm->zone,
                                 vm->run_days,
                                 vm->has_start ? vm->start_minute : VM_SCHEDULE_NONE,
                                 vm->has_stop ? vm->stop_minute : VM_SCHEDULE_NONE,
                                 vm->has_snapshot ? vm->snapshot_minute : VM_SCHEDULE_NONE,
                                 vm->snapshot_keep };
}

/* Starts and stops go before snapshots. False: nothing is due, or the VM is busy. */
static bool is_due(const struct context *context, const struct vm_schedule_get_row *vm,
                   enum vm_schedule_act *act)
{
    const struct vm_schedule schedule = schedule_of(vm);

    *act = vm_schedule_due(&schedule, vm->run_done_at, context->now_at);
    if (!is_at_rest(vm))
        return false;
    return *act || vm_schedule_last(schedule.zone, EVERY_DAY, schedule.snapshot_minute,
                                    vm->snapshot_done_at, context->now_at);
}

static struct error *one_run(const struct context *context, const char *id)
{
    struct vm_schedule_get_row vm;
    enum vm_schedule_act act;
    const char *refusal = NULL;
    struct error *e = db_begin(context->db, context->arena);

    if (!e)
        e = sql_vm_schedule_get(context->db, context->arena, id, &vm);
    if (!e && is_due(context, &vm, &act)) {
        e = part_do(context, &vm, act, &refusal);
        if (!e && refusal) {
            db_rollback(context->db); /* what it had begun */
            e = db_begin(context->db, context->arena);
            if (!e)
                e = refused_do(context, &vm, act, refusal);
        }
    }
    if (!e)
        e = db_commit(context->db, context->arena);
    db_rollback(context->db);
    return is_away(e) || (e && e->kind == ERROR_NOT_FOUND) ? NULL : e;
}

struct error *vm_schedule_run(const struct context *context)
{
    struct vm_schedule_all_rows vms;
    struct error *e = sql_vm_schedule_all(context->db, context->arena, &vms);

    for (size_t i = 0; !e && i < vms.count; i++) {
        struct error *failure = one_run(context, vms.row[i].id);

        /* The others have their turn. */
        if (failure)
            log_error("vm_schedule", log_text("vm", vms.row[i].id),
                      log_text("error", failure->text));
    }
    return e;
}
