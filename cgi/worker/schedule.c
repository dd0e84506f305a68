/* The schedule; see schedule.h. */
#include "worker/schedule.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/limit.h"
#include "base/log.h"
#include "billing/billing_request.h"
#include "billing/dunning.h"
#include "billing/usage_report.h"
#include "model/outbound.h"
#include "model/restriction.h"
#include "model/spend_cap.h"
#include "model/vm_life.h"
#include "model/vm_schedule.h"
#include "model/weekly.h"
#include "worker/audit_day.h"
#include "worker/erasure.h"
#include "worker/event_processor.h"
#include "worker/export.h"
#include "worker/image_version.h"
#include "worker/log_count.h"
#include "worker/policy_publish.h"
#include "worker/pool.h"
#include "worker/receipt_vm.h"
#include "worker/retention.h"

static const struct {
    const char *name;
    enum schedule_thread thread;
    int64_t every_s;
    struct error *(*run)(const struct context *context);
    /* Not done: again as soon as the others have had their turn. */
    struct error *(*run_in_turns)(const struct context *context, bool *is_done);
    struct error *(*run_with_stripe)(const struct context *context, const struct stripe *stripe);
    struct error *(*run_with_inbox)(struct inbox *inbox);
    struct error *(*run_with_worker)(struct worker_context *context);
} schedule[] = {
    { "retention", SCHEDULE_MAIN, 3600, .run_in_turns = retention_run },
    { "log_count", SCHEDULE_MAIN, 3600, .run_in_turns = log_count_run },
    { "image_versions", SCHEDULE_IMAGES, LIMIT_IMAGE_EVERY_S, .run = image_versions_sync },
    { "export_files", SCHEDULE_MAIN, LIMIT_EXPORT_SWEEP_S, .run = export_files_remove },
    { "restriction", SCHEDULE_MAIN, 10, .run = restriction_run },
    { "vm_life", SCHEDULE_MAIN, LIMIT_LIFE_EVERY_S, .run = vm_life_run },
    { "vm_schedule", SCHEDULE_MAIN, LIMIT_LIFE_EVERY_S, .run = vm_schedule_run },
    { "spend_cap", SCHEDULE_MAIN, LIMIT_SPEND_EVERY_S, .run = spend_cap_run },
    { "weekly", SCHEDULE_MAIN, A_MINUTE_S, .run = weekly_run },
    { "audit_day", SCHEDULE_MAIN, A_MINUTE_S, .run = audit_day_run },
    { "erasure", SCHEDULE_ERASURE, LIMIT_ERASURE_EVERY_S, .run_with_worker = erasure_run },
    { "pools", SCHEDULE_POOLS, LIMIT_POOL_EVERY_S, .run_with_worker = pool_run },
    { "receipts_sign", SCHEDULE_MAIN, LIMIT_ERASURE_EVERY_S, .run_in_turns = receipts_sign },
    { "policy_watch", SCHEDULE_MAIN, LIMIT_POLICY_WATCH_S, .run = policy_watch },
    { "main_log_empty", SCHEDULE_MAIN, LIMIT_DB_LOG_EVERY_S, .run = retention_log_empty },
    { "main_compact", SCHEDULE_MAIN, LIMIT_DB_COMPACT_EVERY_S, .run = retention_compact },
    { "inbox_log_empty", SCHEDULE_INBOX, LIMIT_DB_LOG_EVERY_S, .run_with_inbox = inbox_log_empty },
    { "inbox_compact", SCHEDULE_INBOX, LIMIT_DB_COMPACT_EVERY_S, .run_with_inbox = inbox_compact },
    { "inbox_delete_old", SCHEDULE_INBOX, LIMIT_INBOX_SWEEP_S, .run_with_inbox = inbox_delete_old },
    { "workos_backfill", SCHEDULE_INBOX, LIMIT_EVENT_BACKFILL_S, .run_with_inbox = inbox_backfill },
    { "dunning_sync", SCHEDULE_BILLING, LIMIT_PLAN_EVERY_S, .run_with_stripe = dunning_sync },
    { "dunning_run", SCHEDULE_BILLING, LIMIT_PLAN_EVERY_S, .run_with_stripe = dunning_run },
    { "usage_report_write", SCHEDULE_BILLING, LIMIT_PLAN_EVERY_S, .run = usage_report_write },
    { "usage_report_send", SCHEDULE_BILLING, LIMIT_PLAN_EVERY_S,
      .run_with_stripe = usage_report_send },
    { "usage_report_compare", SCHEDULE_BILLING, LIMIT_PLAN_EVERY_S,
      .run_with_stripe = usage_report_compare },
    { "billing_request_forget", SCHEDULE_BILLING, LIMIT_PLAN_EVERY_S,
      .run = billing_request_forget },
};

enum { ROWS = COUNT(schedule) };

/* Each thread has its own times: the inboxes share their rows. */
static _Thread_local int64_t due_us[ROWS];

static struct error *row_run(struct worker_context *context, struct inbox *inbox, size_t row,
                             bool *is_done)
{
    const struct stripe *stripe = NULL;
    struct context now;
    struct error *e = NULL;

    arena_reset(context->arena);
    now = worker_context_now(context, context->arena);
    if (schedule[row].run)
        return schedule[row].run(&now);
    if (schedule[row].run_in_turns)
        return schedule[row].run_in_turns(&now, is_done);
    if (schedule[row].run_with_inbox)
        return schedule[row].run_with_inbox(inbox);
    if (schedule[row].run_with_worker)
        return schedule[row].run_with_worker(context);
    e = worker_context_stripe(context, context->arena, &stripe);
    return e ? e : schedule[row].run_with_stripe(&now, stripe);
}

void schedule_run(struct worker_context *context, enum schedule_thread thread, struct inbox *inbox)
{
    for (size_t i = 0; i < ROWS; i++) {
        int64_t now_us = clock_monotonic_us();
        bool is_done = true;
        struct context now;
        struct error *e;

        if (schedule[i].thread != thread || due_us[i] > now_us)
            continue;
        due_us[i] = now_us + schedule[i].every_s * 1000000;
        e = row_run(context, inbox, i, &is_done);
        now = worker_context_now(context, context->arena);
        outbound_write(&now, 0);
        if (!is_done)
            due_us[i] = now_us;
        if (e)
            log_error("schedule", log_text("name", schedule[i].name), log_text("error", e->text));
    }
}
