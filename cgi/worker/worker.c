/*
 * The worker: the one long-running program, which nginx never calls. Starts the threads and wakes
 * them: some execute the jobs (job.c), one per region compares host and database (reconcile.c), one
 * measures usage (usage.c), one sends mail (mailer.c), one makes copies of people's data
 * (export.c), one applies webhook events (event_processor.c); where teams pay, two do the work of
 * billing (job_billing.c). The main thread runs the rest of the schedule (schedule.c).
 *
 *     worker [--state DIR]
 *
 * It may be killed at any moment: the next one resumes from the database.
 */
#include "adapter/subprocess.h"
#include "adapter/transfer.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/limit.h"
#include "base/log.h"
#include "billing/stripe_sync.h"
#include "model/audit.h"
#include "model/confinement.h"
#include "model/outbound.h"
#include "model/price_store.h"
#include "model/state_path.h"
#include "remote/workos.h"
#include "worker/about.h"
#include "worker/audit_day.h"
#include "worker/console.h"
#include "worker/event_processor.h"
#include "worker/export.h"
#include "worker/guest_agent.h"
#include "worker/internet.h"
#include "worker/job.h"
#include "worker/lock.h"
#include "worker/mailer.h"
#include "worker/policy_publish.h"
#include "worker/probe.h"
#include "worker/promise.h"
#include "worker/reconcile.h"
#include "worker/schedule.h"
#include "worker/threads.h"
#include "worker/usage.h"
#include "worker/wakeup.h"

#include "export.sql.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    POLL_EVERY_MS = 5000, /* the longest delay after a lost wake-up */
    START_BYTES = 4 * 1024 * 1024,
    WOKEN_ROUNDS = 3,
};

struct worker {
    struct arena *arena; /* the process's */
    const struct config *config;
    struct worker_context *context; /* the main thread's */
    struct threads *threads;
    struct threads *mail_threads; /* a single thread */
    struct mailer *mailer;
    struct workos *workos;               /* NULL: identity is not "workos" */
    struct threads *woken[WOKEN_ROUNDS]; /* a single thread each */
    struct threads *billing_jobs;        /* woken separately */
    struct wakeup *wakeup;
    struct consoles *consoles;
};

/* ---- threads ---- */

static void error_tell(const char *event, const struct error *e)
{
    log_error(event, log_text("error", e->text));
}

/* A full disk and the like do not pass at once: no loop tries again without a pause. */
static void failure_pause(struct thread *thread, const char *event, const struct error *e)
{
    error_tell(event, e);
    context_sleep(thread->context, LIMIT_FAILURE_PAUSE_MS);
}

static void jobs_run(struct thread *thread)
{
    struct worker *worker = thread->shared;
    struct error *e;
    struct job job;
    bool has_one;

    for (;;) {
        wakeup_wait(worker->threads);
        do {
            e = job_take(thread->context, &JOB_CLASS_VM, &job, &has_one);
            if (e)
                failure_pause(thread, "job_take", e);
            if (e || !has_one)
                break; /* the main thread will wake it again soon */
            /* There may be more: the next thread checks while this one works. */
            wakeup_signal(worker->threads);
            job_do(&job);
            worker_wakeup_signal(worker->wakeup);
        } while (has_one);
    }
}

static void region_run(struct thread *thread)
{
    for (;;) {
        struct error *e =
            reconcile_region(thread->context, &thread->context->config->regions[thread->index]);

        if (e)
            error_tell("reconcile", e);
        context_sleep(thread->context, LIMIT_RECONCILE_EVERY_S * 1000);
    }
}

static void usage_run(struct thread *thread)
{
    struct usage *usage = usage_new(thread->context);

    for (;;) {
        int64_t begun_us = clock_monotonic_us();
        struct error *e = usage_round(usage);
        int64_t rest_ms = LIMIT_USAGE_EVERY_S * 1000 - (clock_monotonic_us() - begun_us) / 1000;

        if (e)
            error_tell("usage", e);
        context_sleep(thread->context, rest_ms > 0 ? rest_ms : 0);
    }
}

