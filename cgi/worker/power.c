/* Names and events of a VM's power states; see power.h. */
#include "worker/power.h"
#include "main_constants.sql.h"

static const struct {
    const char *word;
    enum vm_trigger event;
} powers[] = {
    [DRIVER_ABSENT] = { VM_OBSERVED_ABSENT, VM_REPORTED_ABSENT },
    [DRIVER_STOPPED] = { VM_OBSERVED_STOPPED, VM_REPORTED_STOPPED },
    [DRIVER_RUNNING] = { VM_OBSERVED_RUNNING, VM_REPORTED_RUNNING },
    [DRIVER_PAUSED] = { VM_OBSERVED_PAUSED, VM_REPORTED_PAUSED },
};

const char *power_word(enum driver_power power)
{
    return powers[power].word;
}

enum vm_trigger power_event(enum driver_power power)
{
    return powers[power].event;
}
