/* What a host says of a VM's power, in the words of the database and of the state table. */
#pragma once

#include "host/driver.h"
#include "model/vm_state.h"

/* As in vm.observed: "absent", "stopped", "running", "paused". */
const char *power_word(enum driver_power power);

/* A paused VM counts as running: it is the host that has stopped it for a while. */
enum vm_trigger power_event(enum driver_power power);
