/* How busy a VM is; see vm_cpu.h. */
#include "model/vm_cpu.h"

#include "base/clock.h"

int64_t vm_cpu_tenths(int64_t cpu_ms, int64_t minutes, int64_t vcpus)
{
    int64_t tenths = cpu_ms * VM_CPU_ALL / (minutes * A_MINUTE_S * 1000 * vcpus);

    return tenths < VM_CPU_ALL ? tenths : VM_CPU_ALL;
}

int64_t vm_cpu_percent(int64_t tenths)
{
    return (tenths + 5) / 10;
}
