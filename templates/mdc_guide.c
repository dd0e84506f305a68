/*
 * Reads one page of the docs and writes its text as HTML for tmplc: headings that are anchors,
 * paragraphs, lists, tables, notes (>), and code. The words after ``` say what code is: "sh" is run
 * by the tests, "sh no-run REASON" is not; "ini" is of domicile.conf, "text" is output.
 */
#include "mdc.h"

#include <stdio.h>
#include <string.h>

static struct guide_link *links;
static size_t link_count;

static void refuse_at(const struct guide *guide, cmark_node *node, const char *what)
{
    refuse(guide->path, cmark_node_get_start_line(node), "%s", what);
}

/* ---- text ---- */

/* A brace would be tmplc's, a line break in an attribute could be lost. */
void html_add(struct text *html, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&':
            text_printf(html, "&amp;");
            break;
        case '<':
            text_printf(html, "&lt;");
            break;
        case '>':
            text_printf(html, "&gt;");
            break;
        case '"':
            text_printf(html, "&quot;");
            break;
        case '{':
            text_printf(html, "&#123;");
            break;
        default:
            text_add(html, text, 1);
        }
    }
}

static void link_note(const struct guide *guide, int line, const char *href)
{
    links = grow(links, link_count, sizeof *links);
    links[link_count++] = (struct guide_link){ guide->path, href, line };
}

/* "Set `[mail] url`": what is inside a paragraph, heading or cell. */
static void inline_write(struct text *html, const struct guide *guide, cmark_node *parent)
{
    struct runs runs = inline_read(guide->path, parent);

    for (size_t i = 0; i < runs.count; i++) {
        const struct run *run = &runs.items[i];
        const char *tag = run->is_code ? "code" : run->is_strong ? "b" : NULL;

        if (run->href) {
            link_note(guide, cmark_node_get_start_line(parent), run->href);
            text_printf(html, "<a href=\"");
            html_add(html, run->href);
            text_printf(html, "\">");
        }
        if (tag)
            text_printf(html, "<%s>", tag);
        html_add(html, run->text.bytes);
        if (tag)
            text_printf(html, "</%s>", tag);
        if (run->href)
            text_printf(html, "</a>");
    }
}

/* As plain text, with its marks gone. */
static const char *words_of(const char *path, cmark_node *parent)
{
    struct runs runs = inline_read(path, parent);
    struct text text = { 0 };

    text_add(&text, "", 0);
    for (size_t i = 0; i < runs.count; i++)
        text_add(&text, runs.items[i].text.bytes, runs.items[i].text.length);
    return text.bytes;
}

/* ---- headings ---- */

static bool is_anchor(const struct guide *guide, const char *slug)
{
    for (size_t i = 0; i < guide->anchor_count; i++)
        if (strcmp(guide->anchors[i].slug, slug) == 0)
            return true;
    return false;
}

static void title_read(struct guide *guide, cmark_node *node)
{
    if (guide->title || guide->has_section)
        refuse_at(guide, node, "a second title; write # once, at the top, and ## for each section");
    guide->title = words_of(guide->path, node);
}

static void heading_write(struct guide *guide, cmark_node *node)
{
    struct text *html = &guide->body;
    int level = cmark_node_get_heading_level(node);
    struct anchor anchor = { .level = level };

    if (level == 1) {
        title_read(guide, node);
        return;
    }
    anchor.title = words_of(guide->path, node);
    anchor.slug = slug_of(anchor.title);
    if (level > 3 || (level == 3 && !guide->has_section)) {
        refuse_at(guide, node, "a heading of that level; write ## for a section, ### within it");
        return;
    }
    if (!*anchor.slug || is_anchor(guide, anchor.slug))
        refuse(guide->path, cmark_node_get_start_line(node),
               "a second heading \"%s\"; write another", anchor.title);
    guide->anchors = grow(guide->anchors, guide->anchor_count, sizeof *guide->anchors);
    guide->anchors[guide->anchor_count++] = anchor;
    if (level == 2) {
        text_printf(html, "%s<section id=\"%s\">\n<h2>", guide->has_section ? "</section>\n" : "",
                    anchor.slug);
        guide->has_section = true;
    } else {
        text_printf(html, "<h3 id=\"%s\">", anchor.slug);
    }
    inline_write(html, guide, node);
    text_printf(
        html, "<a class=\"anchor\" href=\"#%s\" aria-label=\"Link to this section: ", anchor.slug);
    html_add(html, anchor.title);
    text_printf(html, "\">#</a></h%d>\n", level);
}

/* ---- code ---- */

