/*
 * The inbox; see event_processor.h. Responsible for taking, retrying and settling events, not for
 * their meaning (workos_events.c, stripe_events.c).
 *
 * Two databases cannot share a commit, so the main one decides: its row in `event` is written with
 * the event's changes, and the inbox is updated afterwards. After a kill in between, the event is
 * found again and recognized as applied.
 */
#include "worker/event_processor.h"

#include "base/array.h"
#include "base/backoff.h"
#include "base/clock.h"
#include "base/limit.h"
#include "base/log.h"
#include "billing/subscriptions.h"
#include "main_constants.sql.h"
#include "model/billing_status_change.h"
#include "model/event.h"
#include "model/outbound.h"
#include "model/state_path.h"
#include "remote/workos.h"
#include "worker/retention.h"
#include "worker/workos_backfill.h"

#include "event.sql.h"
#include "inbox.sql.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

enum {
    ROUND = 50,
    EVENT_BYTES = 32 * 1024 * 1024,
    POLL_FIRST_MS = 2,
    POLL_LAST_MS = 512,
};

struct inbox {
    struct worker_context *context;
    size_t source; /* index in INBOX_SOURCES */
    struct db *db;
    const struct workos *workos; /* for WorkOS's; NULL: identity is not "workos" */
    struct arena *arena;         /* of one event */
    int watch_fd;
    int poll_ms; /* pause before the next poll after a write; 0: no recent write */
};

/* The event types that services may send. */
static const struct {
    const struct event_rule *rules;
    const size_t *count;
} sources[INBOX_COUNT] = {
    [INBOX_STRIPE] = { STRIPE_RULES, &STRIPE_RULE_COUNT },
    [INBOX_WORKOS] = { WORKOS_RULES, &WORKOS_RULE_COUNT },
};

static const char *source_name(const struct inbox *inbox)
{
    return INBOX_SOURCES[inbox->source];
}

/* ---- one event ---- */

static const struct event_rule *rule_find(size_t source, const char *type)
{
    for (size_t i = 0; i < *sources[source].count; i++) {
        const struct event_rule *rule = &sources[source].rules[i];
        size_t length = strlen(rule->type);
        bool is_family = rule->type[length - 1] == '.';

        if (is_family ? strncmp(rule->type, type, length) == 0 : strcmp(rule->type, type) == 0)
            return rule;
    }
    return NULL;
}

/* A service that was turned off may keep sending for a while. NULL: it is in use. */
static const char *unused_reason(const struct inbox *inbox, const struct config *config)
{
    if (inbox->source == INBOX_STRIPE && !config_has_billing(config))
        return "billing = off: nothing here depends on Stripe";
    if (inbox->source == INBOX_WORKOS && strcmp(config->identity, "workos") != 0)
        return "identity is not workos: nothing here depends on WorkOS";
    return NULL;
}

/* In a transaction on the main database: the event's changes, and that it was applied. */
static struct error *event_write(struct event *event, const struct event_rule *rule,
                                 const struct inbox_get_row *row)
{
    struct db *db = event->context.db;
    struct error *e = db_begin(db, event->context.arena);

    if (!e && rule)
        e = rule->record(event);
    if (!e)
        e = sql_event_applied(db, event->context.arena, row->source, row->id, row->type,
                              row->received_at,
                              event->skip ? EVENT_STATE_SKIPPED : EVENT_STATE_APPLIED, event->skip,
                              event->context.now_at);
    if (!e)
        e = db_commit(db, event->context.arena);
    db_rollback(db);
    return e;
}

static struct error *event_try(struct inbox *inbox, const struct inbox_get_row *row)
{
    struct event event = {
        .context = worker_context_now(inbox->context, inbox->arena),
        .workos = inbox->workos,
        .source = row->source,
        .id = row->id,
        .type = row->type,
    };
    const struct event_rule *rule = rule_find(inbox->source, row->type);
    bool is_stripe = inbox->source == INBOX_STRIPE;
    struct error *e = json_read(inbox->arena, row->body.bytes, row->body.length, &event.body);

    if (!rule)
        event.skip = "nothing here depends on events of this type";
    else
        event.skip = unused_reason(inbox, event.context.config);
    if (event.skip)
        rule = NULL;
    if (!e && rule && is_stripe)
        e = worker_context_stripe(inbox->context, inbox->arena, &event.stripe);
    if (is_stripe)
        stripe_sync_lock();
    if (!e && rule && rule->act)
        e = rule->act(&event);
    if (!e)
        e = event_write(&event, rule, row);
    if (is_stripe)
        stripe_sync_unlock();
    outbound_write(&event.context, event.subscriptions ? event.subscriptions->team_id : 0);
    return e;
}

