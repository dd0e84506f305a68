/*
 * One command for several VMs. Each is a transaction of its own: what is refused for one VM changes
 * nothing about the others.
 */
#pragma once

#include "model/actor.h"
#include "model/context.h"
#include "model/vm_state.h"

struct vm_bulk_act {
    const char *name;    /* in addresses: "stop" */
    const char *doing;   /* "Stopping" */
    const char *refused; /* "stopped" */
    enum vm_trigger trigger;
};

/* NULL: there is no such act. */
const struct vm_bulk_act *vm_bulk_find(const char *name);

/* A VM of several; `reason` is why it was refused. */
struct vm_bulk_row {
    const char *id;
    const char *name; /* "": the team has no such VM */
    const char *reason;
};

struct vm_bulk_rows {
    struct vm_bulk_row *row;
    size_t count;
};

/* The existing VMs with these ids. */
struct error *vm_bulk_names(const struct context *context, const struct actor *actor,
                            const char *const *ids, size_t count, struct vm_bulk_rows *out);

/*
 * Act on each VM; `*refused` are those that were refused, with reasons for people. Begins and
 * commits transactions, so none may be open. After an error, which is about none of the VMs, some
 * of the commands have been given.
 */
struct error *vm_bulk_send(const struct context *context, const struct actor *actor,
                           const struct vm_bulk_act *act, const char *const *ids, size_t count,
                           struct vm_bulk_rows *refused);