static bool is_code_kind(const char *info)
{
    return strcmp(info, "sh") == 0 || strcmp(info, "ini") == 0 || strcmp(info, "text") == 0 ||
           (strncmp(info, "sh no-run ", 10) == 0 && info[10] != '\0');
}

/* With a button that copies it, unless it is output. */
static void code_write(struct guide *guide, cmark_node *node)
{
    struct text *html = &guide->body;
    const char *info = cmark_node_get_fence_info(node);
    const char *literal = cmark_node_get_literal(node);
    const char *code = copy_bytes(literal, strlen(literal) - (*literal != '\0'));
    bool is_output = strcmp(info, "text") == 0;

    if (!is_code_kind(info))
        refuse_at(guide, node,
                  "code of another kind; write ```sh, ```sh no-run REASON, ```ini or ```text");
    if (!*code)
        refuse_at(guide, node, "code without a line; leave it out");
    text_printf(html,
                "<div class=\"panel line file snippet\"><pre tabindex=\"0\" role=\"group\" "
                "aria-label=\"%s\">",
                is_output                  ? "Output"
                : strcmp(info, "ini") == 0 ? "Settings"
                                           : "Commands");
    html_add(html, code);
    text_printf(html, "</pre>");
    if (!is_output) {
        text_printf(html, "<button type=\"button\" class=\"btn small scripted\" data-copy=\"");
        html_add(html, code);
        text_printf(html, "\">{{ icon \"copy\" }}<span class=\"label\">Copy</span></button>");
    }
    text_printf(html, "</div>\n");
}

/* ---- lists, tables, notes ---- */

static void paragraph_write(struct guide *guide, cmark_node *node)
{
    struct text *html = &guide->body;

    if (guide->title && !guide->has_lead && !guide->has_section) {
        guide->has_lead = true;
        inline_write(&guide->lead, guide, node);
        return;
    }
    text_printf(html, "<p>");
    inline_write(html, guide, node);
    text_printf(html, "</p>\n");
}

/* Of an item that begins with a link: it may be the list of documents. */
static void entry_note(struct guide *guide, cmark_node *paragraph)
{
    cmark_node *link = cmark_node_first_child(paragraph);
    struct entry entry;

    if (!link || cmark_node_get_type(link) != CMARK_NODE_LINK || guide->anchor_count == 0)
        return;
    entry = (struct entry){
        .href = cmark_node_get_url(link),
        .title = words_of(guide->path, link),
        .group = guide->anchors[guide->anchor_count - 1].title,
        .line = cmark_node_get_start_line(paragraph),
    };
    guide->entries = grow(guide->entries, guide->entry_count, sizeof *guide->entries);
    guide->entries[guide->entry_count++] = entry;
}

static void item_write(struct guide *guide, cmark_node *item)
{
    cmark_node *node = cmark_node_first_child(item);

    text_printf(&guide->body, "<li>");
    if (!node || cmark_node_get_type(node) != CMARK_NODE_PARAGRAPH) {
        refuse_at(guide, item, "an item without words; begin it with a paragraph");
        return;
    }
    entry_note(guide, node);
    inline_write(&guide->body, guide, node);
    while ((node = cmark_node_next(node))) {
        if (cmark_node_get_type(node) == CMARK_NODE_CODE_BLOCK)
            code_write(guide, node);
        else if (cmark_node_get_type(node) == CMARK_NODE_PARAGRAPH)
            paragraph_write(guide, node);
        else
            refuse(guide->path, cmark_node_get_start_line(node),
                   "%s in an item; write paragraphs and code", cmark_node_get_type_string(node));
    }
    text_printf(&guide->body, "</li>\n");
}

static void list_write(struct guide *guide, cmark_node *list)
{
    const char *tag = cmark_node_get_list_type(list) == CMARK_ORDERED_LIST ? "ol" : "ul";

    text_printf(&guide->body, "<%s>\n", tag);
    for (cmark_node *item = cmark_node_first_child(list); item; item = cmark_node_next(item))
        item_write(guide, item);
    text_printf(&guide->body, "</%s>\n", tag);
}

/* `heads` are the cells of the first line; NULL: these are. On phones each row is a card. */
static void row_write(struct guide *guide, cmark_node *line, cmark_node *heads)
{
    struct text *html = &guide->body;
    cmark_node *head = heads ? cmark_node_first_child(heads) : NULL;

    text_printf(html, "<tr>");
    for (cmark_node *cell = cmark_node_first_child(line); cell; cell = cmark_node_next(cell)) {
        bool is_first = cell == cmark_node_first_child(line);

        text_printf(html, heads ? "<td" : "<th scope=\"col\"");
        if (head && !is_first) {
            text_printf(html, " data-th=\"");
            html_add(html, words_of(guide->path, head));
            text_printf(html, "\"");
        }
        text_printf(html, ">%s", head && !is_first ? "<span>" : "");
        inline_write(html, guide, cell);
        text_printf(html, "%s</%s>", head && !is_first ? "</span>" : "", heads ? "td" : "th");
        head = head ? cmark_node_next(head) : NULL;
    }
    text_printf(html, "</tr>\n");
}

