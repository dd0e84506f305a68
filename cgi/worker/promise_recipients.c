/* Whether data went only to the recipients that are listed; see promise.h. */
#include "worker/promise.h"

#include "base/name_list.h"
#include "model/recipient.h"

#include "outbound.sql.h"

#include <string.h>

/* " Not listed: a, b."; nothing if there are none. */
static const char *part_of(struct arena *arena, const char *what, const struct buf *hosts)
{
    return hosts->length ? arena_printf(arena, " %s: %s.", what, hosts->bytes) : "";
}

static bool was_contacted(const struct outbound_hosts_rows *hosts, const char *host)
{
    for (size_t i = 0; i < hosts->count; i++) {
        if (strcmp(hosts->row[i].host, host) == 0)
            return true;
    }
    return false;
}

/*
 * A host that has left the list since is no breach: it was on it when data was sent there. Nor is
 * one that has come onto it: then the list was wrong, and has been corrected.
 */
struct error *promise_recipients_check(struct worker_context *context,
                                       const struct promise *promise, const struct context *now,
                                       struct promise_reading *out)
{
    const struct recipient_rows listed = recipient_list(now->arena, now->config);
    struct buf silent = buf_new(now->arena, 256), unlisted = buf_new(now->arena, 256);
    struct outbound_hosts_rows hosts;
    struct error *e = sql_outbound_hosts(now->db, now->arena, &hosts);

    (void)context;
    (void)promise;
    for (size_t i = 0; !e && i < hosts.count; i++) {
        if (hosts.row[i].was_listed || recipient_find(&listed, hosts.row[i].host))
            continue;
        out->figure++;
        name_list_add(&unlisted, hosts.row[i].host, strlen(hosts.row[i].host));
    }
    for (size_t i = 0; !e && i < listed.count; i++) {
        if (!was_contacted(&hosts, listed.row[i].host))
            name_list_add(&silent, listed.row[i].host, strlen(listed.row[i].host));
    }
    if (e)
        return e;
    out->evidence =
        arena_printf(now->arena, "%zu host%s contacted in the last 90 days.%s%s", hosts.count,
                     hosts.count == 1 ? "" : "s", part_of(now->arena, "Not listed", &unlisted),
                     part_of(now->arena, "Listed, but not contacted", &silent));
    return NULL;
}
