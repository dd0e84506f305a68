/* What use costs; see usage_cost.h. The ledger alone knows prices. */
#include "model/usage_cost.h"

#include "model/ledger.h"

#include <time.h>

enum { AN_HOUR_S = 3600 };

static int64_t month_shift(int64_t at, int months)
{
    time_t seconds = (time_t)at;
    struct tm parts;

    gmtime_r(&seconds, &parts);
    parts = (struct tm){ .tm_year = parts.tm_year, .tm_mon = parts.tm_mon + months, .tm_mday = 1 };
    return timegm(&parts);
}

int64_t usage_month_start(int64_t at)
{
    return month_shift(at, 0);
}

int64_t usage_month_next(int64_t at)
{
    return month_shift(at, 1);
}

struct error *usage_cost(struct db *db, struct arena *arena, int64_t team_id, int64_t from_at,
                         int64_t until_at, int64_t *out_millicents)
{
    struct error *e = NULL;

    *out_millicents = 0;
    from_at -= from_at % AN_HOUR_S;
    until_at -= until_at % AN_HOUR_S;
    while (!e && from_at < until_at) {
        int64_t month_at = usage_month_start(from_at), next_at = usage_month_next(from_at);
        int64_t end_at = until_at < next_at ? until_at : next_at;
        int64_t before, after;

        e = ledger_cost(db, arena, team_id, month_at, from_at, &before);
        if (!e)
            e = ledger_cost(db, arena, team_id, month_at, end_at, &after);
        if (!e)
            *out_millicents += after - before;
        from_at = end_at;
    }
    return e;
}
