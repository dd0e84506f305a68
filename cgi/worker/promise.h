/*
 * Promises: what this server says about people's data, what enforces it, and a check that measures
 * whether it is so. The list is in promise_list.c, the checks are in the other promise_*.c files.
 *
 * A check asks for the thing itself (the oldest row, the host's own list, the files), never for a
 * setting. It finds a figure, and the promise is kept as long as that is not above its limit. The
 * last results are in the table "promise": the public page /status and the operator read them.
 */
#pragma once

#include "base/buf.h"
#include "worker/worker_context.h"

/* What a check has measured. It starts as { .is_known = true, .figure = 0, .figure_max = 0 }. */
struct promise_reading {
    bool is_known;        /* false: it cannot be measured here, `evidence` says why */
    int64_t figure;       /* in the promise's unit */
    int64_t figure_max;   /* up to which it is kept */
    const char *evidence; /* how it was measured, for everybody: nothing about a person */
};

struct promise {
    const char *id;
    const char *topic;
    /* With "{days}" or "{years}", the period `term_s`, "{tls}" or "{recipients}". */
    const char *sentence;
    const char *mechanism; /* the function or setting that enforces it */
    int64_t every_s;
    int64_t retry_s; /* the same while it is not kept; 0: as `every_s` */
    bool is_workers; /* takes too long for a command: the worker alone measures it */
    /* False: a server that has just been set up is not ready for it. NULL: it always is. */
    bool (*is_ready)(const struct context *now);
    bool (*is_made)(const struct config *config); /* NULL: whatever the profile */
    /*
     * The reading lives in `now->arena`. An error makes the promise "unknown" and is logged: it may
     * hold what only the operator may see.
     */
    struct error *(*check)(struct worker_context *context, const struct promise *promise,
                           const struct context *now, struct promise_reading *out);
    const char *subject; /* for checks of several promises: the kind of row, the kind of file */
    int64_t term_s;      /* 0: the sentence has no period; to `check` never a TERM_ */
    bool is_figure_time; /* the figure is in seconds, else a count */
};

extern const struct promise PROMISES[];
extern const size_t PROMISE_COUNT;

/*
 * Measure those that are due, or all that a command can, and store the results; those that this
 * version no longer makes are forgotten. A promise that turns red or green again is logged, and of
 * those that turned red the operator is told by mail. Errors are the database's. Resets the
 * context's arena.
 */
struct error *promise_round(struct worker_context *context, bool is_all);

/* Measure the one with this id, if it is promised here. */
struct error *promise_measure(struct worker_context *context, const char *id);

/* A term in words: "30 days", "7 years", "2 hours"; in the arena. */
const char *promise_term_text(struct arena *arena, int64_t seconds);

/* ---- the checks; see `check` above ---- */

/* The age of the oldest row of a kind; see promise_oldest in db/promise.sql. */
struct error *promise_rows_check(struct worker_context *context, const struct promise *promise,
                                 const struct context *now, struct promise_reading *out);

/* Resources of the kind `subject` on the hosts whose VMs have been destroyed. */
struct error *promise_host_check(struct worker_context *context, const struct promise *promise,
                                 const struct context *now, struct promise_reading *out);

/* The age of the oldest of the hypervisor's logs of VMs that have been destroyed. */
struct error *promise_vm_logs_check(struct worker_context *context, const struct promise *promise,
                                    const struct context *now, struct promise_reading *out);
extern const char *promise_system_logs; /* of a system's libvirt; tests plant another folder */

/* Folders with content or data of people, by the kind of device below them. */
struct promise_disks {
    int64_t folders, plain_count; /* plain: on a device that is not encrypted */
    struct buf plain, unknown;    /* their names, "data, seeds"; see base/name_list.h */
};

/* By the kernel's sysfs: those of the state directory, images elsewhere, the system's logs. */
struct promise_disks promise_disks_look(struct arena *arena, const struct config *config);

/* How many of them are not on encrypted devices. */
struct error *promise_disk_check(struct worker_context *context, const struct promise *promise,
                                 const struct context *now, struct promise_reading *out);
extern const char *promise_sysfs; /* "/sys"; tests plant another */

/* Seeds of VMs that have answered. */
struct error *promise_seed_check(struct worker_context *context, const struct promise *promise,
                                 const struct context *now, struct promise_reading *out);

/* Running VMs with a way to a guest agent that their owners do not want. */
struct error *promise_agent_check(struct worker_context *context, const struct promise *promise,
                                  const struct context *now, struct promise_reading *out);

