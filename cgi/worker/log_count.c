/* Counts of requests; see log_count.h. */
#include "worker/log_count.h"

#include "base/clock.h"
#include "base/date.h"
#include "base/limit.h"
#include "base/log.h"
#include "main_constants.sql.h"
#include "worker/log_day.h"

#include "log_day.sql.h"
#include "request_count.sql.h"
#include "source_count.sql.h"

static const char *const who_names[LOG_WHO] = {
    [LOG_TEAMS] = REQUEST_COUNT_WHO_TEAMS,
    [LOG_VISITORS] = REQUEST_COUNT_WHO_VISITORS,
};

/* A day on its way into the table, of teams or of visitors. */
struct fold {
    const struct context *context;
    const char *who;
    int64_t day_at;
    int64_t from_at; /* the first of the days that waited for it, or itself */
    struct log_cells cells;
    struct log_cell rest; /* all that are of too few */
    const char *state;    /* of the day, and of those that waited for it */
    bool is_counted;
};

static struct error *cell_write(const struct fold *fold, const struct log_cell *cell,
                                int64_t from_at)
{
    return sql_request_count_put(fold->context->db, fold->context->arena, fold->day_at, from_at,
                                 fold->who, cell->program, cell->route, cell->status_class,
                                 cell->requests, cell->took_us / 1000, cell->crowd);
}

static bool is_enough(const struct log_cell *cell)
{
    return cell->crowd >= LIMIT_CROWD && cell->requests >= LIMIT_CROWD;
}

static void rest_add(struct fold *fold, struct log_cell *cell, int64_t crowd)
{
    fold->rest.requests += cell->requests;
    fold->rest.took_us += cell->took_us;
    fold->rest.crowd = crowd;
    cell->requests = 0;
}

/*
 * Those of too few go to the rest. Of visitors it has as many as there are requests; how many teams
 * are in it, nobody knows.
 */
static void small_fold(struct fold *fold, bool is_visitors)
{
    for (size_t i = 0; i < fold->cells.count; i++) {
        struct log_cell *cell = &fold->cells.cell[i];

        if (!is_enough(cell))
            rest_add(fold, cell, is_visitors ? fold->rest.crowd + cell->requests : 0);
    }
}

/* The smallest of enough; NULL: there is none. */
static struct log_cell *smallest(const struct fold *fold)
{
    struct log_cell *least = NULL;

    for (size_t i = 0; i < fold->cells.count; i++) {
        struct log_cell *cell = &fold->cells.cell[i];

        if (cell->requests && (!least || cell->requests < least->requests))
            least = cell;
    }
    return least;
}

/*
 * The days of this week that waited, without a gap until this day: which teams were there in a gap
 * is in no log, but web/crowd.c may have counted them.
 */
static struct error *pending_add(struct fold *fold, enum log_who who)
{
    struct log_cell waited = { .requests = 0 };
    int64_t next_at = 0;
    struct log_day_pending_rows days;
    struct error *e = sql_log_day_pending(fold->context->db, fold->context->arena, fold->who,
                                          date_week_start(fold->day_at), fold->day_at, &days);

    for (size_t i = 0; !e && i < days.count; i++) {
        struct log_day day;

        e = log_day_read(fold->context, days.row[i].day_at, &day);
        if (e || day.is_incomplete)
            continue;
        if (days.row[i].day_at != next_at) {
            waited = (struct log_cell){ .requests = 0 };
            fold->from_at = days.row[i].day_at;
        }
        for (size_t j = 0; j < day.of[who].count; j++) {
            waited.requests += day.of[who].cell[j].requests;
            waited.took_us += day.of[who].cell[j].took_us;
        }
        next_at = days.row[i].day_at + A_DAY_S;
    }
    if (next_at == fold->day_at)
        rest_add(fold, &waited, who == LOG_VISITORS ? fold->rest.crowd + waited.requests : 0);
    else
        fold->from_at = fold->day_at;
    return e;
}

/* Reads only. */
static struct error *fold_make(struct fold *fold, const struct log_day *day, enum log_who who)
{
    struct log_cell *least;
    struct error *e;

