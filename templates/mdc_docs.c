/*
 * `mdc docs`: index.md lists the pages of the docs, each in an item that begins with a link to it;
 * the headings above are their groups. Writes a template for each page, with the menu of all, what
 * is on it, and the pages before and after, and the table of pages in C.
 */
#include "mdc.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>

/* The index first, then all others in its order. */
struct docs {
    const char *folder;
    struct guide *guides;
    const char **groups;
    size_t count;
};

static const char INDEX[] = "index";

/* ---- reading ---- */

static bool has_guide(const struct docs *docs, const char *name)
{
    for (size_t i = 0; i < docs->count; i++)
        if (strcmp(docs->guides[i].name, name) == 0)
            return true;
    return false;
}

static void guide_add(struct docs *docs, const char *name, const char *group)
{
    struct text path = { 0 };

    text_printf(&path, "%s/%s.md", docs->folder, name);
    docs->guides = grow(docs->guides, docs->count, sizeof *docs->guides);
    docs->groups = grow(docs->groups, docs->count, sizeof *docs->groups);
    docs->groups[docs->count] = group;
    docs->guides[docs->count++] = guide_read(path.bytes);
}

static void entry_read(struct docs *docs, const struct entry *entry)
{
    const char *path = docs->guides[0].path;
    const char *name = entry->href + 6;
    const char *title;

    if (strncmp(entry->href, "/docs/", 6) != 0)
        return;
    if (!*name || name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")] ||
        has_guide(docs, name)) {
        refuse(path, entry->line, "\"%s\" is no new page; write /docs/NAME, once", entry->href);
        return;
    }
    guide_add(docs, name, entry->group);
    title = docs->guides[docs->count - 1].title;
    if (title && strcmp(title, entry->title) != 0)
        refuse(path, entry->line, "\"%s\" is called \"%s\" there; write that", entry->title, title);
}

/* Every file of the folder is in the index. */
static void files_check(const struct docs *docs)
{
    struct text pattern = { 0 };
    glob_t found;

    text_printf(&pattern, "%s/*.md", docs->folder);
    if (glob(pattern.bytes, 0, NULL, &found) != 0)
        return;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        const char *file = strrchr(found.gl_pathv[i], '/') + 1;

        if (!has_guide(docs, copy_bytes(file, strlen(file) - strlen(".md"))))
            refuse(found.gl_pathv[i], 1, "the index does not list it; write an item in index.md");
    }
    globfree(&found);
}

/* ---- templates ---- */

static const char *href_of(const struct guide *guide)
{
    struct text href = { 0 };

    text_printf(&href, "/docs%s%s", strcmp(guide->name, INDEX) == 0 ? "" : "/",
                strcmp(guide->name, INDEX) == 0 ? "" : guide->name);
    return href.bytes;
}

static void menu_write(struct text *html, const struct docs *docs, size_t current)
{
    text_printf(html, "<nav class=\"toc pages\" aria-label=\"Documentation\">\n");
    for (size_t i = 0; i < docs->count; i++) {
        if (i > 0 && (i == 1 || strcmp(docs->groups[i], docs->groups[i - 1]) != 0)) {
            text_printf(html, "<p>");
            html_add(html, docs->groups[i]);
            text_printf(html, "</p>\n");
        }
        text_printf(html, "<a href=\"%s\"%s>", href_of(&docs->guides[i]),
                    i == current ? " aria-current=\"page\"" : "");
        html_add(html, i == 0 ? "Overview" : docs->guides[i].title);
        text_printf(html, "</a>\n");
    }
    text_printf(html, "</nav>\n");
}

static void contents_write(struct text *html, const struct guide *guide)
{
    text_printf(html, "<nav class=\"toc here\" aria-label=\"On this page\"><p>On this page</p>\n");
    for (size_t i = 0; i < guide->anchor_count; i++) {
        if (guide->anchors[i].level != 2)
            continue;
        text_printf(html, "<a href=\"#%s\">", guide->anchors[i].slug);
        html_add(html, guide->anchors[i].title);
        text_printf(html, "</a>\n");
    }
    text_printf(html, "</nav>\n");
}

static void neighbour_write(struct text *html, const struct guide *guide, bool is_next)
{
    text_printf(html, "<a class=\"btn%s\" href=\"%s\" rel=\"%s\">", is_next ? " push" : "",
                href_of(guide), is_next ? "next" : "prev");
    if (!is_next)
        text_printf(html, "{{ icon \"chevron-left\" }}");
    text_printf(html, "<span class=\"away\">%s: </span>", is_next ? "Next" : "Previous");
    html_add(html, guide->title);
    if (is_next)
        text_printf(html, "{{ icon \"chevron-right\" }}");
    text_printf(html, "</a>\n");
}

