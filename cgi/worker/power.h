/* A VM's power state as reported by a host, in the terms of the database and of the state table. */
#pragma once

#include "host/driver.h"
#include "model/vm_state.h"

/* As in vm.observed: "absent", "stopped", "running", "paused". */
const char *power_word(enum driver_power power);

/* A paused VM counts as running: the host has suspended it temporarily. */
enum vm_trigger power_event(enum driver_power power);