static void table_write(struct guide *guide, cmark_node *table)
{
    cmark_node *heads = cmark_node_first_child(table);

    text_printf(&guide->body, "<div class=\"panel\"><table class=\"cards\"><thead>");
    row_write(guide, heads, NULL);
    text_printf(&guide->body, "</thead><tbody>\n");
    for (cmark_node *line = cmark_node_next(heads); line; line = cmark_node_next(line))
        row_write(guide, line, heads);
    text_printf(&guide->body, "</tbody></table></div>\n");
}

static void note_write(struct guide *guide, cmark_node *quote)
{
    cmark_node *paragraph = cmark_node_first_child(quote);

    if (!paragraph || cmark_node_next(paragraph) ||
        cmark_node_get_type(paragraph) != CMARK_NODE_PARAGRAPH) {
        refuse_at(guide, quote, "a note of several parts; write one paragraph");
        return;
    }
    text_printf(&guide->body, "<div class=\"note\" role=\"note\">{{ icon \"info\" }}<p>");
    inline_write(&guide->body, guide, paragraph);
    text_printf(&guide->body, "</p></div>\n");
}

/* ---- files ---- */

static void node_write(struct guide *guide, cmark_node *node)
{
    cmark_node_type type = cmark_node_get_type(node);

    if (type == CMARK_NODE_HEADING)
        heading_write(guide, node);
    else if (type == CMARK_NODE_PARAGRAPH)
        paragraph_write(guide, node);
    else if (type == CMARK_NODE_CODE_BLOCK)
        code_write(guide, node);
    else if (type == CMARK_NODE_LIST)
        list_write(guide, node);
    else if (type == CMARK_NODE_BLOCK_QUOTE)
        note_write(guide, node);
    else if (strcmp(cmark_node_get_type_string(node), "table") == 0)
        table_write(guide, node);
    else
        refuse(guide->path, cmark_node_get_start_line(node),
               "%s; write headings, paragraphs, lists, tables, notes and code",
               cmark_node_get_type_string(node));
}

struct guide guide_read(const char *path)
{
    const char *file = strrchr(path, '/') + 1;
    struct guide guide = { .path = path, .name = copy_bytes(file, strlen(file) - strlen(".md")) };
    cmark_node *root = parse(path);

    text_add(&guide.lead, "", 0);
    text_add(&guide.body, "", 0);
    if (!root)
        return guide;
    for (cmark_node *node = cmark_node_first_child(root); node; node = cmark_node_next(node))
        node_write(&guide, node);
    if (guide.has_section)
        text_printf(&guide.body, "</section>\n");
    if (!guide.title || !guide.has_lead || !guide.has_section)
        refuse(path, 1,
               "no title, no paragraph below it or no section; write # TITLE, what it is "
               "about, and ## SECTION");
    return guide;
}

/* ---- links, when all pages are known ---- */

static const struct guide *guide_find(const struct guide *guides, size_t count, const char *name,
                                      size_t length)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(guides[i].name) == length && memcmp(guides[i].name, name, length) == 0)
            return &guides[i];
    return NULL;
}

/* `guides` begin with the index. */
static void link_check(const struct guide_link *link, const struct guide *guides, size_t count)
{
    const char *hash = strchr(link->href, '#');
    const struct guide *guide = NULL;

    if (hash == link->href) {
        for (size_t i = 0; i < count; i++)
            if (strcmp(guides[i].path, link->path) == 0)
                guide = &guides[i];
    } else if (strncmp(link->href, "/docs/", 6) == 0) {
        /* The index has one address, without its name. */
        guide = guide_find(guides + 1, count - 1, link->href + 6, strcspn(link->href + 6, "#"));
    } else if (strcmp(link->href, "/docs") == 0 || strncmp(link->href, "/docs#", 6) == 0) {
        guide = guides;
    } else {
        return; /* a page of the server, or of another one */
    }
    if (!guide || (hash && !is_anchor(guide, hash + 1)))
        refuse(link->path, link->line, "a link to \"%s\", which does not exist; write another",
               link->href);
}

void guide_links_check(const struct guide *guides, size_t count)
{
    for (size_t i = 0; i < link_count; i++)
        link_check(&links[i], guides, count);
}
