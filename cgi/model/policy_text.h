/*
 * The policy texts: privacy, terms, security, subprocessors and cookies, for each profile. They are
 * written in Markdown (templates/policy) and compiled by templates/mdc.c into the tables below; the
 * words in them that depend on the configuration are in policy_word.c.
 *
 * A sentence that promises something is a block of its own: a "promise" names its line in
 * worker/promise_list.c, and a "statement" says why software cannot prove it.
 */
#pragma once

#include "adapter/config.h"

#include <stdbool.h>
#include <stddef.h>

/* `text` may hold {parameters}, and so may a `href` of "mailto:". Both are plain text. */
struct policy_run {
    const char *text;
    const char *href; /* https:, mailto:, / or #; NULL: no link */
    bool is_code, is_strong;
};

struct policy_block {
    /*
     * "heading" (level 2), "text", "item" (of a list), "promise" (measured), "statement" (nobody
     * can measure it), "table" (written at run time: recipients, places, data, not-offered).
     */
    const char *kind;
    const struct policy_run *runs;
    size_t run_count;
    /* Of a promise: in PROMISES; of a statement: its own; of a heading: its anchor; of a table. */
    const char *id;
    const char *rows; /* of the profile that a promise or statement answers: "logs account"; NULL */
    /*
     * Of a promise: how it is checked, or NULL; of a statement: why software cannot prove it. May
     * hold {parameters}, as `command` may.
     */
    const char *note;
    const char *command;   /* to repeat the check from outside; NULL */
    const char *condition; /* words that must all hold: "billing !counts"; NULL: always */
    const char *source;    /* "templates/policy/_logs.md:12" */
};

struct policy_document {
    const char *profile, *name, *title; /* "personal-vm", "privacy", "Privacy policy" */
    const struct policy_block *blocks;
    size_t block_count;
};

/* By profile, then privacy, terms, security, subprocessors, cookies. */
extern const struct policy_document POLICY_DOCUMENTS[];
extern const size_t POLICY_DOCUMENT_COUNT;

/* What a profile says to one question; see templates/policy/rows.md. */
struct policy_row {
    const char *id, *question;
    const char *stance; /* "90"; where the profile is silent, the default; "-": both are silent */
    const char *needs;  /* a condition: without it the row is not offered; NULL: it always is */
};

struct policy_profile {
    const char *name;
    const struct policy_row *rows;
    size_t row_count;
};

extern const struct policy_profile POLICY_PROFILES[];
extern const size_t POLICY_PROFILE_COUNT;

/* Does the condition `word` hold, "billing"? `*is_known`: is there such a condition? */
bool policy_condition(const struct config *config, const char *word, bool *is_known);

/* What this version does not offer, in words, from 0 on; NULL: no more. */
const char *policy_missing(size_t at);

/*
 * What stands for the parameter "{name}": "30 days", or which setting is missing. NULL: unknown.
 * "{term}", the period of a promise, is not here: it is the promise's own.
 */
const char *policy_word(struct arena *arena, const struct config *config, const char *name);
