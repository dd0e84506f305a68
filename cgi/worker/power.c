/* Words and events for a VM's power; see power.h. */
#include "worker/power.h"

static const struct {
    const char *word;
    enum vm_trigger event;
} powers[] = {
    [DRIVER_ABSENT] = { "absent", VM_REPORTED_ABSENT },
    [DRIVER_STOPPED] = { "stopped", VM_REPORTED_STOPPED },
    [DRIVER_RUNNING] = { "running", VM_REPORTED_RUNNING },
    [DRIVER_PAUSED] = { "paused", VM_REPORTED_RUNNING },
};

const char *power_word(enum driver_power power)
{
    return powers[power].word;
}

enum vm_trigger power_event(enum driver_power power)
{
    return powers[power].event;
}
