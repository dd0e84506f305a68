/*
 * How a VM ends when nobody ends it by hand. Its life is one of:
 *   persistent    it stays until it is destroyed;
 *   ephemeral     destroyed when it stops, and, with a time, that long after its creation;
 *   idle_stop     stopped when nobody has used it for a time;
 *   idle_destroy  destroyed when nobody has used it for a time, running or not.
 * Its clock starts with its creation, its last use or "keep running". Whether a VM is used is
 * measured (worker/vm_use.h): what was not measured counts as use. No VM is ended by time without a
 * warning LIMIT_LIFE_WARN_S before. What a host, the billing or a closed account stops has not
 * ended.
 */
#pragma once

#include "model/actor.h"
#include "model/context.h"
#include "vm.sql.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What can be chosen. */
struct vm_life_choice {
    const char *value; /* in forms: "idle_stop-60" */
    const char *label;
    const char *life; /* VM_LIFE_... */
    int64_t minutes;  /* 0: no time */
};

extern const struct vm_life_choice VM_LIFE_CHOICES[];
extern const size_t VM_LIFE_CHOICE_COUNT;

/* What a new VM has if nothing is chosen, by the profile. */
const struct vm_life_choice *vm_life_choice_new(const struct config *config);
/* NULL: there is no such choice. */
const struct vm_life_choice *vm_life_choice_find(const char *value);
/* The choice that a VM has; never NULL. */
const struct vm_life_choice *vm_life_choice_of(const char *life, int64_t minutes);

/* What is known of a VM's life; times in seconds since 1970, 0: never. */
struct vm_life {
    const char *life, *state; /* as in vm */
    int64_t state_at, minutes, clock_at, measured_at, warned_at;
};

struct vm_life vm_life_of(const struct vm_get_row *vm);

/* Whether it is destroyed at its end, not stopped. */
bool vm_life_is_destroyed(const struct vm_life *vm);
/* Whether use starts its clock anew. */
bool vm_life_is_idle(const struct vm_life *vm);

/* When it ends, unless it is used or kept before; 0: its clock does not count now. */
int64_t vm_life_end_at(const struct vm_life *vm, int64_t now_at);

/* What is due now. */
enum vm_life_act { VM_LIFE_STAYS, VM_LIFE_WARN, VM_LIFE_STOP, VM_LIFE_DESTROY };
enum vm_life_act vm_life_act(const struct vm_life *vm, int64_t now_at);

/* Whether a measurement starts the clock anew: it was used, or nobody knows whether it was. */
bool vm_life_is_used(const struct vm_life *vm, bool is_in_use, int64_t now_at);

/* ---- in an open write transaction ---- */

/*
 * Give the actor's VM another life, whose clock begins now, or start its clock anew. NOT_FOUND: the
 * team has no such VM; CONFLICT if it is gone, or a restriction does not allow it; INPUT with a
 * message, "has_schedule", if its schedule would stop an ephemeral one.
 */
struct error *vm_life_set(const struct context *context, const struct actor *actor, const char *id,
                          const struct vm_life_choice *choice);
struct error *vm_life_keep(const struct context *context, const struct actor *actor,
                           const char *id);

/* A VM begins to run: that is use, so the clock of an idle one starts anew. */
struct error *vm_life_begin(const struct context *context, const struct vm_get_row *vm);

/* CONFLICT if stopping would destroy it: that is asked for by its name. */
struct error *vm_life_stop_check(const struct context *context, const struct actor *actor,
                                 const struct vm_get_row *vm);

/* An ephemeral VM, now in `state`, has shut itself down: it is destroyed. Others: nothing. */
struct error *vm_life_ended(const struct context *context, int64_t team_id, const char *id,
                            const char *life, const char *state);

/* For the worker's schedule, in transactions of its own: warn of, and carry out, what is due. */
struct error *vm_life_run(const struct context *context);
