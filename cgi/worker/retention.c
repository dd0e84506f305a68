/*
 * Retention; see retention.h. The terms are in limit.h, one in domicile.conf and, per column, all
 * in the schema.
 */
#include "worker/retention.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/limit.h"
#include "base/log.h"
#include "model/term.h"

#include "access_request.sql.h"
#include "activity.sql.h"
#include "audit_link.sql.h"
#include "billing_activity.sql.h"
#include "billing_problem.sql.h"
#include "email_change.sql.h"
#include "email_request.sql.h"
#include "erasure.sql.h"
#include "event.sql.h"
#include "export.sql.h"
#include "invite.sql.h"
#include "invoice.sql.h"
#include "job.sql.h"
#include "job_step.sql.h"
#include "known_browser.sql.h"
#include "ledger.sql.h"
#include "ledger_day.sql.h"
#include "ledger_sum.sql.h"
#include "mail.sql.h"
#include "outbound.sql.h"
#include "passkey_challenge.sql.h"
#include "receipt.sql.h"
#include "receipt_part.sql.h"
#include "rights_request.sql.h"
#include "session.sql.h"
#include "signed_receipt.sql.h"
#include "signin_link.sql.h"
#include "snapshot.sql.h"
#include "usage_day.sql.h"
#include "usage_minute.sql.h"
#include "usage_quarter.sql.h"
#include "usage_report.sql.h"
#include "vm.sql.h"
#include "vm_key.sql.h"
#include "vm_user_data.sql.h"
#include "workos_object.sql.h"

/*
 * A used or expired link is kept for a while, to explain it when it is opened again; the schema
 * says a day.
 */
enum { LINK_KEEP_S = A_DAY_S - LIMIT_SIGNIN_LINK_S - AN_HOUR_S };

/* clang-format off */
/*
 * Every sweep, once: OLD(name, what, term, table), and GONE(name, what, table) for what belonged to
 * destroyed VMs. The VM is the last of these: the others are found by it, and a cascade may go one
 * level deep (adapter/db.c).
 */
