/* Every promise, in the order of the pages, those of a topic together; see promise.h. */
#include "worker/promise.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/limit.h"
#include "model/term.h"
#include "worker/probe.h"

enum { OFTEN_S = 5 * A_MINUTE_S, HOURLY_S = AN_HOUR_S };

/* Rows that are deleted when their period is over. */
#define ROWS(id_, kind, seconds, sentence_)                                                        \
    ROWS_BY("worker/retention.c, every hour", id_, kind, seconds, sentence_)
#define ROWS_BY(mechanism_, id_, kind, seconds, sentence_)                                         \
    {                                                                                              \
        .id = (id_), .topic = "Retention", .sentence = (sentence_), .mechanism = (mechanism_),     \
        .every_s = HOURLY_S, .check = promise_rows_check, .subject = (kind), .term_s = (seconds),  \
        .is_figure_time = true                                                                     \
    }

/* Something that there must be none of in the files. */
#define FILES(id_, topic_, field, mechanism_, sentence_)                                           \
    {                                                                                              \
        .id = (id_), .topic = (topic_), .sentence = (sentence_), .mechanism = (mechanism_),        \
        .every_s = HOURLY_S, .check = promise_files_check, .subject = (field)                      \
    }

/* Something that visitors must not get from this server. At its start it may not answer yet. */
#define FRONT(id_, check_, mechanism_, sentence_)                                                  \
    {                                                                                              \
        .id = (id_), .topic = "This website", .sentence = (sentence_), .mechanism = (mechanism_),  \
        .every_s = OFTEN_S, .retry_s = LIMIT_PROMISE_EVERY_S, .check = (check_)                    \
    }

static bool encrypted_disks(const struct config *config)
{
    return config->has_encrypted_disks;
}

static bool notice(const struct config *config)
{
    return config->notice_days > 0;
}

static bool counts(const struct config *config)
{
    return config->has_counts;
}

