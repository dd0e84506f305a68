/* Retention; see retention.h. The terms are in limit.h and, per column, in the schema. */
#include "worker/retention.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/limit.h"
#include "base/log.h"

#include "billing_activity.sql.h"
#include "billing_problem.sql.h"
#include "invoice.sql.h"
#include "job.sql.h"
#include "known_browser.sql.h"
#include "ledger.sql.h"
#include "mail.sql.h"
#include "receipt.sql.h"
#include "receipt_part.sql.h"
#include "session.sql.h"
#include "signin_link.sql.h"
#include "usage_minute.sql.h"
#include "usage_quarter.sql.h"
#include "usage_report.sql.h"
#include "workos_object.sql.h"

/*
 * A used or expired link is kept for a while, to explain it when it is opened again; the schema
 * says a day.
 */
enum { LINK_KEEP_S = A_DAY_S - LIMIT_SIGNIN_LINK_S - AN_HOUR_S };

/* The SQL functions that count have rows of their own types. */
#define COUNTS(statement)                                                                          \
    static struct error *statement(const struct context *context, int64_t before_at,               \
                                   struct sweep_due *out)                                          \
    {                                                                                              \
        struct statement##_row row = { .total = 0 };                                               \
        struct error *e = sql_##statement(context->db, context->arena, before_at, &row);           \
                                                                                                   \
        *out = (struct sweep_due){ row.total, row.oldest_at };                                     \
        return e;                                                                                  \
    }

COUNTS(session_count_old)
COUNTS(signin_link_count_old)
COUNTS(known_browser_count_old)
COUNTS(usage_minute_count_old)
COUNTS(usage_quarter_count_old)
COUNTS(mail_count_old)
COUNTS(workos_object_count_old)
COUNTS(job_count_old)
COUNTS(billing_problem_count_old)
COUNTS(ledger_count_old)
COUNTS(receipt_count_old)
COUNTS(receipt_part_count_old)
COUNTS(invoice_count_old)
COUNTS(billing_activity_count_old)
COUNTS(usage_report_count_old)

#define SWEEP(name, what, keep_s, stem)                                                            \
    {                                                                                              \
        (name), (what), (keep_s), sql_##stem##_delete_old, stem##_count_old                        \
    }

/* Notifications from services are not among them: they go with their inboxes (event_processor.c).
 */
const struct sweep SWEEPS[] = {
    SWEEP("session", "sessions that have ended", 0, session),
    SWEEP("signin_link", "sign-in links that have expired", LINK_KEEP_S, signin_link),
    SWEEP("known_browser", "browsers that people signed in with", LIMIT_KNOWN_BROWSER_S,
          known_browser),
    SWEEP("usage_minute", "measurements by the minute", LIMIT_MINUTES_KEEP_S, usage_minute),
    SWEEP("usage_quarter", "measurements by the quarter hour", LIMIT_USAGE_KEEP_S, usage_quarter),
    SWEEP("mail", "emails", LIMIT_MAIL_KEEP_S, mail),
    SWEEP("workos_object", "what WorkOS reported about accounts", LIMIT_EVENT_KEEP_S,
          workos_object),
    SWEEP("billing_job", "requests to Stripe", LIMIT_BILLING_REQUEST_KEEP_S, job),
    SWEEP("billing_problem", "problems with subscriptions", LIMIT_PROBLEM_KEEP_S, billing_problem),
    /* A row is of the month that it begins in: of the month's last day, it is 31 days younger. */
    SWEEP("ledger", "what VMs have used", LIMIT_RECORD_KEEP_S + 31 * A_DAY_S, ledger),
    SWEEP("receipt", "receipts of destroyed VMs", LIMIT_RECORD_KEEP_S, receipt),
    SWEEP("receipt_part", "hosts\u2019 answers in receipts", LIMIT_RECORD_KEEP_S, receipt_part),
    SWEEP("invoice", "invoices", LIMIT_RECORD_KEEP_S, invoice),
    SWEEP("billing_activity", "the history of subscriptions", LIMIT_RECORD_KEEP_S,
          billing_activity),
    SWEEP("usage_report", "what was reported to Stripe", LIMIT_RECORD_KEEP_S, usage_report),
};

const size_t SWEEP_COUNT = COUNT(SWEEPS);

static int64_t before_of(const struct context *context, const struct sweep *sweep)
{
    return context->now_at - sweep->keep_s;
}

struct error *sweep_count(const struct context *context, const struct sweep *sweep,
                          struct sweep_due *out)
{
    return sweep->count(context, before_of(context, sweep), out);
}

struct error *sweep_run(const struct context *context, const struct sweep *sweep,
                        int64_t *transactions, int64_t *removed)
{
    int64_t total = 0, last = LIMIT_SWEEP_ROWS;
    struct error *e = NULL;

    while (!e && last == LIMIT_SWEEP_ROWS && *transactions > 0) {
        if (total)
            clock_sleep(LIMIT_SWEEP_GAP_MS);
        e = sweep->remove(context->db, context->arena, before_of(context, sweep), LIMIT_SWEEP_ROWS);
        last = e ? 0 : db_changes(context->db);
        total += last;
        /* A sweep that finds nothing takes no turn from the others. */
        *transactions -= last > 0;
    }
    if (total)
        log_info("sweep", log_text("name", sweep->name), log_number("removed", total));
    *removed += total;
    return e;
}

struct error *retention_run(const struct context *context, bool *is_done)
{
    int64_t transactions = LIMIT_SWEEP_TRANSACTIONS, removed = 0;
    struct error *e = NULL;

    for (size_t i = 0; !e && i < SWEEP_COUNT && transactions > 0; i++)
        e = sweep_run(context, &SWEEPS[i], &transactions, &removed);
    *is_done = e || transactions > 0;
    return e;
}

struct error *retention_log_empty(const struct context *context)
{
    return db_log_empty(context->db, context->arena);
}

struct error *retention_compact(const struct context *context)
{
    return db_compact(context->db, context->arena);
}