/* A retry would end the same way. */
static bool is_final(const struct error *e)
{
    return e->kind == ERROR_INPUT || e->kind == ERROR_MALFORMED || e->kind == ERROR_NOT_FOUND ||
           e->kind == ERROR_CONFLICT || e->kind == ERROR_FORBIDDEN;
}

static struct error *failure_record(struct inbox *inbox, const struct inbox_get_row *row,
                                    int64_t attempts, const struct error *cause)
{
    struct db *db = inbox->context->db;
    bool is_parked = is_final(cause) || attempts >= LIMIT_EVENT_ATTEMPTS;
    struct error *e = db_begin(db, inbox->arena);

    if (!e)
        e = sql_event_failed(
            db, inbox->arena, row->source, row->id, row->type, row->received_at,
            is_parked ? EVENT_STATE_PARKED : EVENT_STATE_WAITING, cause->text,
            clock_now_ms() + backoff_ms(attempts, LIMIT_EVENT_PAUSE_MS, LIMIT_EVENT_PAUSE_MAX_MS));
    if (!e)
        e = db_commit(db, inbox->arena);
    db_rollback(db);
    if (!e)
        log_error("event", log_text("source", row->source), log_text("type", row->type),
                  log_text("result", is_parked ? EVENT_STATE_PARKED : "later"),
                  log_text("error", cause->text));
    return e;
}

/* `*keep_body`: it will be retried, or the operator may want to retry it. */
static struct error *event_work(struct inbox *inbox, const struct inbox_get_row *row,
                                bool *keep_body)
{
    struct event_get_row known = { .attempts = 0 };
    struct error *cause;
    struct error *e = sql_event_get(inbox->context->db, inbox->arena, row->source, row->id, &known);
    bool is_known = !e;

    *keep_body = false;
    if (e && e->kind != ERROR_NOT_FOUND)
        return e;
    if (is_known && known.applied_at)
        return NULL;
    *keep_body = true;
    if (is_known &&
        (strcmp(known.state, EVENT_STATE_PARKED) == 0 || known.due_at_ms > clock_now_ms()))
        return NULL;
    cause = event_try(inbox, row);
    *keep_body = cause != NULL;
    return cause ? failure_record(inbox, row, known.attempts + 1, cause) : NULL;
}

/* What to record in the inbox about an event. */
struct settlement {
    int64_t position;
    bool keep_body;
};

struct round {
    struct settlement settlements[2 * ROUND];
    size_t count;
};

static struct error *event_take(struct inbox *inbox, const char *id, struct round *round)
{
    struct settlement *settlement = &round->settlements[round->count];
    struct inbox_get_row row;
    struct error *e;

    arena_reset(inbox->arena);
    e = sql_inbox_get(inbox->db, inbox->arena, source_name(inbox), id, &row);
    if (e)
        return e;
    settlement->position = row.position;
    e = event_work(inbox, &row, &settlement->keep_body);
    /*
     * SQLite's lock is not fair: with many events, commit after commit would keep it, and pages
     * that write would wait until they give up.
     */
    context_sleep(inbox->context, LIMIT_EVENT_GAP_MS);
    round->count += !e;
    return e;
}

/*
 * Everything that a round has processed, in one commit. Of the fresh ones it is always the first,
 * without a gap: sql_inbox_fresh() looks behind the last that is settled.
 */
static struct error *settle(struct inbox *inbox, const struct round *round)
{
    struct arena *arena = inbox->context->arena;
    struct error *e;

    if (!round->count)
        return NULL;
    e = db_begin(inbox->db, arena);
    for (size_t i = 0; !e && i < round->count; i++)
        e = sql_inbox_settle(inbox->db, arena, round->settlements[i].position,
                             round->settlements[i].keep_body);
    if (!e)
        e = db_commit(inbox->db, arena);
    db_rollback(inbox->db);
    return e;
}

/* ---- a round ---- */

static struct error *fresh_take(struct inbox *inbox, struct round *round)
{
    struct inbox_fresh_rows fresh;
    struct error *e =
        sql_inbox_fresh(inbox->db, inbox->context->arena, source_name(inbox), ROUND, &fresh);

    for (size_t i = 0; !e && i < fresh.count; i++)
        e = event_take(inbox, fresh.row[i].id, round);
    return e;
}

