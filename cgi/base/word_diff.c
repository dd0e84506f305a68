/* Differences between texts; see word_diff.h. */
#include "base/word_diff.h"

#include "base/buf.h"

#include <string.h>

/* Length of the longest common subsequence of what begins at (i, k), for each pair. */
static unsigned *lengths_of(struct arena *arena, const struct text_list *before,
                            const struct text_list *after)
{
    size_t width = after->count + 1;
    unsigned *length = arena_array(arena, (before->count + 1) * width, sizeof *length);

    for (size_t i = before->count; i-- > 0;) {
        for (size_t k = after->count; k-- > 0;) {
            unsigned down = length[(i + 1) * width + k], right = length[i * width + k + 1];

            if (strcmp(before->text[i], after->text[k]) == 0)
                length[i * width + k] = length[(i + 1) * width + k + 1] + 1;
            else
                length[i * width + k] = down > right ? down : right;
        }
    }
    return length;
}

struct diff_steps diff_find(struct arena *arena, const struct text_list *before,
                            const struct text_list *after)
{
    size_t i = 0, k = 0, width = after->count + 1;
    const unsigned *length = lengths_of(arena, before, after);
    struct diff_steps steps = { .row = arena_array(arena, before->count + after->count,
                                                   sizeof *steps.row) };

    while (i < before->count || k < after->count) {
        bool is_same =
            i < before->count && k < after->count && strcmp(before->text[i], after->text[k]) == 0;
        bool is_removed = i < before->count && (k == after->count || length[(i + 1) * width + k] >=
                                                                         length[i * width + k + 1]);
        struct diff_step *step = &steps.row[steps.count++];

        if (is_same)
            *step = (struct diff_step){ DIFF_SAME, after->text[(i++, k++)] };
        else if (is_removed)
            *step = (struct diff_step){ DIFF_REMOVED, before->text[i++] };
        else
            *step = (struct diff_step){ DIFF_ADDED, after->text[k++] };
    }
    return steps;
}

struct text_list diff_words(struct arena *arena, const char *text)
{
    struct text_list words = { .text = arena_array(arena, strlen(text) + 1, sizeof *words.text) };

    while (*text) {
        size_t length = strcspn(text, " ");

        length += strspn(text + length, " ");
        words.text[words.count++] = arena_copy_bytes(arena, text, length);
        text += length;
    }
    return words;
}

struct diff_steps diff_words_find(struct arena *arena, const char *before, const char *after)
{
    struct text_list old = diff_words(arena, before), new = diff_words(arena, after);
    struct diff_steps steps = diff_find(arena, &old, &new), joined = { .row = steps.row };

    for (size_t i = 0; i < steps.count;) {
        struct diff_step step = steps.row[i];
        struct buf text = buf_new(arena, 64);

        for (; i < steps.count && steps.row[i].kind == step.kind; i++)
            buf_text(&text, steps.row[i].text);
        step.text = text.bytes;
        joined.row[joined.count++] = step;
    }
    return joined;
}