#define SWEEP_TABLE(OLD, GONE)                                                                     \
    GONE("vm_audit_link", "what destroyed VMs have in the chains, but for hashes", audit_link)     \
    GONE("vm_activity", "activity of destroyed VMs", activity)                                     \
    GONE("vm_job_step", "steps of the jobs of destroyed VMs", job_step)                            \
    GONE("vm_job", "jobs of destroyed VMs", job)                                                   \
    GONE("vm_snapshot", "snapshots of destroyed VMs", snapshot)                                    \
    GONE("vm_key", "which keys destroyed VMs had", vm_key)                                         \
    GONE("vm_minute", "measurements of destroyed VMs by the minute", usage_minute)                 \
    GONE("vm_quarter", "measurements of destroyed VMs by the quarter hour", usage_day)             \
    GONE("vm", "destroyed VMs", vm)                                                                \
    OLD("session", "sessions that have ended", 0, session)                                         \
    OLD("signin_link", "sign-in links that have expired", LINK_KEEP_S, signin_link)                \
    OLD("passkey_challenge", "what passkeys have signed", 0, passkey_challenge)                    \
    OLD("email_change", "changes of email addresses that have expired", 0, email_change)           \
    OLD("email_request", "requests for another email address", A_DAY_S, email_request)             \
    OLD("invite", "invites into teams", LIMIT_INVITE_S, invite)                                    \
    OLD("access_request", "requests for access", LIMIT_ACCESS_REQUEST_S, access_request)           \
    OLD("known_browser", "browsers that people signed in with", LIMIT_KNOWN_BROWSER_S,             \
        known_browser)                                                                             \
    OLD("usage_minute", "measurements by the minute", LIMIT_MINUTES_KEEP_S, usage_minute)          \
    OLD("usage_day", "days of measurements by the quarter hour", LIMIT_USAGE_KEEP_S, usage_day)    \
    OLD("usage_quarter", "measurements by the quarter hour", LIMIT_USAGE_KEEP_S, usage_quarter)    \
    OLD("user_data", "user data of VMs that have not started", LIMIT_USER_DATA_KEEP_S,             \
        vm_user_data)                                                                              \
    OLD("mail", "emails", LIMIT_MAIL_KEEP_S, mail)                                                 \
    OLD("export", "copies of people\u2019s data", 0, export)                                       \
    OLD("rights_request", "requests about personal data that have ended", LIMIT_REQUEST_KEEP_S,    \
        rights_request)                                                                            \
    OLD("outbound", "the record of what was sent to others", LIMIT_OUTBOUND_KEEP_S, outbound)      \
    OLD("event", "notifications from Stripe and WorkOS",                                           \
        LIMIT_EVENT_KEEP_S + LIMIT_EVENT_AFTER_S, event)                                           \
    OLD("workos_object", "what WorkOS reported about accounts", LIMIT_EVENT_KEEP_S, workos_object) \
    OLD("billing_job", "requests to Stripe", LIMIT_BILLING_REQUEST_KEEP_S, job)                    \
    OLD("billing_problem", "problems with subscriptions", LIMIT_PROBLEM_KEEP_S, billing_problem)   \
    OLD("ledger", "what VMs have used", TERM_MONTH, ledger)                                        \
    OLD("ledger_sum", "what VMs cost", TERM_MONTH, ledger_sum)                                     \
    OLD("ledger_day", "what days cost", TERM_MONTH, ledger_day)                                    \
    OLD("receipt", "receipts of destroyed VMs", LIMIT_RECORD_KEEP_S, receipt)                      \
    OLD("receipt_part", "hosts\u2019 answers in receipts", LIMIT_RECORD_KEEP_S, receipt_part)      \
    OLD("signed_receipt", "signed receipts", LIMIT_RECORD_KEEP_S, signed_receipt)                  \
    OLD("erasure", "deletions of accounts that have ended", LIMIT_RECORD_KEEP_S, erasure)          \
    OLD("invoice", "invoices", LIMIT_RECORD_KEEP_S, invoice)                                       \
    OLD("billing_activity", "the history of subscriptions", LIMIT_RECORD_KEEP_S, billing_activity) \
    OLD("usage_report", "what was reported to Stripe", LIMIT_RECORD_KEEP_S, usage_report)
/* clang-format on */

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
#define COUNTS_OLD(name, what, term, table) COUNTS(table##_count_old)
#define COUNTS_GONE(name, what, table)      COUNTS(table##_count_gone)
SWEEP_TABLE(COUNTS_OLD, COUNTS_GONE)

#define ROW_OLD(name, what, term, table)                                                           \
    { (name), (what), (term), sql_##table##_delete_old, table##_count_old },
#define ROW_GONE(name, what, table)                                                                \
    { (name), (what), TERM_VM, sql_##table##_delete_gone, table##_count_gone },
const struct sweep SWEEPS[] = { SWEEP_TABLE(ROW_OLD, ROW_GONE) };

const size_t SWEEP_COUNT = COUNT(SWEEPS);

/* Rows of a month carry its start; those of the month that `before_at` is in are not due. */
static int64_t before_of(const struct context *context, const struct sweep *sweep)
{
    int64_t before_at = context->now_at - term_s(context->config, sweep->term);

    return sweep->term == TERM_MONTH ? date_month_start(before_at) : before_at;
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

    for (size_t i = 0; i < SWEEP_COUNT && transactions > 0; i++) {
        struct error *problem = sweep_run(context, &SWEEPS[i], &transactions, &removed);

        if (!e)
            e = problem; /* of one sweep: it does not keep the others from theirs */
    }
    *is_done = e || transactions > 0;
    return e;
}

struct error *retention_log_empty(const struct context *context)
{
    return db_log_empty(context->db, context->arena, NULL);
}

struct error *retention_compact(const struct context *context)
{
    return db_compact(context->db, context->arena);
}
