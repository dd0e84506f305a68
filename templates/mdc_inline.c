/* What is inside a paragraph or a heading: text, `code`, **strong** and links. */
#include "mdc.h"

#include <string.h>

/* How the text is marked up where the reader is. */
struct markup {
    const char *path;
    const char *href;
    bool is_code, is_strong;
};

static bool same_href(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* Adds to the last run if that is marked up alike. */
static void run_add(struct runs *runs, const struct markup *markup, const char *text)
{
    struct run *last = runs->count > 0 ? &runs->items[runs->count - 1] : NULL;

    if (!last || !same_href(last->href, markup->href) || last->is_code != markup->is_code ||
        last->is_strong != markup->is_strong) {
        runs->items = grow(runs->items, runs->count, sizeof *runs->items);
        last = &runs->items[runs->count++];
        *last = (struct run){ .href = markup->href,
                              .is_code = markup->is_code,
                              .is_strong = markup->is_strong };
    }
    text_add(&last->text, text, strlen(text));
}

static bool is_href(const char *url)
{
    return strncmp(url, "https:", 6) == 0 || strncmp(url, "mailto:", 7) == 0 || *url == '/' ||
           *url == '#';
}

static const char *href_read(const struct markup *markup, cmark_node *link)
{
    const char *url = cmark_node_get_url(link);
    int line = cmark_node_get_start_line(cmark_node_parent(link));

    if (strncmp(url, "promise:", 8) == 0 || strncmp(url, "statement:", 10) == 0)
        refuse(markup->path, line,
               "a promise or statement with other text; write it as a paragraph or list item of "
               "its own");
    else if (!is_href(url) || strncmp(url, "//", 2) == 0)
        refuse(markup->path, line, "a link to \"%s\"; write https:, mailto:, / or #", url);
    return copy_bytes(url, strlen(url));
}

static void nodes_read(struct runs *runs, const struct markup *markup, cmark_node *parent)
{
    for (cmark_node *node = cmark_node_first_child(parent); node; node = cmark_node_next(node)) {
        cmark_node_type type = cmark_node_get_type(node);
        struct markup inner = *markup;

        if (type == CMARK_NODE_TEXT) {
            run_add(runs, markup, cmark_node_get_literal(node));
        } else if (type == CMARK_NODE_SOFTBREAK) {
            run_add(runs, markup, "\n");
        } else if (type == CMARK_NODE_CODE) {
            inner.is_code = true;
            run_add(runs, &inner, cmark_node_get_literal(node));
        } else if (type == CMARK_NODE_STRONG) {
            inner.is_strong = true;
            nodes_read(runs, &inner, node);
        } else if (type == CMARK_NODE_LINK && !markup->href) {
            inner.href = href_read(markup, node);
            nodes_read(runs, &inner, node);
        } else {
            refuse(markup->path, cmark_node_get_start_line(parent),
                   "%s in a text; write plain text, `code`, **strong** or a link",
                   cmark_node_get_type_string(node));
        }
    }
}

struct runs inline_read(const char *path, cmark_node *parent)
{
    struct runs runs = { 0 };

    nodes_read(&runs, &(struct markup){ .path = path }, parent);
    return runs;
}

const char *inline_plain(const char *path, cmark_node *parent)
{
    struct runs runs = inline_read(path, parent);
    struct text text = { 0 };

    text_add(&text, "", 0);
    for (size_t i = 0; i < runs.count; i++) {
        if (runs.items[i].href || runs.items[i].is_strong)
            refuse(path, cmark_node_get_start_line(parent),
                   "a link or **strong** in a note; write plain text and `code`");
        text_add(&text, runs.items[i].text.bytes, runs.items[i].text.length);
    }
    for (size_t i = 0; i < text.length; i++)
        if (text.bytes[i] == '\n')
            text.bytes[i] = ' ';
    return text.bytes;
}
