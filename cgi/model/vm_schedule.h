/*
 * Schedules of a VM: on some days of the week it is started and stopped at two times of the day,
 * and a snapshot is taken once a day, all in a time zone of its own. What was due while the server
 * was down is done once: the last start or stop, and one snapshot. The system asks for what a
 * person could ask for; what is refused, by the quota or the spending limit, is told in the
 * activity, and the next one is tried.
 */
#pragma once

#include "model/actor.h"
#include "model/context.h"

#include <stdbool.h>
#include <stdint.h>

enum { VM_SCHEDULE_NONE = -1, VM_SCHEDULE_DAYS = 7 };

struct vm_schedule {
    const char *zone;              /* adapter/time_zone.h; NULL: no schedule */
    int64_t days;                  /* of starts and stops: bit 0 is Monday */
    int64_t start_minute;          /* of the day, or VM_SCHEDULE_NONE */
    int64_t stop_minute;           /* the same */
    int64_t snapshot_minute, keep; /* the same; how many such snapshots are kept */
};

/* The last time after `from_at` and until `now_at` at which it is `minute` on one of `days`; 0:
 * none, or `minute` is VM_SCHEDULE_NONE. Looks back for eight days at most. */
int64_t vm_schedule_last(const char *zone, int64_t days, int64_t minute, int64_t from_at,
                         int64_t now_at);

enum vm_schedule_act { VM_SCHEDULE_NOTHING, VM_SCHEDULE_START, VM_SCHEDULE_STOP };

/* The last of both that was due in that time: what the VM is to be now. */
enum vm_schedule_act vm_schedule_due(const struct vm_schedule *schedule, int64_t from_at,
                                     int64_t now_at);

enum vm_schedule_field {
    VM_SCHEDULE_ZONE,
    VM_SCHEDULE_ON_DAYS,
    VM_SCHEDULE_START_AT,
    VM_SCHEDULE_STOP_AT,
    VM_SCHEDULE_KEEP
};

/* What is wrong with a schedule, as a message for *field of its form, or NULL. `life` as in vm. */
const char *vm_schedule_problem(struct arena *arena, const struct vm_schedule *schedule,
                                const char *life, enum vm_schedule_field *field);

/* "Starts 08:00, stops 18:00 (Mon, Tue). Snapshot daily 03:00, 7 kept, UTC"; its zone is set. */
const char *vm_schedule_words(struct arena *arena, const struct vm_schedule *schedule);
/* Three letters, from Monday on. */
const char *vm_schedule_day(int day);

/*
 * Give the actor's VM this schedule, from now on, in an open write transaction; it was checked
 * before. NOT_FOUND: the team has no such VM; CONFLICT if it is gone, or a restriction does not
 * allow it.
 */
struct error *vm_schedule_set(const struct context *context, const struct actor *actor,
                              const char *id, const struct vm_schedule *schedule);

/* For the worker's schedule, in transactions of its own. */
struct error *vm_schedule_run(const struct context *context);
