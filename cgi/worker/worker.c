/*
 * The worker: the one long-running program that nginx never calls. Starts the threads and wakes
 * them: some work off jobs (job.c), one for each region compares host and database (reconcile.c),
 * one measures (usage.c), one sends mail (mailer.c), one applies what services tell (inbox.c);
 * where teams pay, one runs errands to Stripe (errand.c) and one keeps plans and hands in use
 * (plan_keeper.c, meter.c). The main thread waits for calls (waker.c), ends closed teams, and
 * deletes what is old.
 *
 *     worker [--state DIR]
 *
 * It may be killed at any moment: whatever is started next goes on from the database.
 */
#include "base/clock.h"
#include "base/limit.h"
#include "base/log.h"
#include "billing/errand.h"
#include "billing/meter.h"
#include "billing/plan_keeper.h"
#include "model/prices.h"
#include "worker/closing.h"
#include "worker/crew.h"
#include "worker/inbox.h"
#include "worker/job.h"
#include "worker/lock.h"
#include "worker/mailer.h"
#include "worker/reconcile.h"
#include "worker/retention.h"
#include "worker/usage.h"
#include "worker/waker.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LOOK_EVERY_MS = 1000, /* a lost call costs no more than that */
    RETENTION_EVERY_S = 3600,
    CLOSING_EVERY_S = 10,
    START_BYTES = 4 * 1024 * 1024,
};

struct worker {
    struct arena *arena; /* of the process */
    const struct config *config;
    struct bench *bench; /* the main thread's */
    struct crew *crew;
    struct crew *mail_crew; /* of one */
    struct mailer *mailer;
    struct crew *errands; /* those who run errands wait apart */
    struct waker *waker;
    int64_t retention_at, closing_at; /* when it is time again */
};

/* ---- threads ---- */

static void error_tell(const char *event, const struct error *e)
{
    log_error(event, log_text("error", e->text));
}

static void jobs_run(struct crew_seat *seat)
{
    struct worker *worker = seat->context;
    struct error *e;
    struct job job;
    bool has_one;

    for (;;) {
        crew_wait(worker->crew);
        do {
            e = job_take(seat->bench, &job, &has_one);
            if (e) {
                error_tell("job_take", e);
                break; /* the main thread calls again soon */
            }
            if (!has_one)
                break;
            /* There may be more: the next one looks while this one works. */
            crew_call(worker->crew);
            job_do(&job);
            waker_ring(worker->waker);
        } while (has_one);
    }
}

static void region_run(struct crew_seat *seat)
{
    for (;;) {
        struct error *e = reconcile_region(seat->bench, &seat->bench->config->regions[seat->index]);

        if (e)
            error_tell("reconcile", e);
        bench_rest(seat->bench, LIMIT_RECONCILE_EVERY_S * 1000);
    }
}

static void usage_run(struct crew_seat *seat)
{
    struct usage *usage = usage_new(seat->bench);

    for (;;) {
        int64_t begun_us = clock_monotonic_us();
        struct error *e = usage_round(usage);
        int64_t rest_ms = LIMIT_USAGE_EVERY_S * 1000 - (clock_monotonic_us() - begun_us) / 1000;

        if (e)
            error_tell("usage", e);
        bench_rest(seat->bench, rest_ms > 0 ? rest_ms : 0);
    }
}

static void inbox_run(struct crew_seat *seat)
{
    struct worker *worker = seat->context;
    struct inbox *inbox = NULL;
    struct error *e = inbox_open(arena_new(START_BYTES), seat->bench, &inbox);
    size_t taken;

    if (e) {
        error_tell("inbox", e);
        _exit(1); /* as at any other start that fails */
    }
    for (;;) {
        e = inbox_round(inbox, &taken);
        if (e)
            error_tell("inbox", e);
        if (taken)
            waker_ring(worker->waker); /* an event may have asked for a job */
        else
            inbox_wait(inbox, LOOK_EVERY_MS);
    }
}

static void mails_run(struct crew_seat *seat)
{
    struct worker *worker = seat->context;
    struct error *e;
    bool has_one;

    for (;;) {
        crew_wait(worker->mail_crew);
        do {
            e = mailer_work(worker->mailer, seat->bench, &has_one);
            if (e)
                error_tell("mailer_work", e);
        } while (has_one);
    }
}

static void errands_run(struct crew_seat *seat)
{
    struct worker *worker = seat->context;
    bool has_one;

    for (;;) {
        crew_wait(worker->errands);
        do {
            struct error *e = errand_run(seat->bench, clock_now_ms(), &has_one);

            if (e)
                error_tell("errand", e);
            has_one = has_one && !e;
        } while (has_one);
    }
}

/* Plans, then use: each at its own pace, and each goes on when another fails. */
static void billing_run(struct crew_seat *seat)
{
    static const struct {
        const char *name;
        struct error *(*work)(struct bench *bench, int64_t now_at);
    } works[] = {
        { "plan_sync", plan_sync },         { "plan_keep", plan_keep },
        { "meter_write", meter_write },     { "meter_send", meter_send },
        { "meter_compare", meter_compare }, { "errand_forget", errand_forget },
    };

    for (;;) {
        for (size_t i = 0; i < sizeof works / sizeof works[0]; i++) {
            struct error *e;

            arena_reset(seat->bench->arena);
            e = works[i].work(seat->bench, clock_now());
            if (e)
                error_tell(works[i].name, e);
        }
        bench_rest(seat->bench, LIMIT_PLAN_EVERY_S * 1000);
    }
}

