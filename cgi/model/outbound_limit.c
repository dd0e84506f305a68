/*
 * Nothing is sent to hosts that the policy does not list; see outbound.h. A file of its own: most
 * programs send nothing, and do without libcurl.
 */
#include "model/outbound.h"
#include "model/recipient.h"

static struct recipient_rows listed;

static bool is_listed(const char *host)
{
    return recipient_find(&listed, host) != NULL;
}

void outbound_limit(struct arena *arena, const struct config *config)
{
    listed = recipient_list(arena, config);
    transfer_limit(is_listed);
}