static void inbox_run(struct thread *thread)
{
    struct worker *worker = thread->shared;
    struct arena *arena = arena_new(START_BYTES);
    struct inbox *inbox;
    struct error *e;
    size_t taken;

    /* Its receiver can break it; the worker's other work goes on. */
    while ((e = inbox_open(arena, thread->context, thread->index, worker->workos, &inbox))) {
        failure_pause(thread, "inbox", e);
        arena_reset(arena);
    }
    for (;;) {
        schedule_run(thread->context, SCHEDULE_INBOX, inbox);
        e = inbox_round(inbox, &taken);
        if (e)
            failure_pause(thread, "inbox", e);
        if (taken)
            worker_wakeup_signal(worker->wakeup); /* an event may have requested a job */
        else
            inbox_wait(inbox, POLL_EVERY_MS);
    }
}

static void mails_run(struct thread *thread)
{
    struct worker *worker = thread->shared;
    struct error *e;
    bool has_one;

    for (;;) {
        wakeup_wait(worker->mail_threads);
        do {
            e = mailer_work(worker->mailer, thread->context, &has_one);
            if (e)
                failure_pause(thread, "mailer_work", e);
        } while (has_one);
    }
}

/* Each in a thread of its own: firewalls do not wait for guest agents that don't answer. */
static struct error *(*const woken_rounds[WOKEN_ROUNDS])(struct worker_context *context) = {
    internet_round, guest_agent_round, export_round
};

static void woken_run(struct thread *thread)
{
    struct worker *worker = thread->shared;

    for (;;) {
        struct error *e = woken_rounds[thread->index](thread->context);

        if (e)
            failure_pause(thread, "round", e);
        wakeup_wait(worker->woken[thread->index]);
    }
}

static void billing_jobs_run(struct thread *thread)
{
    struct worker *worker = thread->shared;
    struct error *e;
    struct job job;
    bool has_one;

    for (;;) {
        wakeup_wait(worker->billing_jobs);
        do {
            e = job_take(thread->context, &JOB_CLASS_BILLING, &job, &has_one);
            if (e)
                failure_pause(thread, "job_take", e);
            if (e || !has_one)
                break;
            /* What Stripe returns is recorded before anything newer is fetched. */
            stripe_sync_lock();
            job_do(&job);
            stripe_sync_unlock();
        } while (has_one);
    }
}

static void erasures_run(struct thread *thread)
{
    struct worker *worker = thread->shared;

    thread->context->workos = worker->workos;
    for (;;) {
        schedule_run(thread->context, SCHEDULE_ERASURE, NULL);
        worker_wakeup_signal(worker->wakeup); /* it may have requested jobs */
        context_sleep(thread->context, LIMIT_ERASURE_EVERY_S * 1000);
    }
}

static void promises_run(struct thread *thread)
{
    for (;;) {
        struct error *e = promise_round(thread->context, false);

        if (e)
            error_tell("promises", e);
        e = about_measure(thread->context);
        if (e)
            error_tell("about", e);
        context_sleep(thread->context, LIMIT_PROMISE_EVERY_S * 1000);
    }
}

/* Of threads that do nothing but their rows of the schedule. */
static const struct {
    enum schedule_thread rows;
    int64_t every_s;
} rounds[] = {
    { SCHEDULE_IMAGES, LIMIT_IMAGE_EVERY_S },
    { SCHEDULE_POOLS, LIMIT_POOL_EVERY_S },
    { SCHEDULE_BILLING, LIMIT_PLAN_EVERY_S },
};

static void rounds_run(struct thread *thread)
{
    for (;;) {
        schedule_run(thread->context, rounds[thread->index].rows, NULL);
        context_sleep(thread->context, rounds[thread->index].every_s * 1000);
    }
}

