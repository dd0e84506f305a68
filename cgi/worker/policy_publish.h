/*
 * Publishes policies. At each start the texts of this version and of the configuration are compared
 * with the version in force: what is no weaker is published at once, what is weaker waits until the
 * operator announces it ("domicile-admin policy schedule") and the notice period is over. A version
 * never changes; each is signed with the server's key.
 */
#pragma once

#include "model/context.h"
#include "model/policy_hold.h"

/*
 * Makes `config` what the policy in force allows and, if the texts have changed and are no weaker,
 * publishes them. Each program applies the same with policy_apply(). `out` is what is held back.
 * Errors are the database's; without a usable signing key, nothing is published, which is logged.
 */
struct error *policy_publish(struct db *db, struct arena *arena, struct config *config,
                             int64_t now_at, struct policy_held *out);

struct policy_schedule {
    int64_t number;       /* of the announced version */
    int64_t effective_at; /* from when it is in force */
    size_t mails;         /* queued: to each open account */
    struct policy_weakenings list;
};

/*
 * Announces what `config`, as it is written, weakens: a version that is in force from `from_at`
 * (UTC), and a mail to everybody. INPUT if nothing is weaker, if it is announced already, or if
 * the day is too early.
 */
struct error *policy_schedule(const struct context *context, int64_t from_at,
                              struct policy_schedule *out);

/*
 * Withdraws the change that is announced: it does not come into force, its text stays published,
 * and everybody is told by mail. INPUT if none is announced. Of `out`, number and mails are set.
 */
struct error *policy_withdraw(const struct context *context, struct policy_schedule *out);

/* The first day on which an announcement of now can take effect: 0:00 UTC. */
int64_t policy_earliest(const struct policy_facts *was, int64_t now_at);

/* For the worker's schedule: looks whether another version has come into force; see below. */
struct error *policy_watch(const struct context *context);

/* It has: the process ends, so that the next one starts with the new values. */
bool policy_is_replaced(void);
