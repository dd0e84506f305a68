/* Answers for machines; see metrics.h. */
#include "view/metrics.h"

#include "adapter/crypto.h"
#include "audit_head.sql.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/limit.h"
#include "main_constants.sql.h"
#include "model/audit_head.h"
#include "operator.sql.h"
#include "promise.sql.h"
#include "region_status.sql.h"

#include <string.h>

/* The reconciler looks at each host every half minute. */
enum { SILENT_S = 4 * LIMIT_RECONCILE_EVERY_S };

static bool is_worker_alive(const struct region_status_list_rows *regions, int64_t now_at)
{
    for (size_t i = 0; i < regions->count; i++) {
        if (regions->row[i].checked_at + SILENT_S > now_at)
            return true;
    }
    return false;
}

struct error *health_show(struct request *r)
{
    struct region_status_list_rows regions;
    struct error *e = sql_region_status_list(r->db, r->arena, &regions);

    if (e)
        return e;
    r->response.content_type = "text/plain; charset=utf-8";
    if (is_worker_alive(&regions, r->now_at)) {
        buf_literal(&r->response.body, "ok\n");
    } else {
        r->response.status = 503;
        buf_literal(&r->response.body, "the worker does not respond\n");
    }
    return NULL;
}

struct error *security_txt_show(struct request *r)
{
    int64_t today_at = r->now_at / A_DAY_S * A_DAY_S;

    r->response.content_type = "text/plain; charset=utf-8";
    buf_printf(&r->response.body,
               "Contact: mailto:%s\nExpires: %s\nPreferred-Languages: en\n"
               "Canonical: %s/.well-known/security.txt\nPolicy: %s/security\n",
               r->config->privacy_contact, date_iso(r->arena, today_at + LIMIT_SECURITY_TXT_S),
               r->config->public_url, r->config->public_url);
    return NULL;
}

struct error *audit_show(struct request *r)
{
    struct audit_head_published_row last;
    struct error *e = sql_audit_head_published(r->db, r->arena, &last);

    if (e)
        return e;
    r->response.content_type = "application/json";
    buf_printf(&r->response.body,
               "{\"format\":\"domicile-audit-ends-1\",\"hash\":\"%s\",\"at\":%lld,"
               "\"key_id\":\"%s\",\"signature\":\"%s\",\"empty\":%s}\n",
               crypto_hex(r->arena, last.hash.bytes, last.hash.length), (long long)last.at,
               last.key_id, crypto_base64(r->arena, last.signature.bytes, last.signature.length),
               audit_ends_are_none(last.hash) ? "true" : "false");
    return NULL;
}

/* https://w3c.github.io/gpc/: it is obeyed in all profiles; web/counted.c is all there is to obey.
 */
struct error *gpc_show(struct request *r)
{
    r->response.content_type = "application/json";
    buf_literal(&r->response.body, "{\"gpc\":true,\"lastUpdate\":\"2026-11-27\"}\n");
    return NULL;
}

/* One figure without labels. */
static void gauge(struct buf *buf, const char *name, const char *help, int64_t value)
{
    buf_printf(buf, "# HELP domicile_%s %s\n# TYPE domicile_%s gauge\ndomicile_%s %lld\n", name,
               help, name, name, (long long)value);
}

static void promises_write(struct buf *buf, const struct promise_list_rows *promises)
{
    buf_literal(buf, "# HELP domicile_promise Whether a promise is kept: 1, 0, or NaN if unknown.\n"
                     "# TYPE domicile_promise gauge\n");
    for (size_t i = 0; i < promises->count; i++) {
        const struct promise_list_row *promise = &promises->row[i];
        bool is_kept = strcmp(promise->state, PROMISE_STATE_GREEN) == 0;
        bool is_unknown = strcmp(promise->state, PROMISE_STATE_UNKNOWN) == 0;

        buf_printf(buf, "domicile_promise{id=\"%s\"} %s\n", promise->id,
                   is_unknown ? "NaN"
                   : is_kept  ? "1"
                              : "0");
    }
}

/* Names of regions are letters, digits and hyphens. */
static void regions_write(struct buf *buf, const struct region_status_list_rows *regions)
{
    buf_literal(buf, "# HELP domicile_host_reachable Whether a VM host can be reached.\n"
                     "# TYPE domicile_host_reachable gauge\n");
    for (size_t i = 0; i < regions->count; i++)
        buf_printf(buf, "domicile_host_reachable{region=\"%s\"} %d\n", regions->row[i].region,
                   regions->row[i].error == NULL);
}

struct error *metrics_show(struct request *r)
{
    struct buf *buf = &r->response.body;
    struct region_status_list_rows regions;
    struct promise_list_rows promises;
    struct operator_totals_row totals;
    struct error *e = sql_region_status_list(r->db, r->arena, &regions);

    if (!e)
        e = sql_promise_list(r->db, r->arena, r->now_at, &promises);
    if (!e)
        e = sql_operator_totals(r->db, r->arena, &totals);
    if (e)
        return e;
    r->response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    gauge(buf, "worker_up", "Whether the worker responds.", is_worker_alive(&regions, r->now_at));
    gauge(buf, "vms", "Existing VMs.", totals.vms);
    gauge(buf, "vms_running", "Running VMs.", totals.running);
    gauge(buf, "vms_attention", "VMs that failed, are paused or do not respond.", totals.attention);
    gauge(buf, "vms_loaded", "VMs that use all their CPUs or are over the limit of connections.",
          totals.loaded);
    gauge(buf, "vcpus_running", "vCPUs of running VMs.", totals.vcpus);
    gauge(buf, "memory_running_mb", "Memory of running VMs, in MB.", totals.memory_mb);
    gauge(buf, "teams", "Teams.", totals.teams);
    gauge(buf, "orphans", "What is on hosts and belongs to no VM.", totals.orphans);
    gauge(buf, "mails_undelivered", "Emails that failed or wait for another attempt.",
          totals.mails);
    gauge(buf, "events_failed", "Webhook events that are no longer retried.", totals.parked);
    regions_write(buf, &regions);
    promises_write(buf, &promises);
    return NULL;
}