static struct error *all_threads_start(struct worker *worker)
{
    const struct {
        struct threads *threads;
        void (*run)(struct thread *thread);
    } singles[] = {
        { worker->threads, usage_run },
        { worker->threads, promises_run },
        { worker->threads, erasures_run },
        { worker->mail_threads, mails_run },
        { worker->billing_jobs, billing_jobs_run },
    };
    size_t without = config_has_billing(worker->config) ? 0 : 1; /* the last of each table */
    struct error *e = NULL;

    for (size_t i = 0; !e && i < LIMIT_WORKER_THREADS; i++)
        e = threads_start(worker->threads, worker->arena, jobs_run, worker, i);
    for (size_t i = 0; !e && i < worker->config->region_count; i++)
        e = threads_start(worker->threads, worker->arena, region_run, worker, i);
    for (size_t i = 0; !e && i < COUNT(singles) - without; i++)
        e = threads_start(singles[i].threads, worker->arena, singles[i].run, worker, 0);
    if (!e)
        e = threads_start(worker->threads, worker->arena, consoles_run, worker->consoles, 0);
    for (size_t i = 0; !e && i < COUNT(rounds) - without; i++)
        e = threads_start(worker->threads, worker->arena, rounds_run, worker, i);
    for (size_t i = 0; !e && i < WOKEN_ROUNDS; i++)
        e = threads_start(worker->woken[i], worker->arena, woken_run, worker, i);
    for (size_t i = 0; !e && i < INBOX_COUNT; i++)
        e = threads_start(worker->threads, worker->arena, inbox_run, worker, i);
    return e;
}

/* ---- the main thread ---- */

/*
 * How long to wait for the next job that is due later; those due now have already been signalled.
 */
static int64_t wait_ms(struct worker *worker)
{
    struct job_next_due_row next = { .due_at_ms = 0 };
    int64_t now_ms = clock_now_ms();
    struct error *e = sql_job_next_due(worker->context->db, worker->context->arena,
                                       JOB_CLASS_VM.is_billing, &next);

    if (e)
        error_tell("job_next_due", e);
    if (next.due_at_ms <= now_ms || next.due_at_ms - now_ms > POLL_EVERY_MS)
        return POLL_EVERY_MS;
    return next.due_at_ms - now_ms;
}

static void worker_run(struct worker *worker)
{
    do {
        schedule_run(worker->context, SCHEDULE_MAIN, NULL);
        arena_reset(worker->context->arena);
        log_flush();
        wakeup_signal(worker->threads);
        wakeup_signal(worker->mail_threads);
        for (size_t i = 0; i < WOKEN_ROUNDS; i++)
            wakeup_signal(worker->woken[i]);
        wakeup_signal(worker->billing_jobs);
    } while (!policy_is_replaced() &&
             worker_wakeup_wait(worker->wakeup, wait_ms(worker)) != WAKEUP_END);
}

/* ---- start and end ---- */

/* A missing key fails the start, not the first billing request. */
static struct error *stripe_check(struct worker *worker)
{
    const struct stripe *stripe;

    return config_has_billing(worker->config)
               ? worker_context_stripe(worker->context, worker->arena, &stripe)
               : NULL;
}

