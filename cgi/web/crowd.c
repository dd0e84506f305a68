/* Enough teams for a count; see crowd.h. */
#include "web/crowd.h"

#include "base/clock.h"
#include "base/date.h"
#include "base/limit.h"
#include "base/log.h"
#include "web/counted.h"
#include "web/route.h"
#include "web/session.h"

struct crowd {
    int64_t teams[LIMIT_CROWD];
    int count;
};

/* One kind of request of the day. */
struct cell {
    const struct route *route; /* NULL: an unknown address */
    int status_class;
    struct crowd crowd;
};

static struct {
    int64_t day_at;
    struct cell cells[LIMIT_CROWD_CELLS];
    size_t cell_count;
    /* Since the last day on which this process has had enough. */
    struct crowd span;
    int64_t span_since;
    bool is_enough; /* today: the span begins anew tomorrow */
} memory;

/* True when the team is the one that makes it enough. */
static bool team_add(struct crowd *crowd, int64_t team_id)
{
    for (int i = 0; i < crowd->count; i++) {
        if (crowd->teams[i] == team_id)
            return false;
    }
    if (crowd->count == LIMIT_CROWD)
        return false;
    crowd->teams[crowd->count++] = team_id;
    return crowd->count == LIMIT_CROWD;
}

static void day_begin(int64_t day_at)
{
    if (day_at == memory.day_at)
        return;
    if (memory.is_enough || date_week_start(day_at) != date_week_start(memory.day_at)) {
        memory.span = (struct crowd){ .count = 0 };
        memory.span_since = day_at;
    }
    memory.is_enough = false;
    memory.day_at = day_at;
    memory.cell_count = 0;
}

/* NULL: there is no room for another kind. */
static struct cell *cell_find(const struct route *route, int status_class)
{
    struct cell *cell = memory.cells;

    for (; cell < memory.cells + memory.cell_count; cell++) {
        if (cell->route == route && cell->status_class == status_class)
            return cell;
    }
    if (memory.cell_count == LIMIT_CROWD_CELLS)
        return NULL;
    memory.cell_count++;
    *cell = (struct cell){ .route = route, .status_class = status_class };
    return cell;
}

void crowd_note(const struct request *r)
{
    struct cell *cell;

    if (counted_as(r) != COUNTED_TEAM)
        return;
    day_begin(r->now_at / A_DAY_S * A_DAY_S);
    cell = cell_find(r->route, r->response.status / 100);
    if (cell && team_add(&cell->crowd, r->session->team_id)) {
        memory.is_enough = true;
        log_info("crowd", log_text("method", r->route ? r->route->method : "-"),
                 log_text("route", r->route ? r->route->pattern : "-"),
                 log_number("status_class", cell->status_class));
    }
    if (team_add(&memory.span, r->session->team_id)) {
        memory.is_enough = true;
        log_info("crowd", log_text("since", date_day_iso(r->arena, memory.span_since)));
    }
}
