/* Measures the promises and stores what was found; see promise.h. */
#include "worker/promise.h"

#include "base/array.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/limit.h"
#include "base/log.h"
#include "base/text.h"
#include "main_constants.sql.h"
#include "model/mail_queue.h"
#include "model/recipient.h"
#include "model/term.h"
#include "worker/probe.h"

#include "promise.sql.h"

#include <string.h>

/* "30 days", "1 day"; of none, what a sweep takes. */
static const char *period_text(struct arena *arena, int64_t seconds, int64_t unit_s,
                               const char *unit)
{
    int64_t count = seconds / unit_s;

    if (seconds == 0)
        return arena_printf(arena, "%d hours", LIMIT_PROMISE_SWEEP_S / (int)AN_HOUR_S);
    return arena_printf(arena, "%lld %s%s", (long long)count, unit, count == 1 ? "" : "s");
}

const char *promise_term_text(struct arena *arena, int64_t seconds)
{
    return seconds >= 2 * 366 * A_DAY_S ? period_text(arena, seconds, 366 * A_DAY_S, "year")
                                        : period_text(arena, seconds, A_DAY_S, "day");
}

static const char *recipients_text(const struct context *now)
{
    size_t count = recipient_list(now->arena, now->config).count;

    if (count == 0)
        return "to no other service";
    if (count == 1)
        return "only to the one recipient that is listed";
    return arena_printf(now->arena, "only to the %zu recipients that are listed", count);
}

/* What stands for a word in braces: the promise's term, or what the configuration says. */
static const char *parameter_text(const struct context *now, const struct promise *promise,
                                  const char *word)
{
    if (text_starts(word, "tls}"))
        return now->config->has_tls13_alone ? "TLS 1.3" : "TLS 1.2 or 1.3";
    if (text_starts(word, "recipients}"))
        return recipients_text(now);
    return text_starts(word, "years}")
               ? period_text(now->arena, promise->term_s, 366 * A_DAY_S, "year")
               : period_text(now->arena, promise->term_s, A_DAY_S, "day");
}

/* The sentence with its parameter: "... deleted after {days}". */
static const char *sentence_of(const struct context *now, const struct promise *promise)
{
    const char *open = strchr(promise->sentence, '{'), *close = open ? strchr(open, '}') : NULL;

    if (!close)
        return promise->sentence;
    return arena_printf(now->arena, "%.*s%s%s", (int)(open - promise->sentence), promise->sentence,
                        parameter_text(now, promise, open + 1), close + 1);
}

static bool is_promised(const struct promise *promise, const struct config *config)
{
    return !promise->is_made || promise->is_made(config);
}

static const char *state_of(const struct promise_reading *reading)
{
    if (!reading->is_known)
        return PROMISE_STATE_UNKNOWN;
    return reading->figure <= reading->figure_max ? PROMISE_STATE_GREEN : PROMISE_STATE_RED;
}

static bool is_due(const struct promise *promise, const struct promise_get_row *before,
                   const struct context *now)
{
    bool is_kept = strcmp(before->state, PROMISE_STATE_GREEN) == 0;
    int64_t every_s = promise->retry_s && !is_kept ? promise->retry_s : promise->every_s;

    return now->now_at - before->checked_at >= every_s;
}

/*
 * The operator's log: once when it changes, not at each measurement. Without the evidence, which
 * may name an address: the command shows it.
 */
static void change_tell(const struct promise *promise, const char *before, const char *after,
                        const struct promise_reading *reading)
{
    if (strcmp(before, after) == 0)
        return;
    if (strcmp(after, PROMISE_STATE_GREEN) == 0)
        log_info("promise", log_text("id", promise->id), log_text("state", after));
    else
        log_error("promise", log_text("id", promise->id), log_text("state", after),
                  log_number("figure", reading->figure), log_number("max", reading->figure_max));
}

/* `checked_at`: 0 if it was not measured yet. */
static struct error *result_store(const struct context *now, const struct promise *promise,
                                  int64_t position, const char *before,
                                  const struct promise_reading *reading, int64_t checked_at)
{
    const char *state = state_of(reading);
    struct error *e = sql_promise_put(
        now->db, now->arena, promise->id, position, promise->topic, sentence_of(now, promise),
        promise->mechanism, promise->every_s, state,
        promise->is_figure_time ? PROMISE_UNIT_SECONDS : PROMISE_UNIT_COUNT, reading->figure,
        reading->figure_max, reading->evidence, checked_at, now->now_at);

    if (!e)
        change_tell(promise, before, state, reading);
    return e;
}

/* A line for one that takes long, until it has been measured for the first time. */
static struct error *one_announce(const struct context *now, const struct promise *promise,
                                  int64_t position)
{
    const struct promise_reading reading = {
        .evidence = "Not run yet. The first run starts within five minutes of the server\u2019s "
                    "start.",
    };

    return result_store(now, promise, position, PROMISE_STATE_UNKNOWN, &reading, 0);
}

