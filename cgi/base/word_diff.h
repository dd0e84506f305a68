/*
 * What has changed between two sequences of texts: paragraphs, or the words of one. By the longest
 * common subsequence, so the cost is the product of their lengths: for pages, not for files.
 */
#pragma once

#include "base/arena.h"

#include <stdbool.h>

struct text_list {
    const char **text;
    size_t count;
};

enum diff_kind { DIFF_SAME, DIFF_REMOVED, DIFF_ADDED };

struct diff_step {
    enum diff_kind kind;
    const char *text;
};

struct diff_steps {
    struct diff_step *row;
    size_t count;
};

/* Every text of both, in order; of a change, what is removed comes first. In the arena. */
struct diff_steps diff_find(struct arena *arena, const struct text_list *before,
                            const struct text_list *after);

/* The words of a text, each with the blank behind it. */
struct text_list diff_words(struct arena *arena, const char *text);

/* The same of words, with steps of a kind joined: few pieces instead of many. */
struct diff_steps diff_words_find(struct arena *arena, const char *before, const char *after);