/* What the configuration and the environment add to the worker's row of the table. */
static void worker_confine(struct worker *worker)
{
    static const char *const variables[] = { "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME",
                                             "XDG_CACHE_HOME" };
    const struct config *config = worker->config;
    struct sandbox_path *paths =
        arena_array(worker->arena, config->image_count + COUNT(variables) + 5, sizeof *paths);
    size_t count = 0;

    /* Of libraries and of what it starts: /tmp is closed to them. */
    setenv("TMPDIR", arena_printf(worker->arena, "%s/worker", config->state_dir), 1);
    for (size_t i = 0; i < COUNT(variables); i++) {
        if (getenv(variables[i]))
            paths[count++] = (struct sandbox_path){ getenv(variables[i]), SANDBOX_OWN };
    }
    for (size_t i = 0; i < config->image_count; i++)
        paths[count++] = (struct sandbox_path){ config->images[i].dir, SANDBOX_READ };
    if (*config->mail_ca_file)
        paths[count++] = (struct sandbox_path){ config->mail_ca_file, SANDBOX_READ };
    paths[count++] =
        (struct sandbox_path){ command_beside(worker->arena, "ssh_probe"), SANDBOX_RUN };
    paths[count++] =
        (struct sandbox_path){ command_beside(worker->arena, "state_scan"), SANDBOX_RUN };
    paths[count++] =
        (struct sandbox_path){ command_beside(worker->arena, "state_find"), SANDBOX_RUN };
    confinement_enter(worker->arena, config->state_dir, "worker", paths);
}

/* What cannot be given its place must not keep the rest from working: the promise tells of it. */
static void history_adopt(struct worker *worker)
{
    const struct context now = worker_context_now(worker->context, worker->arena);
    struct error *e = audit_adopt(&now);

    if (e)
        error_tell("audit", e);
}

static struct error *worker_start(struct worker *worker, const char *state_dir)
{
    struct policy_held held;
    struct config *config;
    struct error *e = config_load(worker->arena, state_dir, &config);

    worker->config = config;
    if (!e)
        e = state_folders_make(worker->arena, state_dir);
    if (!e)
        e = lock_take(worker->arena, config);
    if (!e)
        e = transfer_open(worker->arena);
    transfer_observe(outbound_note);
    if (!e)
        e = worker_context_open(worker->arena, config, &TIMEOUTS, DRIVERS, &worker->context);
    if (!e)
        e = prices_store(worker->context->db, worker->arena, config, clock_now());
    if (!e)
        history_adopt(worker);
    if (!e)
        e = policy_publish(worker->context->db, worker->arena, config, clock_now(), &held);
    outbound_limit(worker->arena, config);
    if (!e)
        e = stripe_check(worker);
    if (!e && strcmp(config->identity, "workos") == 0)
        e = workos_open(worker->arena, config, &worker->workos);
    if (!e)
        e = sql_job_recover(worker->context->db, worker->arena, clock_now_ms());
    if (!e)
        e = sql_export_recover(worker->context->db, worker->arena);
    if (!e)
        e = internet_recover(worker->context, worker->arena);
    if (!e)
        e = about_start(worker->context);
    if (!e)
        e = mailer_open(worker->arena, config, &worker->mailer);
    if (!e)
        e = mailer_recover(worker->context, worker->arena);
    if (!e)
        e = worker_wakeup_open(worker->arena, config, &worker->wakeup);
    if (!e)
        e = consoles_open(worker->arena, config, &worker->consoles);
    if (e)
        return e;
    audit_day_open(worker->arena, config);
    worker_confine(worker);
    worker->threads = threads_new(worker->arena, config);
    worker->mail_threads = threads_new(worker->arena, config);
    for (size_t i = 0; i < WOKEN_ROUNDS; i++)
        worker->woken[i] = threads_new(worker->arena, config);
    worker->billing_jobs = threads_new(worker->arena, config);
    return all_threads_start(worker);
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

/*
 * Private host keys pass through this memory: it must not end up in a core file, nor may files be
 * accessible to other users.
 */
static void process_guard(void)
{
    setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
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
        clock_sleep(LIMIT_START_PAUSE_MS);
        return 1;
    }
    log_info("start", log_number("threads", LIMIT_WORKER_THREADS),
             log_number("regions", (int64_t)worker.config->region_count));
    worker_run(&worker);
    probe_end();
    worker_wakeup_close(worker.wakeup);
    log_info("end", log_text("by", policy_is_replaced() ? "policy" : "signal"));
    /* Other threads are not joined, as with kill -9: their work is resumed at the next start. */
    _exit(0);
}
