/* Whether the hosts can be reached; see host_check.h. The reconciler records it. */
#include "model/host_check.h"

#include <string.h>

struct error *host_check(const struct context *context, const char *region)
{
    struct region_status_get_row status;
    struct error *e = sql_region_status_get(context->db, context->arena, region, &status);

    if (e && e->kind == ERROR_NOT_FOUND)
        return NULL; /* the worker has not reported yet */
    if (e || !status.error)
        return e;
    return error_refuse(context->arena, ERROR_CONFLICT, "host_unreachable", NULL,
                        "Not available while the VM host can’t be reached.");
}

bool host_is_away(const struct region_status_list_rows *hosts, const char *region)
{
    for (size_t i = 0; i < hosts->count; i++) {
        if (strcmp(hosts->row[i].region, region) == 0)
            return hosts->row[i].error != NULL;
    }
    return false;
}
