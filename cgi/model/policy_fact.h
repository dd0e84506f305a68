/*
 * What a policy says that can be compared: periods, recipients, places, columns of personal data,
 * the sentences that it promises. From two versions follows what the later one weakens.
 */
#pragma once

#include "model/policy_text.h"

#include <stdint.h>

struct policy_fact {
    const char *name;   /* of policy_fact.c: "log_days", "recipient" */
    const char *member; /* one of several: "Stripe api.stripe.com"; "": it is a number */
    int64_t number;     /* of a member without a number 1 */
};

/* Ordered by name and member. */
struct policy_facts {
    struct policy_fact *row;
    size_t count, capacity;
};

/* The texts must live as long as `facts`. */
void policy_fact_add(struct arena *arena, struct policy_facts *facts, const char *name,
                     const char *member, int64_t number);

/* NULL: there is none. */
const struct policy_fact *policy_fact_find(const struct policy_facts *facts, const char *name,
                                           const char *member);

/* Those that follow from the configuration. */
void policy_facts_settings(struct arena *arena, const struct config *config,
                           struct policy_facts *out);

/* The same, and those that are compiled into every program: columns, and what is promised. */
void policy_facts_of(struct arena *arena, const struct config *config, struct policy_facts *out);

/* One fact that is weaker than before, or may be. */
struct policy_weakening {
    const char *name, *member;
    int64_t was, wanted; /* of a number */
    bool is_change;      /* a text is another one: that it is weaker, nobody can rule out */
    const char *text;    /* a sentence for people */
};

struct policy_weakenings {
    struct policy_weakening *row;
    size_t count;
};

/* What `wanted` weakens; in the arena. Texts of promises are as `config` says them. */
struct policy_weakenings policy_weakenings_find(struct arena *arena, const struct config *config,
                                                const struct policy_facts *was,
                                                const struct policy_facts *wanted);

/* The sentences, one after the other; "": there are none. */
const char *policy_weakenings_text(struct arena *arena, const struct policy_weakenings *list);

/* The text of a block, its parameters replaced; `term` is what "{term}" says. */
const char *policy_block_text(struct arena *arena, const struct config *config,
                              const struct policy_block *block, const char *term);

/* `text` with its parameters replaced. */
const char *policy_text_fill(struct arena *arena, const struct config *config, const char *text,
                             const char *term);