/* Running VMs that the hosts do not keep apart. */
struct error *promise_isolation_check(struct worker_context *context, const struct promise *promise,
                                      const struct context *now, struct promise_reading *out);

/* What answers to a guest that the worker starts and removes for this; see probe.h. */
struct error *promise_probe_check(struct worker_context *context, const struct promise *promise,
                                  const struct context *now, struct promise_reading *out);

/* What a scan of the state directory has counted: `subject` is a field of helper/state_scan.c. */
struct error *promise_files_check(struct worker_context *context, const struct promise *promise,
                                  const struct context *now, struct promise_reading *out);

/* The age of the oldest line of the logs. */
struct error *promise_log_age_check(struct worker_context *context, const struct promise *promise,
                                    const struct context *now, struct promise_reading *out);

/* Receipts that were changed, are not signed, or do not follow the one before them. */
struct error *promise_receipts_check(struct worker_context *context, const struct promise *promise,
                                     const struct context *now, struct promise_reading *out);

/* The age of the oldest copy of somebody's data. */
struct error *promise_exports_check(struct worker_context *context, const struct promise *promise,
                                    const struct context *now, struct promise_reading *out);

/* Cookies that are not the session's, or lack a protection, in answers of every kind. */
struct error *promise_cookie_check(struct worker_context *context, const struct promise *promise,
                                   const struct context *now, struct promise_reading *out);

/* Security headers that are missing, or sent twice, in answers of every kind. */
struct error *promise_headers_check(struct worker_context *context, const struct promise *promise,
                                    const struct context *now, struct promise_reading *out);

/* Addresses of others in what browsers load or send, and in the Content-Security-Policy. */
struct error *promise_third_party_check(struct worker_context *context,
                                        const struct promise *promise, const struct context *now,
                                        struct promise_reading *out);

/* Whether security.txt names a contact and has not expired (RFC 9116). */
struct error *promise_contact_check(struct worker_context *context, const struct promise *promise,
                                    const struct context *now, struct promise_reading *out);

/* Versions of TLS before 1.2 that are accepted. */
struct error *promise_tls_check(struct worker_context *context, const struct promise *promise,
                                const struct context *now, struct promise_reading *out);

/* Whether there is content without TLS. */
struct error *promise_plain_http_check(struct worker_context *context,
                                       const struct promise *promise, const struct context *now,
                                       struct promise_reading *out);

/* For how long the certificate has had less than `term_s` left. */
struct error *promise_certificate_check(struct worker_context *context,
                                        const struct promise *promise, const struct context *now,
                                        struct promise_reading *out);

/* Counts of requests that are of too few, and days of the logs that were not counted in time. */
struct error *promise_counts_check(struct worker_context *context, const struct promise *promise,
                                   const struct context *now, struct promise_reading *out);

/* The age of the last review; see model/review.h. */
struct error *promise_review_check(struct worker_context *context, const struct promise *promise,
                                   const struct context *now, struct promise_reading *out);

/* Versions of the policies that were changed since they were signed, or removed. */
struct error *promise_versions_check(struct worker_context *context, const struct promise *promise,
                                     const struct context *now, struct promise_reading *out);

/* Versions that weaken the one before them without the notice that it promised. */
struct error *promise_notice_check(struct worker_context *context, const struct promise *promise,
                                   const struct context *now, struct promise_reading *out);

/*
 * Places of the history's chains that are not what they were, signed ends that are missing, and
 * days without a signature.
 */
struct error *promise_audit_check(struct worker_context *context, const struct promise *promise,
                                  const struct context *now, struct promise_reading *out);

/* Hosts that data was sent to and that are no listed recipients. */
struct error *promise_recipients_check(struct worker_context *context,
                                       const struct promise *promise, const struct context *now,
                                       struct promise_reading *out);

/* Deletions of accounts that have not ended although their term is over. */
struct error *promise_requests_check(struct worker_context *context, const struct promise *promise,
                                     const struct context *now, struct promise_reading *out);
struct error *promise_erasure_overdue_check(struct worker_context *context,
                                            const struct promise *promise,
                                            const struct context *now, struct promise_reading *out);

/* Rows of accounts and teams that are deleted. */
struct error *promise_erasure_rest_check(struct worker_context *context,
                                         const struct promise *promise, const struct context *now,
                                         struct promise_reading *out);

/* The next check scans, or asks, anew; until then they share what was found. */
void promise_files_forget(void);
void promise_front_forget(void);
