/*
 * Whether VMs are used, for those that end when nobody uses them (model/vm_life.h). A VM is in use
 * in a minute in which somebody is connected by SSH, or it has used more than LIMIT_USE_CPU_PERCENT
 * of one vCPU. Where guests have addresses of their own, the host cannot see their connections:
 * there, traffic of LIMIT_USE_NETWORK_BYTES is use. Counters and connections stay in memory; what
 * is stored is when a VM was last in use, and last measured.
 */
#pragma once

#include "host/driver.h"
#include "model/context.h"

#include <stdbool.h>
#include <stdint.h>

/* What was found of a VM at one moment. */
struct vm_use_sample {
    const char *vm_id;
    int64_t at_us; /* monotonic */
    struct driver_usage counters;
    bool sees_connections; /* else the traffic counts */
    bool is_connected;     /* by SSH, now or a moment ago */
};

/* Whether it was in use between two samples of the same VM; connected in either counts. */
bool vm_use_between(const struct vm_use_sample *before, const struct vm_use_sample *now);

/* Of all VMs; lives as long as its thread. */
struct vm_use;
struct vm_use *vm_use_new(void);

/* A round: begin, add a sample of each VM that can be measured, end. */
void vm_use_begin(struct vm_use *use);
void vm_use_add(struct vm_use *use, const struct vm_use_sample *sample);
/* Records those of which a minute is over, in a transaction of its own. */
struct error *vm_use_end(struct vm_use *use, const struct context *context);
