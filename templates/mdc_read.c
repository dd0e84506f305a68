/*
 * Reads a document: the file of a profile and the parts that it includes, block by block.
 * Directives are comments on a line of their own: include NAME, if CONDITION, if !CONDITION, end,
 * table NAME.
 */
#include "mdc.h"

#include <ctype.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>

enum { DEPTH_MAX = 8 };

/* A file that is being read. */
struct source {
    const char *path;
    const struct source *outer; /* NULL: the document's own file */
    size_t outer_depth;         /* conditions that were open where it is included */
};

struct reader {
    const char *folder;
    const struct rows *rows;
    struct document document;
    const char *conditions[DEPTH_MAX]; /* that are open */
    int condition_lines[DEPTH_MAX];
    size_t depth;
    bool is_after_promise; /* the last block may still get a note or a command */
};

/* The paths of all parts that documents have included. */
static struct text parts;

static void file_read(struct reader *reader, const char *path, const struct source *outer);

static char *joined(const char *a, const char *between, const char *b)
{
    struct text text = { 0 };

    text_printf(&text, "%s%s%s", a, between, b);
    return text.bytes;
}

static struct block *block_new(struct reader *reader, const struct source *source, const char *kind,
                               cmark_node *node)
{
    struct document *document = &reader->document;
    struct block *block;

    document->blocks = grow(document->blocks, document->block_count, sizeof *document->blocks);
    block = &document->blocks[document->block_count++];
    *block = (struct block){ .kind = kind,
                             .path = source->path,
                             .line = cmark_node_get_start_line(node) };
    for (size_t i = 0; i < reader->depth; i++)
        block->condition = block->condition ? joined(block->condition, " ", reader->conditions[i])
                                            : reader->conditions[i];
    reader->is_after_promise = false;
    return block;
}

/* The source of a text, with its line breaks; then they become blanks. */
static const char *runs_text(struct runs *runs)
{
    struct text text = { 0 };

    text_add(&text, "", 0);
    for (size_t i = 0; i < runs->count; i++) {
        struct text *of = &runs->items[i].text;

        text_add(&text, of->bytes, of->length);
        for (size_t k = 0; k < of->length; k++)
            if (of->bytes[k] == '\n')
                of->bytes[k] = ' ';
        if (runs->items[i].href && strchr(runs->items[i].href, '{'))
            text_add(&text, runs->items[i].href, strlen(runs->items[i].href));
    }
    return text.bytes;
}

/* ---- blocks ---- */

static bool is_slug_taken(const struct document *document, const char *slug)
{
    for (size_t i = 0; i < document->block_count; i++)
        if (strcmp(document->blocks[i].kind, "heading") == 0 && document->blocks[i].id &&
            strcmp(document->blocks[i].id, slug) == 0)
            return true;
    return false;
}

char *slug_of(const char *text)
{
    char *slug = allocate(strlen(text) + 1);
    size_t length = 0;

    for (; *text; text++) {
        if (isalnum((unsigned char)*text))
            slug[length++] = (char)tolower((unsigned char)*text);
        else if (length > 0 && slug[length - 1] != '-' && *text == ' ')
            slug[length++] = '-';
    }
    return slug;
}

static void heading_read(struct reader *reader, const struct source *source, cmark_node *node)
{
    struct runs runs = inline_read(source->path, node);
    const char *text = runs_text(&runs);
    int line = cmark_node_get_start_line(node);
    struct block *block;
    char *slug;

    if (cmark_node_get_heading_level(node) == 1 && !source->outer && !reader->document.title) {
        reader->document.title = text;
        return;
    }
    if (cmark_node_get_heading_level(node) != 2) {
        refuse(source->path, line,
               "a heading of that level; write # for the document's title, "
               "once, and ## for each section");
        return;
    }
    slug = slug_of(text);
    if (!*slug || is_slug_taken(&reader->document, slug))
        refuse(source->path, line, "a second heading \"%s\"; write another", text);
    parameters_check(source->path, line, text);
    block = block_new(reader, source, "heading", node);
    block->runs = runs;
    block->id = slug;
}

/* The link that a promise or statement consists of; NULL: the paragraph is neither. */
static cmark_node *promise_link(cmark_node *paragraph, const char **kind, const char **id)
{
    cmark_node *link = cmark_node_first_child(paragraph);
    const char *url;

    if (!link || cmark_node_next(link) || cmark_node_get_type(link) != CMARK_NODE_LINK)
        return NULL;
    url = cmark_node_get_url(link);
    *kind = strncmp(url, "promise:", 8) == 0      ? "promise"
            : strncmp(url, "statement:", 10) == 0 ? "statement"
                                                  : NULL;
    if (!*kind)
        return NULL;
    *id = joined(strchr(url, ':') + 1, "", "");
    return link;
}

