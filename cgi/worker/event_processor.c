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
#include "main_constants.sql.h"
#include "model/billing_status_change.h"
#include "model/event.h"
#include "model/state_path.h"
#include "remote/workos.h"
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
    struct db *dbs[INBOX_COUNT];
    struct workos *workos; /* NULL: identity is not "workos" */
    struct arena *arena;   /* of one event */
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

/* ---- one event ---- */

static const struct event_rule *rule_find(const struct event *event)
{
    for (size_t i = 0; i < INBOX_COUNT; i++) {
        if (strcmp(INBOX_SOURCES[i], event->source) != 0)
            continue;
        for (size_t k = 0; k < *sources[i].count; k++) {
            const char *type = sources[i].rules[k].type;
            size_t length = strlen(type);
            bool is_family = type[length - 1] == '.';

            if (is_family ? strncmp(event->type, type, length) == 0
                          : strcmp(event->type, type) == 0)
                return &sources[i].rules[k];
        }
    }
    return NULL;
}

/* A service that was turned off may keep sending for a while. */
static bool is_wanted(const struct event *event)
{
    return strcmp(event->source, "stripe") != 0 || config_has_billing(event->context.config);
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
    const struct event_rule *rule = rule_find(&event);
    bool is_stripe = strcmp(row->source, "stripe") == 0;
    struct error *e = json_read(inbox->arena, row->body.bytes, row->body.length, &event.body);

    if (!rule)
        event.skip = "nothing here depends on events of this type";
    if (rule && !is_wanted(&event)) {
        event.skip = "billing = off: nothing here depends on Stripe";
        rule = NULL;
    }
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

/* What to record in an inbox about an event. */
struct settlement {
    size_t source;
    int64_t position;
    bool keep_body;
};

static struct error *event_take(struct inbox *inbox, size_t source, const char *id,
                                struct settlement *out)
{
    struct inbox_get_row row;
    struct error *e;

    arena_reset(inbox->arena);
    e = sql_inbox_get(inbox->dbs[source], inbox->arena, INBOX_SOURCES[source], id, &row);
    if (e)
        return e;
    out->source = source;
    out->position = row.position;
    return event_work(inbox, &row, &out->keep_body);
}

/* Everything that a round has processed of a source, in one commit. */
static struct error *settle(struct inbox *inbox, size_t source,
                            const struct settlement *settlements, size_t count)
{
    struct arena *arena = inbox->context->arena;
    struct db *db = inbox->dbs[source];
    struct error *e = db_begin(db, arena);

    for (size_t i = 0; !e && i < count; i++) {
        if (settlements[i].source == source)
            e = sql_inbox_settle(db, arena, settlements[i].position, settlements[i].keep_body);
    }
    if (!e)
        e = db_commit(db, arena);
    db_rollback(db);
    return e;
}

static struct error *settle_all(struct inbox *inbox, const struct settlement *settlements,
                                size_t count)
{
    size_t counts[INBOX_COUNT] = { 0 };
    struct error *e = NULL;

    for (size_t i = 0; i < count; i++)
        counts[settlements[i].source]++;
    for (size_t i = 0; !e && i < INBOX_COUNT; i++)
        e = counts[i] ? settle(inbox, i, settlements, count) : NULL;
    return e;
}

/* ---- a round ---- */

struct error *inbox_backfill(struct inbox *inbox)
{
    arena_reset(inbox->arena);
    return inbox->workos ? workos_backfill(inbox->context->db, inbox->dbs[INBOX_WORKOS],
                                           inbox->workos, inbox->arena)
                         : NULL;
}

struct round {
    struct settlement settlements[(INBOX_COUNT + 1) * ROUND];
    size_t count;
};

static struct error *fresh_take(struct inbox *inbox, size_t source, struct round *round)
{
    struct inbox_fresh_rows fresh;
    struct error *e = sql_inbox_fresh(inbox->dbs[source], inbox->context->arena,
                                      INBOX_SOURCES[source], ROUND, &fresh);

    for (size_t i = 0; !e && i < fresh.count; i++, round->count += !e)
        e = event_take(inbox, source, fresh.row[i].id, &round->settlements[round->count]);
    return e;
}

static struct error *due_take(struct inbox *inbox, struct round *round)
{
    struct arena *arena = inbox->context->arena;
    struct event_due_rows due;
    struct error *e = sql_event_due(inbox->context->db, arena, clock_now_ms(), ROUND, &due);

    for (size_t i = 0; !e && i < due.count; i++, round->count += !e) {
        size_t source = strcmp(due.row[i].source, INBOX_SOURCES[INBOX_STRIPE]) == 0 ? INBOX_STRIPE
                                                                                    : INBOX_WORKOS;

        e = event_take(inbox, source, due.row[i].id, &round->settlements[round->count]);
    }
    return e;
}

static struct error *each_inbox(struct inbox *inbox,
                                struct error *(*act)(struct db *db, struct arena *arena))
{
    struct error *e = NULL;

    arena_reset(inbox->arena);
    for (size_t i = 0; !e && i < INBOX_COUNT; i++)
        e = act(inbox->dbs[i], inbox->arena);
    return e;
}

struct error *inbox_log_empty(struct inbox *inbox)
{
    return each_inbox(inbox, db_log_empty);
}

struct error *inbox_compact(struct inbox *inbox)
{
    return each_inbox(inbox, db_compact);
}

struct error *inbox_round(struct inbox *inbox, size_t *out_taken)
{
    struct round round = { .count = 0 };
    struct error *e = NULL, *unsettled;

    arena_reset(inbox->context->arena);
    for (size_t i = 0; !e && i < INBOX_COUNT; i++)
        e = fresh_take(inbox, i, &round);
    if (!e)
        e = due_take(inbox, &round);
    unsettled = settle_all(inbox, round.settlements, round.count);
    *out_taken = e || unsettled ? 0 : round.count;
    return e ? e : unsettled;
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

static struct error *source_open(struct inbox *inbox, struct arena *arena, size_t source)
{
    const char *state_dir = inbox->context->config->state_dir;
    const char *name = INBOX_SOURCES[source];
    struct error *e = db_open(arena, &DB_INBOX, inbox_path(arena, state_dir, name), DB_READ_WRITE,
                              &inbox->dbs[source]);

    /* The receivers need no permission to wake the worker: the write itself does. */
    if (!e &&
        inotify_add_watch(inbox->watch_fd, inbox_folder(arena, state_dir, name), IN_MODIFY) < 0)
        e = error_new(arena, ERROR_INTERNAL, "watching the inbox of %s: %m", name);
    return e;
}

struct error *inbox_open(struct arena *arena, struct worker_context *context, struct inbox **out)
{
    struct inbox *inbox = arena_alloc(arena, sizeof *inbox);
    struct error *e = NULL;

    inbox->context = context;
    inbox->arena = arena_new(EVENT_BYTES);
    inbox->watch_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    for (size_t i = 0; !e && i < INBOX_COUNT; i++)
        e = source_open(inbox, arena, i);
    if (!e && strcmp(context->config->identity, "workos") == 0)
        e = workos_open(arena, context->config, &inbox->workos);
    *out = inbox;
    return e;
}