const struct promise PROMISES[] = {
    {
        .id = "destroyed-disks",
        .topic = "Destroyed VMs",
        .sentence = "When a VM is destroyed, its disk and all of its snapshots are deleted from "
                    "the host.",
        .mechanism = "worker/job_destroy.c; again by worker/orphan.c",
        .every_s = OFTEN_S,
        .check = promise_host_check,
        .subject = "disk",
    },
    {
        .id = "destroyed-domains",
        .topic = "Destroyed VMs",
        .sentence = "Destroyed VMs no longer exist on the host.",
        .mechanism = "worker/job_destroy.c; again by worker/orphan.c",
        .every_s = OFTEN_S,
        .check = promise_host_check,
        .subject = "domain",
    },
    {
        .id = "destroyed-seeds",
        .topic = "Destroyed VMs",
        .sentence = "When a VM is destroyed, its cloud-init data is deleted from the host.",
        .mechanism = "worker/job_destroy.c; again by worker/orphan.c",
        .every_s = OFTEN_S,
        .check = promise_host_check,
        .subject = "seed",
    },
    {
        .id = "vm-logs",
        .topic = "Destroyed VMs",
        .sentence = "The hypervisor\u2019s log of a destroyed VM is deleted within {days}.",
        .mechanism = "host/driver_libvirt_remove.c; in qemu:///system, root",
        .every_s = HOURLY_S,
        .check = promise_vm_logs_check,
        .term_s = TERM_LOG,
        .is_figure_time = true,
    },
    {
        .id = "isolation",
        .topic = "Running VMs",
        .sentence = "VMs are isolated from each other, the host and private networks.",
        .mechanism = "host/driver_libvirt_net.c, host/driver_libvirt_xml.c",
        .every_s = OFTEN_S,
        .check = promise_isolation_check,
    },
    {
        .id = "guest-agent",
        .topic = "Running VMs",
        .sentence =
            "This server has a way to a VM\u2019s guest agent only if its owner turned that "
            "on.",
        .mechanism = "host/driver_libvirt_xml.c",
        .every_s = OFTEN_S,
        .check = promise_agent_check,
    },
    {
        .id = "isolation-probe",
        .topic = "Running VMs",
        .sentence =
            "VMs can\u2019t reach other VMs, this server, cloud metadata or private networks, as "
            "tested daily from inside one. By design, they reach the internet, and their "
            "network\u2019s DNS "
            "and DHCP, unless their host has none for them.",
        .mechanism = "host/driver_libvirt_net.c, host/driver_libvirt_xml.c",
        .every_s = A_DAY_S,
        .retry_s = LIMIT_PROMISE_RETRY_S,
        .is_workers = true,
        .is_ready = probe_is_ready,
        .check = promise_probe_check,
    },
    {
        .id = "encrypted-disks",
        .topic = "Running VMs",
        .sentence =
            "The disks of this server are encrypted. Data can\u2019t be read from a disk that is "
            "removed.",
        .mechanism = "the operator, with dm-crypt; model/vm_command.c makes no VM without it",
        .every_s = OFTEN_S,
        .check = promise_disk_check,
        .is_made = encrypted_disks,
    },
    {
        .id = "host-keys",
        .topic = "Keys",
        .sentence =
            "A VM\u2019s private SSH host key is deleted from the server once the VM has started.",
        .mechanism = "worker/job_create.c",
        .every_s = OFTEN_S,
        .check = promise_seed_check,
        .subject = "seed",
    },
    FILES("private-keys", "Keys", "private_keys", "model/ssh_key_private.c",
          "Your private keys are never stored, in the database or in logs."),
    FILES("provider-keys", "Keys", "provider_keys", "model/provider_key.c",
          "API keys of LLM providers are never stored, in the database or in logs."),
    FILES("declared-files", "Records", "undeclared", "model/inventory_files.c",
          "Every file on this server is listed in the data inventory."),
    FILES("log-addresses", "Records", "log_addresses", "base/log.c",
          "Logs contain no IP addresses."),
    {
        .id = "log-age",
        .topic = "Records",
        .sentence = "Request and error logs are deleted after {days}.",
        .mechanism = "helper/log_keeper.c",
        .every_s = HOURLY_S,
        .check = promise_log_age_check,
        .subject = "log_oldest_at",
        .term_s = TERM_LOG,
        .is_figure_time = true,
    },
    {
        .id = "log-aggregates",
        .topic = "Records",
        .sentence =
            "Usage statistics contain no personal data: every count covers at least ten teams, "
            "or ten requests from visitors who are not signed in.",
        .mechanism = "web/crowd.c, worker/log_count.c",
        .every_s = HOURLY_S,
        .check = promise_counts_check,
        .is_made = counts,
    },
    {
        .id = "requests-answered",
        .topic = "Records",
        .sentence = "Requests about personal data are answered within a month, or within three if "
                    "the person was told why.",
        .mechanism = "the operator, with domicile-admin request-answer",
        .every_s = HOURLY_S,
        .check = promise_requests_check,
    },
    {
        .id = "review",
        .topic = "Records",
        .sentence = "This server\u2019s security is reviewed at least every {days}.",
        .mechanism = "the operator, with domicile-admin review",
        .every_s = HOURLY_S,
        .check = promise_review_check,
        .term_s = LIMIT_REVIEW_S,
        .is_figure_time = true,
    },
    {
        .id = "recipients",
        .topic = "Recipients",
        .sentence = "This server sends data {recipients}.",
        .mechanism = "adapter/http_client.c, domicile.conf",
        .every_s = OFTEN_S,
        .check = promise_recipients_check,
    },
    {
        .id = "policy-notice",
        .topic = "Policies",
        .sentence = "Changes that weaken a policy are announced before they take effect.",
        .mechanism = "model/policy_hold.c",
        .every_s = HOURLY_S,
        .check = promise_notice_check,
        .is_made = notice,
    },
    {
        .id = "policy-versions",
        .topic = "Policies",
        .sentence = "Every published policy stays available, signed and unchanged.",
        .mechanism = "worker/policy_publish.c",
        .every_s = HOURLY_S,
        .check = promise_versions_check,
    },
    {
        .id = "audit-chain",
        .topic = "Activity",
        .sentence = "The activity of each team is a chain of hashes, signed and verified daily.",
        .mechanism = "model/audit.c, worker/audit_day.c",
        .every_s = A_DAY_S,
        .retry_s = LIMIT_PROMISE_RETRY_S,
        .check = promise_audit_check,
    },
    {
        /* Of many it takes a while: never more often. */
        .id = "receipt-chain",
        .topic = "Activity",
        .sentence = "Receipts are signed and numbered, each names the one before it by its hash, "
                    "and all are verified daily.",
        .mechanism = "worker/receipt_sign.c",
        .every_s = A_DAY_S,
        .check = promise_receipts_check,
    },
    FRONT("cookies", promise_cookie_check, "web/session.c",
          "This website sets one cookie, __Host-session. It is sent over HTTPS only and hidden "
          "from scripts."),
    FRONT("third-parties", promise_third_party_check, "nginx.conf, Content-Security-Policy",
          "Your browser loads nothing from third parties."),
    FRONT("security-headers", promise_headers_check, "nginx.conf, add_header",
          "Every response includes the security headers."),
    FRONT("old-tls", promise_tls_check, "nginx.conf, ssl_protocols",
          "Connections are encrypted with {tls}; older versions are refused."),
    FRONT("plain-http", promise_plain_http_check, "nginx.conf",
          "No content is served over plain HTTP."),
    {
        .id = "certificate",
        .topic = "This website",
        .sentence = "The server\u2019s certificate is renewed at least {days} before it expires.",
        .mechanism = "the operator, or an ACME client",
        .every_s = HOURLY_S,
        .retry_s = LIMIT_PROMISE_EVERY_S,
        .check = promise_certificate_check,
        .term_s = 14 * A_DAY_S,
        .is_figure_time = true,
    },
    FRONT("security-contact", promise_contact_check, "view/metrics.c",
          "The contact for security reports is published in /.well-known/security.txt."),
    ROWS("sessions", "session", 0, "Ended sessions are deleted within two hours."),
    ROWS("session-length", "session_start", LIMIT_SESSION_S,
         "Every session ends after {days}, even if it is in use."),
    ROWS("sign-in-links", "signin_link", A_DAY_S, "Sign-in links are deleted after {days}."),
    ROWS("invites", "invite", LIMIT_INVITE_S,
         "Invites, with the addresses invited, are deleted after {days}."),
    ROWS("access-requests", "access_request", LIMIT_ACCESS_REQUEST_S,
         "Requests for access are deleted {days} after they were made."),
    ROWS("browsers", "known_browser", LIMIT_KNOWN_BROWSER_S,
         "Known browsers are deleted {days} after their last use."),
    ROWS("mails", "mail", LIMIT_MAIL_KEEP_S, "Sent emails are deleted after {days}."),
    ROWS("outbound", "outbound", LIMIT_OUTBOUND_KEEP_S,
         "The log of data sent to other services is deleted after {days}."),
    ROWS_BY("worker/mailer.c, when it is sent or has expired", "mail-content", "mail_content",
            LIMIT_MAIL_EXPIRY_S, "Email content is deleted once sent, and after {days} at most."),
    ROWS_BY("model/vm_state.c; worker/retention.c, every hour", "user-data", "user_data",
            LIMIT_USER_DATA_KEEP_S,
            "Cloud-init user data is deleted once its VM has started, and after {days} at most."),
    {
        .id = "exports",
        .topic = "Retention",
        .sentence = "Copies of people\u2019s data are deleted from this server after {days}.",
        .mechanism = "worker/export.c, every minute",
        .every_s = HOURLY_S,
        .check = promise_exports_check,
        .term_s = LIMIT_EXPORT_KEEP_S,
        .is_figure_time = true,
    },
    ROWS("closed-accounts", "closed_team", TERM_CLOSED,
         "The VMs of a closed account are destroyed after {days}."),
    ROWS_BY("model/restriction.c", "restricted-accounts", "restricted_vm", 0,
            "The VMs of a restricted account are stopped within two hours."),
    ROWS_BY("model/suspension.c", "suspended-accounts", "suspended_vm", 0,
            "The VMs of a suspended account or team are stopped within two hours."),
    ROWS_BY("model/usage_objection.c", "usage-objections", "objected_usage", 0,
            "Metrics of teams that objected to usage charts are deleted within two hours."),
    {
        .id = "account-deletion",
        .topic = "Retention",
        .sentence = "What is left of a closed account is deleted after {days}, except receipts and "
                    "the records that the law requires.",
        .mechanism = "worker/erasure.c",
        .every_s = HOURLY_S,
        .check = promise_erasure_overdue_check,
        .term_s = TERM_CLOSED,
    },
    {
        .id = "account-rest",
        .topic = "Retention",
        .sentence = "Nothing else of a deleted account is left in the database.",
        .mechanism = "worker/erasure_rows.c",
        .every_s = HOURLY_S,
        .check = promise_erasure_rest_check,
    },
    ROWS("answered-requests", "rights_request", LIMIT_REQUEST_KEEP_S,
         "Requests about personal data are deleted {years} after they were answered."),
    ROWS("destroyed-records", "destroyed_vm", TERM_VM,
         "The record and activity of a destroyed VM are deleted after {days}."),
    ROWS("payment-links", "payment_link", 0,
         "Payment links are deleted within two hours of expiring."),
    ROWS("usage-minutes", "usage_minute", LIMIT_MINUTES_KEEP_S,
         "Per-minute VM metrics are deleted after {days}."),
    ROWS("usage", "usage_day", LIMIT_USAGE_KEEP_S,
         "15-minute VM metrics are deleted after {days}."),
    ROWS("events", "event", LIMIT_EVENT_KEEP_S,
         "Webhook events from Stripe and WorkOS are deleted after {days}."),
    ROWS("identities", "workos_object", LIMIT_EVENT_KEEP_S,
         "Account data received from WorkOS is deleted after {days}."),
    ROWS("ledger", "ledger", LIMIT_RECORD_KEEP_S,
         "Usage records for billing are deleted after {years}."),
    ROWS("receipts", "receipt", LIMIT_RECORD_KEEP_S,
         "Receipts of destroyed VMs are deleted after {years}."),
    ROWS("invoices", "invoice", LIMIT_RECORD_KEEP_S, "Invoices are deleted after {years}."),
    ROWS("billing-activity", "billing_activity", LIMIT_RECORD_KEEP_S,
         "Subscription history is deleted after {years}."),
    ROWS("usage-reports", "usage_report", LIMIT_RECORD_KEEP_S,
         "Usage reports sent to Stripe are deleted after {years}."),
};

const size_t PROMISE_COUNT = COUNT(PROMISES);