static void rows_check(const struct reader *reader, const struct block *block)
{
    char *rest = joined(block->rows, "", "");
    char *id;

    while ((id = strsep(&rest, " ")))
        if (!rows_has(reader->rows, id))
            refuse(block->path, block->line, "there is no row \"%s\"; see rows.md", id);
}

static void promise_read(struct reader *reader, const struct source *source, cmark_node *paragraph,
                         cmark_node *link, const char *kind, const char *id)
{
    struct block *block = block_new(reader, source, kind, paragraph);
    const char *rows = cmark_node_get_title(link);

    block->runs = inline_read(source->path, link);
    parameters_check(source->path, block->line, runs_text(&block->runs));
    block->id = id;
    if (!*id || id[strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-")])
        refuse(source->path, block->line, "\"%s\" is no id; write a-z, 0-9 and -", id);
    if (rows && *rows) {
        block->rows = joined(rows, "", "");
        rows_check(reader, block);
    }
    reader->is_after_promise = true;
}

/* `kind`: "text" or "item", if it is no promise. */
static void paragraph_read(struct reader *reader, const struct source *source, cmark_node *node,
                           const char *kind)
{
    const char *promise_kind, *id, *text;
    cmark_node *link = promise_link(node, &promise_kind, &id);
    struct block *block;

    if (link) {
        promise_read(reader, source, node, link, promise_kind, id);
        return;
    }
    block = block_new(reader, source, kind, node);
    block->runs = inline_read(source->path, node);
    text = runs_text(&block->runs);
    words_check(source->path, block->line, text);
    parameters_check(source->path, block->line, text);
}

/* What follows a promise or statement: how it is checked, and a command to repeat that. */
static void quote_read(struct reader *reader, const struct source *source, cmark_node *node)
{
    cmark_node *paragraph = cmark_node_first_child(node);
    int line = cmark_node_get_start_line(node);
    struct block *last;

    if (!reader->is_after_promise ||
        reader->document.blocks[reader->document.block_count - 1].note) {
        refuse(source->path, line,
               "a quote that is no note; write one, right after a promise or statement");
        return;
    }
    last = &reader->document.blocks[reader->document.block_count - 1];
    if (!paragraph || cmark_node_next(paragraph) ||
        cmark_node_get_type(paragraph) != CMARK_NODE_PARAGRAPH) {
        refuse(source->path, line, "a note of several parts; write one paragraph");
        return;
    }
    last->note = inline_plain(source->path, paragraph);
    parameters_check(source->path, line, last->note);
}

static void code_read(struct reader *reader, const struct source *source, cmark_node *node)
{
    const char *code = cmark_node_get_literal(node);
    struct block *last;

    if (!reader->is_after_promise ||
        !reader->document.blocks[reader->document.block_count - 1].note) {
        refuse(source->path, cmark_node_get_start_line(node),
               "code that is no command of a check; write it right after a promise's note");
        return;
    }
    last = &reader->document.blocks[reader->document.block_count - 1];
    last->command = copy_bytes(code, strcspn(code, "\n"));
    if (strchr(code, '\n') && strchr(code, '\n')[1])
        refuse(source->path, last->line, "a command of several lines; write one line");
    reader->is_after_promise = false;
}

/* ---- directives ---- */

static void condition_open(struct reader *reader, const struct source *source, const char *word,
                           int line)
{
    if (reader->depth == DEPTH_MAX) {
        refuse(source->path, line, "conditions that are nested too deeply; write fewer");
        return;
    }
    reader->condition_lines[reader->depth] = line;
    reader->conditions[reader->depth++] = word;
}

static void include_read(struct reader *reader, const struct source *source, const char *name,
                         int line)
{
    struct text path = { 0 };

    text_printf(&path, "%s/_%s.md", reader->folder, name);
    for (const struct source *at = source; at; at = at->outer) {
        if (strcmp(at->path, path.bytes) == 0) {
            refuse(source->path, line, "\"%s\" includes itself; leave it out", name);
            return;
        }
    }
    text_printf(&parts, "%s\n", path.bytes);
    file_read(reader, path.bytes, source);
}

static void table_read(struct reader *reader, const struct source *source, cmark_node *node,
                       const char *name)
{
    static const char *const names[] = { "recipients", "places", "data", "not-offered" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], name) == 0) {
            block_new(reader, source, "table", node)->id = names[i];
            return;
        }
    }
    refuse(source->path, cmark_node_get_start_line(node),
           "no table \"%s\"; write recipients, places, data or not-offered", name);
}