static struct error *one_measure(struct worker_context *context, const struct context *now,
                                 const struct promise *promise, int64_t position,
                                 const char *before)
{
    struct promise_reading reading = { .is_known = true, .evidence = "" };
    struct error *problem = promise->check(context, promise, now, &reading);

    if (promise->is_workers && probe_is_ended())
        return NULL; /* it is due at the next start */
    if (problem) {
        log_error("promise", log_text("id", promise->id), log_text("error", problem->text));
        reading = (struct promise_reading){ .evidence = "The check failed. The reason is in the "
                                                        "operator\u2019s log." };
    }
    return result_store(now, promise, position, before, &reading, now->now_at);
}

/* Measures it if it is due; `is_all`: if a command can. */
static struct error *one_look(struct worker_context *context, size_t index, bool is_all)
{
    struct promise promise = PROMISES[index];
    struct context now = worker_context_now(context, context->arena);
    struct promise_get_row before = { .position = -1, .sentence = "" };
    struct error *e = sql_promise_get(now.db, now.arena, promise.id, &before);

    promise.term_s = term_s(now.config, promise.term_s);
    if (e && e->kind == ERROR_NOT_FOUND)
        e = promise.is_workers ? one_announce(&now, &promise, (int64_t)index) : NULL;
    if (e || (is_all && promise.is_workers))
        return e;
    /* One whose place or sentence has changed is due too: the pages show them. */
    if (!is_all && before.position == (int64_t)index &&
        strcmp(before.sentence, sentence_of(&now, &promise)) == 0 &&
        !is_due(&promise, &before, &now))
        return NULL;
    if (promise.is_ready && !promise.is_ready(&now))
        return NULL;
    return one_measure(context, &now, &promise, (int64_t)index,
                       before.checked_at ? before.state : PROMISE_STATE_GREEN);
}

struct error *promise_measure(struct worker_context *context, const char *id)
{
    size_t at = 0;

    while (at < PROMISE_COUNT && strcmp(PROMISES[at].id, id) != 0)
        at++;
    return at < PROMISE_COUNT && is_promised(&PROMISES[at], context->config)
               ? one_look(context, at, true)
               : NULL;
}

static struct error *others_forget(struct worker_context *context)
{
    struct buf ids = buf_new(context->arena, 1024);

    for (size_t i = 0; i < PROMISE_COUNT; i++) {
        if (is_promised(&PROMISES[i], context->config))
            buf_printf(&ids, "%s\"%s\"", ids.length ? "," : "[", PROMISES[i].id);
    }
    buf_char(&ids, ']');
    return sql_promise_delete_others(context->db, context->arena, ids.bytes);
}

static const char *list_of(struct arena *arena, const struct promise_untold_rows *rows)
{
    struct buf buf = buf_new(arena, 256);

    for (size_t i = 0; i < rows->count; i++)
        buf_printf(&buf, "%s%s#%s", i ? " " : "", rows->row[i].sentence, rows->row[i].id);
    return buf.bytes;
}

/*
 * Tells the operator by mail of what has turned red since the last time, in the transaction that
 * marks it as told. One that is broken, mended and broken again is told of once a day (UTC): on the
 * next, if it is still broken then.
 */
static struct error *operator_tell(const struct context *now)
{
    const int64_t day_at = now->now_at - now->now_at % A_DAY_S;
    struct promise_untold_rows untold;
    struct mail mail = { .kind = "promise_broken", .to = now->config->operator_email };
    struct error *e = sql_promise_untold(now->db, now->arena, day_at, &untold);

    if (e || !untold.count)
        return e;
    mail.at = untold.row[0].changed_at;
    mail.promise = list_of(now->arena, &untold);
    mail.url = arena_printf(now->arena, "%s/status", now->config->public_url);
    mail.once = arena_printf(now->arena, "promise_broken-%s-%lld", untold.row[0].id,
                             (long long)(day_at / A_DAY_S));
    e = db_begin(now->db, now->arena);
    if (!e)
        e = mail_queue(now->db, now->arena, &mail, now->now_at);
    if (!e)
        e = sql_promise_told(now->db, now->arena, day_at, now->now_at);
    if (!e)
        e = db_commit(now->db, now->arena);
    db_rollback(now->db);
    return e;
}

struct error *promise_round(struct worker_context *context, bool is_all)
{
    struct error *e = NULL;
    struct context now;

    promise_files_forget();
    promise_front_forget();
    for (size_t i = 0; !e && i < PROMISE_COUNT; i++) {
        if (!is_promised(&PROMISES[i], context->config))
            continue;
        arena_reset(context->arena);
        e = one_look(context, i, is_all);
    }
    if (!e)
        e = others_forget(context);
    if (e)
        return e;
    now = worker_context_now(context, context->arena);
    return operator_tell(&now);
}
