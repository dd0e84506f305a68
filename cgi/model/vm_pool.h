/*
 * Pools: VMs that the worker has booted before anybody asked (worker/pool.c). Until one is taken it
 * belongs to nobody; from then on it is an ordinary VM, whose creation finds it running.
 */
#pragma once

#include "model/vm_command.h"

struct vm_pool_vm {
    const char *id;
    int64_t ssh_port; /* 0: it is a new VM, of which the host has nothing yet */
};

/*
 * In an open write transaction: take one that is as `vm` is to be, so that nobody else gets it.
 * There is none, or it is to be a clone or to have a guest agent: a new id.
 */
struct error *vm_pool_take(const struct context *context, const struct vm_new *vm,
                           const char *image_version, struct vm_pool_vm *out);
