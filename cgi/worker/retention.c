/* Retention; see retention.h. How long is said in limit.h and, for each column, in the schema. */
#include "retention.h"

#include "../lib/clock.h"
#include "../lib/limit.h"

#include "session.sql.h"
#include "signin_link.sql.h"
#include "usage_minute.sql.h"

/* A used or expired link is explained to who tries it again for some time; the schema says a day.
 */
enum { LINK_KEEP_S = 24 * 3600 - LIMIT_SIGNIN_LINK_S - 3600 };

struct error *retention_run(struct db *db, struct arena *arena)
{
    int64_t now = clock_now();
    struct error *e = session_delete_ended(db, arena, now);

    if (!e)
        e = signin_link_delete_old(db, arena, now - LINK_KEEP_S);
    if (!e)
        e = usage_minute_delete_old(db, arena, now - LIMIT_USAGE_KEEP_S);
    return e;
}