    fold->state = LOG_DAY_STATE_LOST;
    if (day->is_incomplete)
        return NULL;
    small_fold(fold, who == LOG_VISITORS);
    e = pending_add(fold, who);
    if (e)
        return e;
    least = smallest(fold);
    /* That so many teams were there says nothing of what is left when others are counted apart. */
    if (who == LOG_TEAMS && !least && day->crowd_since >= fold->from_at)
        fold->rest.crowd = LIMIT_CROWD;
    fold->state = LOG_DAY_STATE_COUNTED;
    fold->is_counted = true;
    if (!fold->rest.requests || is_enough(&fold->rest))
        return NULL;
    if (least) {
        rest_add(fold, least, least->crowd);
        return NULL;
    }
    fold->state = LOG_DAY_STATE_PENDING;
    fold->is_counted = false;
    return NULL;
}

static struct error *cells_write(const struct fold *fold)
{
    struct error *e = fold->rest.requests ? cell_write(fold, &fold->rest, fold->from_at) : NULL;

    for (size_t i = 0; !e && i < fold->cells.count; i++) {
        if (fold->cells.cell[i].requests)
            e = cell_write(fold, &fold->cells.cell[i], fold->day_at);
    }
    return e;
}

static struct error *fold_write(const struct fold *fold)
{
    const struct context *context = fold->context;
    struct error *e = sql_log_day_end(context->db, context->arena, fold->who, 0, fold->from_at,
                                      LOG_DAY_STATE_LOST);

    /* Those that this day has taken in wait on with it, or it decides for them. */
    if (!e)
        e = sql_log_day_end(context->db, context->arena, fold->who, fold->from_at, fold->day_at,
                            fold->state);
    if (!e)
        e = sql_log_day_put(context->db, context->arena, fold->day_at, fold->who, fold->state);
    if (!e && fold->is_counted)
        e = cells_write(fold);
    return e;
}

/* From where visitors came; what is of too few is one number, or none if that is of too few. */
static struct error *sources_write(const struct context *context, int64_t day_at,
                                   const struct log_day *day)
{
    int64_t rest = 0;
    struct error *e = NULL;

    if (day->is_incomplete)
        return NULL;
    for (size_t i = 0; !e && i < day->sources.count; i++) {
        const struct log_cell *source = &day->sources.cell[i];

        if (source->requests >= LIMIT_CROWD)
            e = sql_source_count_put(context->db, context->arena, day_at, source->route,
                                     source->requests);
        else
            rest += source->requests;
    }
    return e || rest < LIMIT_CROWD
               ? e
               : sql_source_count_put(context->db, context->arena, day_at, "", rest);
}

static struct error *day_fold(const struct context *context, int64_t day_at)
{
    struct fold folds[LOG_WHO];
    struct log_day day;
    struct error *e = log_day_read(context, day_at, &day);

    for (enum log_who who = 0; !e && who < LOG_WHO; who++) {
        folds[who] = (struct fold){
            .context = context,
            .who = who_names[who],
            .day_at = day_at,
            .from_at = day_at,
            .cells = day.of[who],
            .rest = { .program = "", .route = "" },
        };
        e = fold_make(&folds[who], &day, who);
    }
    if (!e)
        e = db_begin(context->db, context->arena);
    for (enum log_who who = 0; !e && who < LOG_WHO; who++)
        e = fold_write(&folds[who]);
    if (!e)
        e = sources_write(context, day_at, &day);
    if (!e)
        e = db_commit(context->db, context->arena);
    db_rollback(context->db);
    return e;
}

struct error *log_count_run(const struct context *context, bool *is_done)
{
    struct log_day_last_row last;
    struct error *e;
    int64_t day_at;

    if (!context->config->has_counts)
        return NULL;
    e = sql_log_day_last(context->db, context->arena, &last);
    day_at = e ? 0 : log_day_next(context, last.day_at);
    if (!day_at)
        return e;
    e = day_fold(context, day_at);
    if (!e)
        log_info("log_count", log_text("day", date_day_iso(context->arena, day_at)));
    *is_done = e != NULL;
    return e;
}