static void directive_read(struct reader *reader, const struct source *source, cmark_node *node)
{
    int line = cmark_node_get_start_line(node), used = 0;
    const char *text = cmark_node_get_literal(node);
    char word[16], name[64] = "", end[4] = "";

    if (sscanf(text, "<!-- %15[a-z] %3[->]%n", word, end, &used) != 2) {
        used = 0;
        if (sscanf(text, "<!-- %15[a-z] %63[a-z0-9_!-] %3[->]%n", word, name, end, &used) != 3)
            *word = '\0';
    }
    reader->is_after_promise = false;
    if (!used || strcmp(end, "-->") != 0 || strcmp(text + used, "\n") != 0)
        *word = '\0';
    if (strcmp(word, "end") == 0 && !*name && reader->depth > source->outer_depth)
        reader->depth--;
    else if (strcmp(word, "end") == 0 && !*name)
        refuse(source->path, line, "an end without its if; leave it out");
    else if (strcmp(word, "if") == 0 && *name)
        condition_open(reader, source, joined(name, "", ""), line);
    else if (strcmp(word, "include") == 0 && *name)
        include_read(reader, source, name, line);
    else if (strcmp(word, "table") == 0 && *name)
        table_read(reader, source, node, name);
    else
        refuse(source->path, line,
               "not a directive; write <!-- include NAME -->, <!-- if WORD -->, <!-- if !WORD -->, "
               "<!-- end --> or <!-- table NAME --> on a line of its own");
}

/* ---- files ---- */

static void list_read(struct reader *reader, const struct source *source, cmark_node *list);

/* `kind` of a paragraph: "text" or "item". */
static void node_read(struct reader *reader, const struct source *source, cmark_node *node,
                      const char *kind)
{
    cmark_node_type type = cmark_node_get_type(node);

    if (type == CMARK_NODE_HEADING)
        heading_read(reader, source, node);
    else if (type == CMARK_NODE_PARAGRAPH)
        paragraph_read(reader, source, node, kind);
    else if (type == CMARK_NODE_BLOCK_QUOTE)
        quote_read(reader, source, node);
    else if (type == CMARK_NODE_CODE_BLOCK)
        code_read(reader, source, node);
    else if (type == CMARK_NODE_HTML_BLOCK)
        directive_read(reader, source, node);
    else if (type == CMARK_NODE_LIST && strcmp(kind, "text") == 0 &&
             cmark_node_get_list_type(node) == CMARK_BULLET_LIST)
        list_read(reader, source, node);
    else
        refuse(source->path, cmark_node_get_start_line(node),
               "%s; write headings, paragraphs, and lists with - that are not nested",
               cmark_node_get_type_string(node));
}

static void list_read(struct reader *reader, const struct source *source, cmark_node *list)
{
    for (cmark_node *item = cmark_node_first_child(list); item; item = cmark_node_next(item)) {
        size_t count = reader->document.block_count;

        for (cmark_node *node = cmark_node_first_child(item); node; node = cmark_node_next(node))
            node_read(reader, source, node, "item");
        if (reader->document.block_count != count + 1)
            refuse(source->path, cmark_node_get_start_line(item),
                   "an item that is not one paragraph; write one");
    }
}

static void file_read(struct reader *reader, const char *path, const struct source *outer)
{
    struct source source = { .path = path, .outer = outer, .outer_depth = reader->depth };
    cmark_node *root = parse(path);

    if (!root)
        return;
    for (cmark_node *node = cmark_node_first_child(root); node; node = cmark_node_next(node))
        node_read(reader, &source, node, "text");
    while (reader->depth > source.outer_depth)
        refuse(path, reader->condition_lines[--reader->depth],
               "an if without its end; write <!-- end -->");
    reader->is_after_promise = false;
}

void parts_check(const char *folder)
{
    struct text pattern = { 0 };
    glob_t found;

    text_printf(&pattern, "%s/_*.md", folder);
    if (glob(pattern.bytes, 0, NULL, &found) != 0)
        return;
    for (size_t i = 0; i < found.gl_pathc; i++)
        if (!parts.bytes || !strstr(parts.bytes, joined(found.gl_pathv[i], "", "\n")))
            refuse(found.gl_pathv[i], 1, "no document includes this part; delete it");
    globfree(&found);
}

struct document document_read(const char *folder, const char *profile, const char *name,
                              const struct rows *rows)
{
    struct reader reader = { .folder = folder, .rows = rows };
    struct document *document = &reader.document;
    struct text path = { 0 };

    document->profile = profile;
    document->name = name;
    text_printf(&path, "%s/%s/%s.md", folder, profile, name);
    file_read(&reader, path.bytes, NULL);
    if (!document->title || document->block_count == 0)
        refuse(path.bytes, 1, "no title or no text; write # TITLE and paragraphs");
    for (size_t i = 0; i < document->block_count; i++) {
        const struct block *block = &document->blocks[i];

        if (strcmp(block->kind, "statement") == 0 && !block->note)
            refuse(block->path, block->line,
                   "a statement without a note; write > and why software cannot prove it");
    }
    return reader.document;
}