/* Its receiver can write in its inbox: an event that is gone from there must not hold up others. */
static struct error *missing_park(struct inbox *inbox, const struct event_due_row *due)
{
    const struct inbox_get_row row = { .source = source_name(inbox),
                                       .id = due->id,
                                       .type = due->type,
                                       .received_at = due->received_at };

    return failure_record(inbox, &row, due->attempts + 1,
                          error_new(inbox->arena, ERROR_NOT_FOUND,
                                    "the event is in the inbox no more; send it again"));
}

static struct error *due_take(struct inbox *inbox, struct round *round)
{
    struct arena *arena = inbox->context->arena;
    struct event_due_rows due;
    struct error *e =
        sql_event_due(inbox->context->db, arena, source_name(inbox), clock_now_ms(), ROUND, &due);

    for (size_t i = 0; !e && i < due.count; i++) {
        e = event_take(inbox, due.row[i].id, round);
        if (e && e->kind == ERROR_NOT_FOUND)
            e = missing_park(inbox, &due.row[i]);
    }
    return e;
}

struct error *inbox_round(struct inbox *inbox, size_t *out_taken)
{
    struct round round = { .count = 0 };
    struct error *e, *unsettled;

    arena_reset(inbox->context->arena);
    e = fresh_take(inbox, &round);
    if (!e)
        e = due_take(inbox, &round);
    unsettled = settle(inbox, &round);
    *out_taken = e || unsettled ? 0 : round.count;
    return e ? e : unsettled;
}

/* ---- the schedule ---- */

struct error *inbox_backfill(struct inbox *inbox)
{
    arena_reset(inbox->arena);
    return inbox->workos
               ? workos_backfill(inbox->context->db, inbox->db, inbox->workos, inbox->arena)
               : NULL;
}

struct error *inbox_log_empty(struct inbox *inbox)
{
    return db_log_empty(inbox->db, inbox->context->arena, NULL);
}

struct error *inbox_compact(struct inbox *inbox)
{
    return db_compact(inbox->db, inbox->context->arena);
}

struct error *inbox_delete_old(struct inbox *inbox)
{
    static const struct sweep sweep = { .name = "inbox",
                                        .term = LIMIT_EVENT_KEEP_S,
                                        .remove = sql_inbox_delete_old };
    const struct context now =
        context_at(inbox->db, inbox->context->arena, inbox->context->config, clock_now_ms());
    int64_t transactions = LIMIT_SWEEP_TRANSACTIONS, removed = 0;

    return sweep_run(&now, &sweep, &transactions, &removed);
}

/*
 * A write is noticed before its commit: the rows can be read only once they are on disk. So a write
 * is followed by a few more polls, each after a pause twice as long.
 */
void inbox_wait(struct inbox *inbox, int64_t max_ms)
{
    struct pollfd watch = { .fd = inbox->watch_fd, .events = POLLIN };
    char discarded[4096];
    int length_ms = inbox->poll_ms ? inbox->poll_ms : (int)max_ms;

    if (poll(&watch, 1, length_ms) > 0)
        inbox->poll_ms = POLL_FIRST_MS;
    else if (inbox->poll_ms)
        inbox->poll_ms = inbox->poll_ms < POLL_LAST_MS ? inbox->poll_ms * 2 : 0;
    /* What has changed does not matter: a round reads all. */
    while (read(inbox->watch_fd, discarded, sizeof discarded) > 0)
        ;
}

struct error *inbox_open(struct arena *arena, struct worker_context *context, size_t source,
                         const struct workos *workos, struct inbox **out)
{
    const char *state_dir = context->config->state_dir, *name = INBOX_SOURCES[source];
    struct inbox *inbox = arena_alloc(arena, sizeof *inbox);
    struct error *e =
        db_open(arena, &DB_INBOX, inbox_path(arena, state_dir, name), DB_READ_WRITE, &inbox->db);

    if (e)
        return e;
    inbox->context = context;
    inbox->source = source;
    inbox->workos = source == INBOX_WORKOS ? workos : NULL;
    inbox->arena = arena_new(EVENT_BYTES);
    /* The receivers need no permission to wake the worker: the write itself does. */
    inbox->watch_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (inotify_add_watch(inbox->watch_fd, inbox_folder(arena, state_dir, name), IN_MODIFY) < 0)
        log_error("inbox", log_text("source", name),
                  log_text("error", arena_printf(arena, "not watched: %m")));
    *out = inbox;
    return NULL;
}