static struct error *threads_start(struct worker *worker)
{
    struct error *e = NULL;

    for (size_t i = 0; !e && i < LIMIT_WORKER_THREADS; i++)
        e = crew_start(worker->crew, worker->arena, jobs_run, worker, i);
    for (size_t i = 0; !e && i < worker->config->region_count; i++)
        e = crew_start(worker->crew, worker->arena, region_run, worker, i);
    if (!e)
        e = crew_start(worker->crew, worker->arena, usage_run, worker, 0);
    if (!e)
        e = crew_start(worker->mail_crew, worker->arena, mails_run, worker, 0);
    if (!e && config_bills(worker->config))
        e = crew_start(worker->errands, worker->arena, errands_run, worker, 0);
    if (!e && config_bills(worker->config))
        e = crew_start(worker->errands, worker->arena, billing_run, worker, 0);
    return e ? e : crew_start(worker->crew, worker->arena, inbox_run, worker, 0);
}

/* ---- the main thread ---- */

/* How long to wait for the next job that is due later; those that are due now have been called out.
 */
static int64_t wait_ms(struct worker *worker)
{
    struct job_next_due_row next = { .due_at_ms = 0 };
    int64_t now_ms = clock_now_ms();
    struct error *e = sql_job_next_due(worker->bench->db, worker->bench->arena, &next);

    if (e)
        error_tell("job_next_due", e);
    if (next.due_at_ms <= now_ms || next.due_at_ms - now_ms > LOOK_EVERY_MS)
        return LOOK_EVERY_MS;
    return next.due_at_ms - now_ms;
}

/* What the main thread itself does from time to time. */
static void chores_do(struct worker *worker)
{
    struct bench *bench = worker->bench;
    int64_t now_at = clock_now();
    struct error *e = NULL;

    if (now_at >= worker->retention_at) {
        worker->retention_at = now_at + RETENTION_EVERY_S;
        e = retention_run(bench->db, bench->arena, bench->config);
        if (e)
            error_tell("retention", e);
    }
    if (now_at >= worker->closing_at) {
        worker->closing_at = now_at + CLOSING_EVERY_S;
        e = closing_run(bench->db, bench->arena);
        if (e)
            error_tell("closing", e);
    }
}

static void worker_run(struct worker *worker)
{
    do {
        arena_reset(worker->bench->arena);
        chores_do(worker);
        crew_call(worker->crew);
        crew_call(worker->mail_crew);
        crew_call(worker->errands);
    } while (waker_wait(worker->waker, wait_ms(worker)) != WAKER_END);
}

/* ---- start and end ---- */

/* A missing key stops the start, not the first errand. */
static struct error *stripe_check(struct worker *worker)
{
    const struct stripe *stripe;

    return config_bills(worker->config) ? bench_stripe(worker->bench, worker->arena, &stripe)
                                        : NULL;
}

static struct error *worker_start(struct worker *worker, const char *state_dir)
{
    struct config *config;
    struct error *e = config_load(worker->arena, state_dir, &config);

    worker->config = config;
    if (!e)
        e = lock_take(worker->arena, config);
    if (!e)
        e = bench_open(worker->arena, config, &BENCH_PACE, &worker->bench);
    if (!e)
        e = prices_store(worker->bench->db, worker->arena, config, clock_now());
    if (!e)
        e = stripe_check(worker);
    if (!e)
        e = sql_job_recover(worker->bench->db, worker->arena, clock_now_ms());
    if (!e)
        e = mailer_open(worker->arena, config, &worker->mailer);
    if (!e)
        e = mailer_recover(worker->bench, worker->arena);
    if (!e)
        e = waker_open(worker->arena, config, &worker->waker);
    if (e)
        return e;
    worker->crew = crew_new(worker->arena, config);
    worker->mail_crew = crew_new(worker->arena, config);
    worker->errands = crew_new(worker->arena, config);
    return threads_start(worker);
}

static const char *state_dir_find(int argc, char **argv)
{
    static const struct option options[] = { { "state", required_argument, NULL, 's' }, { 0 } };
    const char *dir = getenv("DOMICILE_STATE");
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option != 's')
            return NULL;
        dir = optarg;
    }
    if (optind != argc)
        return NULL;
    return realpath(dir ? dir : "var", NULL);
}

/* Private host keys pass through this memory: it must not end in a core file, nor files in others'
 * hands. */
static void process_guard(void)
{
    const struct rlimit none = { 0, 0 };

    setrlimit(RLIMIT_CORE, &none);
    umask(077);
}

int main(int argc, char **argv)
{
    struct worker worker = { .arena = arena_new(START_BYTES) };
    const char *state_dir = state_dir_find(argc, argv);
    struct error *e;

    log_open("worker");
    process_guard();
    if (!state_dir) {
        fputs("usage: worker [--state DIR]\nDIR (or DOMICILE_STATE, or var) must exist\n", stderr);
        return 2;
    }
    e = worker_start(&worker, state_dir);
    if (e) {
        error_tell("start", e);
        return 1;
    }
    log_info("start", log_number("threads", LIMIT_WORKER_THREADS),
             log_number("regions", (int64_t)worker.config->region_count));
    worker_run(&worker);
    waker_close(worker.waker);
    log_info("end", log_text("by", "signal"));
    /* Threads are left as they are, as by kill -9: what they do goes on at the next start. */
    _exit(0);
}
