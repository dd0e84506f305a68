/*
 * What domicile.conf weakens without having announced it does not take effect: each program applies
 * the policy in force to its configuration when it starts. The old value stays, a service that
 * would receive data stays off, and the operator is told (worker/policy_publish.c).
 */
#pragma once

#include "adapter/db.h"
#include "model/policy_fact.h"

struct policy_held {
    int64_t number;                /* of the version in force; 0: none has been published */
    struct policy_weakenings list; /* what is weaker than that, whether or not it could be held */
    struct policy_weakenings unannounced; /* of these, what the next version does not say either */
};

/*
 * `facts` are what the software and the configuration say; as policy_facts_of() or with more.
 * Changes `config` so that it is no weaker than the version in force. As long as nobody but
 * the operator has signed up, or without a version, it changes nothing.
 */
struct error *policy_hold(struct db *db, struct arena *arena, int64_t now_at, struct config *config,
                          const struct policy_facts *facts, struct policy_held *out);

/*
 * The same for a program, which needs only what it can hold. A term that is shorter is no weaker,
 * but is in effect only once the text says so: the text in force may be held back for something
 * else, and pages, promises and sweeps go by the same term. `number` is the version in force.
 */
struct error *policy_apply(struct db *db, struct arena *arena, struct config *config,
                           int64_t now_at, int64_t *number);

/* The facts of a version, in the arena. */
struct error *policy_facts_load(struct db *db, struct arena *arena, int64_t number,
                                struct policy_facts *out);
