/* Retention; see retention.h. The periods are in limit.h and, per column, in the schema. */
#include "worker/retention.h"

#include "base/clock.h"
#include "base/date.h"
#include "base/limit.h"

#include "billing_activity.sql.h"
#include "billing_problem.sql.h"
#include "invoice.sql.h"
#include "known_browser.sql.h"
#include "ledger.sql.h"
#include "mail.sql.h"
#include "receipt.sql.h"
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

struct error *retention_run(const struct context *context)
{
    struct db *db = context->db;
    struct arena *arena = context->arena;
    int64_t now = context->now_at;
    struct error *e = sql_session_delete_ended(db, arena, now);

    if (!e)
        e = sql_signin_link_delete_old(db, arena, now - LINK_KEEP_S);
    if (!e)
        e = sql_usage_minute_delete_old(db, arena, now - LIMIT_MINUTES_KEEP_S);
    if (!e)
        e = sql_usage_quarter_delete_old(db, arena, now - LIMIT_USAGE_KEEP_S);
    if (!e)
        e = sql_mail_delete_old(db, arena, now - LIMIT_MAIL_KEEP_S);
    if (!e)
        e = sql_known_browser_delete_old(db, arena, now - LIMIT_KNOWN_BROWSER_S);
    if (!e)
        e = sql_ledger_delete_old(db, arena, date_month_start(now - LIMIT_RECORD_KEEP_S));
    if (!e)
        e = sql_billing_problem_delete_old(db, arena, now - LIMIT_PROBLEM_KEEP_S);
    if (!e)
        e = sql_receipt_delete_old(db, arena, now - LIMIT_RECORD_KEEP_S);
    if (!e)
        e = sql_invoice_delete_old(db, arena, now - LIMIT_RECORD_KEEP_S);
    if (!e)
        e = sql_billing_activity_delete_old(db, arena, now - LIMIT_RECORD_KEEP_S);
    if (!e)
        e = sql_usage_report_delete_old(db, arena, now - LIMIT_RECORD_KEEP_S);
    return e ? e : sql_workos_object_delete_old(db, arena, now - LIMIT_EVENT_KEEP_S);
}

struct error *retention_log_empty(const struct context *context)
{
    return db_log_empty(context->db, context->arena);
}

struct error *retention_compact(const struct context *context)
{
    return db_compact(context->db, context->arena);
}
