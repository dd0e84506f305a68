/* Words and events for a VM's power; see power.h. */
#include "worker/power.h"

static const struct {
    const char *word;
    enum vm_event event;
} powers[] = {
    [DRIVER_ABSENT] = { "absent", VM_FOUND_ABSENT },
    [DRIVER_STOPPED] = { "stopped", VM_FOUND_STOPPED },
    [DRIVER_RUNNING] = { "running", VM_FOUND_RUNNING },
    [DRIVER_PAUSED] = { "paused", VM_FOUND_RUNNING },
};

const char *power_word(enum driver_power power)
{
    return powers[power].word;
}

enum vm_event power_event(enum driver_power power)
{
    return powers[power].event;
}
