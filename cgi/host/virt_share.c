/* Shares of the host that libvirt's domains get; see virt.h. */
#include "host/virt_handle.h"

enum { WEIGHT_PER_VCPU = 100, WEIGHT_MOST = 10000, OVERHEAD_KB = 512 * 1024, OVERHEAD_PART = 8 };

static int weight_set(virDomainPtr domain, const virDomainInfo *info)
{
    unsigned long long weight = (unsigned long long)info->nrVirtCpu * WEIGHT_PER_VCPU;
    virTypedParameterPtr values = NULL;
    int count = 0, room = 0, result;

    result = virTypedParamsAddULLong(&values, &count, &room, VIR_DOMAIN_SCHEDULER_CPU_SHARES,
                                     weight < WEIGHT_MOST ? weight : WEIGHT_MOST);
    if (result == 0)
        result =
            virDomainSetSchedulerParametersFlags(domain, values, count, VIR_DOMAIN_AFFECT_LIVE);
    virTypedParamsFree(values, count);
    return result;
}

/*
 * memory.high of cgroup v2: beyond it the kernel reclaims and slows down. libvirt's hard limit
 * would kill the guest, and lets it lock as much memory.
 */
static int memory_set(virDomainPtr domain, const virDomainInfo *info)
{
    unsigned long long most_kb = info->maxMem + info->maxMem / OVERHEAD_PART + OVERHEAD_KB;
    virTypedParameterPtr values = NULL;
    int count = 0, room = 0, result;

    result = virTypedParamsAddULLong(&values, &count, &room, VIR_DOMAIN_MEMORY_SOFT_LIMIT, most_kb);
    if (result == 0)
        result = virDomainSetMemoryParameters(domain, values, count, VIR_DOMAIN_AFFECT_LIVE);
    virTypedParamsFree(values, count);
    return result;
}

struct error *virt_domain_share(struct virt *virt, struct arena *arena, const char *name)
{
    struct error *e;
    virDomainInfo info;
    virDomainPtr domain = virDomainLookupByName(virt->connection, name);

    if (!domain)
        return virt_failure(arena);
    e = virt_checked(arena, virDomainGetInfo(domain, &info));
    if (!e)
        e = virt_checked(arena, weight_set(domain, &info));
    if (!e)
        e = virt_checked(arena, memory_set(domain, &info));
    virDomainFree(domain);
    return e;
}
