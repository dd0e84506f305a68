/* Cost of usage; see usage_cost.h. Prices are known only to the ledger. */
#include "model/usage_cost.h"

#include "base/clock.h"
#include "base/date.h"
#include "model/ledger.h"

struct error *usage_cost(struct db *db, struct arena *arena, int64_t team_id, int64_t from_at,
                         int64_t until_at, int64_t *out_millicents)
{
    struct error *e = NULL;

    *out_millicents = 0;
    from_at -= from_at % AN_HOUR_S;
    until_at -= until_at % AN_HOUR_S;
    while (!e && from_at < until_at) {
        int64_t month_at = date_month_start(from_at), next_at = date_month_end(from_at);
        int64_t end_at = until_at < next_at ? until_at : next_at;
        int64_t millicents;

        e = ledger_cost_after(db, arena, team_id, month_at, from_at, end_at, &millicents);
        *out_millicents += millicents;
        from_at = end_at;
    }
    return e;
}
