/*
 * Reads a template from its first byte to its last: HTML goes to the tokenizer, the content of {{
 * }} to tmplc_words.c. A line with nothing but a {{ }} that has no output is removed.
 */
#include "tmplc_page.h"

#include <string.h>

/* Whether this word has no output itself, so that its line may be removed. */
static bool is_silent(const struct page *page, const struct source *source, const char *text)
{
    static const char *const silent[] = { "#", "page", "if", "else", "each", "end", "include" };
    const char *word = next_word(&text);
    const struct block *block =
        page->depth > source->outer_depth ? &page->blocks[page->depth - 1] : NULL;

    if (strcmp(word, "end") == 0 && block && block->kind == BLOCK_FORM)
        return false;
    for (size_t i = 0; i < sizeof silent / sizeof silent[0]; i++)
        if (strcmp(silent[i], word) == 0)
            return true;
    return false;
}

static void advance(struct source *source, const char *to)
{
    for (; source->next < to; source->next++) {
        source->is_line_start = *source->next == '\n';
        source->line += *source->next == '\n';
    }
}

/* The HTML before a {{ }}, without the indentation of one that is alone on its line. */
static void read_literal(struct page *page, struct source *source, const char *open,
                         const char *close)
{
    const char *blanks = open;
    const char *after = close + strspn(close, " \t\r");
    bool is_line_start;

    while (blanks > source->next && (blanks[-1] == ' ' || blanks[-1] == '\t'))
        blanks--;
    is_line_start = blanks > source->next ? blanks[-1] == '\n' : source->is_line_start;
    source->is_alone = is_line_start && (*after == '\n' || *after == '\0') &&
                       is_silent(page, source, copy_bytes(open + 2, (size_t)(close - open - 4)));
    if (!source->is_alone)
        blanks = open;
    page_read_html(page, source, source->next, (size_t)(blanks - source->next));
    advance(source, open);
}

/* {{ page }} must be first, after only white space and {{# notes }}. */
static bool is_in_order(const struct page *page, const struct source *source, const char *text)
{
    const char *word = next_word(&text);
    size_t length = page->html.literal.length;

    if (page->has_page || *word == '#')
        return true;
    if (strcmp(word, "page") == 0)
        return length == 0 || strspn(page->html.literal.bytes, " \t\r\n") == length;
    return source->outer != NULL;
}

static void close_blocks(struct page *page, const struct source *source)
{
    static const char *const names[] = { "if", "each", "form" };

    while (page->depth > source->outer_depth) {
        const struct block *block = &page->blocks[--page->depth];

        refuse(block->path, block->line, "an {{ %s }} without its end; write {{ end }}",
               names[block->kind]);
        html_resume(&page->html, block->start);
        page->html.is_form_open = page->html.is_form_open && block->kind != BLOCK_FORM;
    }
}

void page_read(struct page *page, struct source *source)
{
    const char *open;

    while ((open = strstr(source->next, "{{"))) {
        const char *close = strstr(open + 2, "}}");
        const char *second = strstr(open + 2, "{{");
        const char *text;

        if (!close || (second && second < close)) {
            advance(source, open);
            refuse(source->path, source->line, "a {{ without its end; write }}");
            source->next += strlen(source->next);
            page->depth = source->outer_depth;
            page->html.at.state = HTML_TEXT;
            return;
        }
        text = copy_bytes(open + 2, (size_t)(close - open - 2));
        read_literal(page, source, open, close + 2);
        if (!is_in_order(page, source, text))
            break;
        page_read_words(page, source, text);
        advance(source, close + 2);
        if (source->is_alone)
            advance(source, source->next + strcspn(source->next, "\n"));
        if (source->is_alone && *source->next)
            advance(source, source->next + 1);
    }
    if (!source->outer && (open || !page->has_page)) {
        refuse(source->path, 1, "no {{ page }} at the top; write {{ page name type ... }} there");
        return;
    }
    page_read_html(page, source, source->next, strlen(source->next));
    advance(source, source->next + strlen(source->next));
    close_blocks(page, source);
}