static void head_write(struct text *html, const struct guide *guide, bool has_crumb)
{
    text_printf(html, "<div class=\"start\">");
    if (has_crumb) {
        text_printf(html,
                    "<nav class=\"crumb\" aria-label=\"Breadcrumb\"><a href=\"/docs\">Docs</a>"
                    "{{ icon \"chevron-right\" }}<span aria-current=\"page\">");
        html_add(html, guide->title);
        text_printf(html, "</span></nav>\n");
    }
    text_printf(html, "<h1>");
    html_add(html, guide->title);
    text_printf(html, "</h1><p class=\"sub\">%s</p></div>\n", guide->lead.bytes);
}

static struct text template_write(const struct docs *docs, size_t current)
{
    const struct guide *guide = &docs->guides[current];
    struct text html = { 0 };

    text_printf(&html,
                "{{ page }}\n{{# Written by mdc from %s. }}\n{{ include \"_head.html\" }}\n"
                "<div class=\"read docs\">\n",
                guide->path);
    menu_write(&html, docs, current);
    head_write(&html, guide, current > 0);
    contents_write(&html, guide);
    text_printf(&html,
                "<div class=\"policy\">\n%s<nav class=\"acts around\" aria-label=\"Pages\">\n",
                guide->body.bytes);
    if (current > 0)
        neighbour_write(&html, &docs->guides[current - 1], false);
    if (current + 1 < docs->count)
        neighbour_write(&html, &docs->guides[current + 1], true);
    text_printf(&html, "</nav>\n</div></div>\n{{ include \"_foot.html\" }}\n");
    return html;
}

/* "docs_quick_start" */
static const char *page_name(const struct guide *guide)
{
    struct text name = { 0 };

    text_printf(&name, "docs_%s", guide->name);
    for (size_t i = 0; i < name.length; i++)
        if (name.bytes[i] == '-')
            name.bytes[i] = '_';
    return name.bytes;
}

static void string_add(struct text *code, const char *text)
{
    for (; *text; text++) {
        if (strchr("\"\\", *text))
            text_add(code, "\\", 1);
        text_add(code, text, 1);
    }
}

static struct text pages_write(const struct docs *docs)
{
    struct text code = { 0 };

    text_printf(&code, "/* Written by mdc from %s. */\n#include \"view/docs_page.h\"\n\n",
                docs->folder);
    for (size_t i = 0; i < docs->count; i++)
        text_printf(&code, "#include \"%s.html.h\"\n", page_name(&docs->guides[i]));
    for (size_t i = 0; i < docs->count; i++)
        text_printf(&code,
                    "\nstatic void write_%zu(struct buf *buf, const struct frame *frame)\n{\n"
                    "    html_%s(buf, frame, NULL);\n}\n",
                    i, page_name(&docs->guides[i]));
    text_printf(&code, "\nconst struct docs_page DOCS_PAGES[] = {\n");
    for (size_t i = 0; i < docs->count; i++) {
        text_printf(&code, "    { \"%s\", \"", docs->guides[i].name);
        string_add(&code, docs->guides[i].title);
        text_printf(&code, "\", write_%zu },\n", i);
    }
    text_printf(&code, "};\nconst size_t DOCS_PAGE_COUNT = %zu;\n", docs->count);
    return code;
}

int docs_compile(const char *out, const char *folder)
{
    struct docs docs = { .folder = folder };
    struct text path = { 0 }, text;

    guide_add(&docs, INDEX, "");
    for (size_t i = 0; i < docs.guides[0].entry_count; i++)
        entry_read(&docs, &docs.guides[0].entries[i]);
    files_check(&docs);
    guide_links_check(docs.guides, docs.count);
    if (refused_count() > 0)
        return 1;
    for (size_t i = 0; i < docs.count; i++) {
        path.length = 0;
        text_printf(&path, "%s/%s.html", out, page_name(&docs.guides[i]));
        text = template_write(&docs, i);
        write_file(path.bytes, &text);
    }
    path.length = 0;
    text_printf(&path, "%s/docs_pages.c", out);
    text = pages_write(&docs);
    write_file(path.bytes, &text);
    return 0;
}
