/*
 * The words of the language: page, if, else, each, end, include, form, and values. Parses the
 * content of a {{ }} and keeps the stack of open blocks. tmplc_source.c finds the {{ }}.
 */
#include "tmplc_page.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { PART_DEPTH = 8 };

char *next_word(const char **cursor)
{
    const char *start = *cursor + strspn(*cursor, " \t\r\n");
    const char *end = start;

    if (*start == '"') {
        end = strchr(start + 1, '"');
        end = end ? end + 1 : start + strlen(start);
    } else {
        while (isalnum((unsigned char)*end) || *end == '_' || *end == '.')
            end++;
        if (end == start && *end)
            end++;
    }
    *cursor = end;
    return copy_bytes(start, (size_t)(end - start));
}

static bool is_at_end(const char *cursor)
{
    return cursor[strspn(cursor, " \t\r\n")] == '\0';
}

/* The content of a quoted string; NULL if it is not a string. */
static char *unquote(const char *word)
{
    size_t length = strlen(word);

    if (length < 2 || word[0] != '"' || word[length - 1] != '"')
        return NULL;
    return copy_bytes(word + 1, length - 2);
}

void page_read_html(struct page *page, const struct source *source, const char *bytes,
                    size_t length)
{
    page->html.path = source->path;
    page->html.line = source->line;
    html_read(&page->html, bytes, length);
}

static void read_field(struct page *page, const struct source *source, const char *line)
{
    const char *cursor = line;
    const char *name = next_word(&cursor);
    const char *type = next_word(&cursor);
    const char *from = next_word(&cursor);
    const char *subject = next_word(&cursor);
    bool is_plain = *from == '\0';
    bool is_from = strcmp(from, "from") == 0 && (unquote(subject) || page_is_name(subject));

    if (*name == '\0')
        return;
    if (!page_is_name(name) || strchr(name, '.') || !page_is_name(type) || strchr(type, '.') ||
        !(is_plain || is_from) || !is_at_end(cursor)) {
        refuse(source->path, source->line,
               "not a field; write: name type, or: name type from subject");
        return;
    }
    page_add_field(page, source, name, type, is_plain ? NULL : subject);
}

static void read_page(struct page *page, struct source *source, const char *cursor)
{
    struct source at = *source;

    if (source->outer)
        refuse(source->path, source->line, "{{ page }} in a part; declare in the page, or share");
    else if (page->has_page)
        refuse(source->path, source->line, "a second {{ page }}; write all fields in the first");
    if (source->outer || page->has_page)
        return;
    page->has_page = true;
    while (*cursor) {
        size_t length = strcspn(cursor, "\n");

        read_field(page, &at, copy_bytes(cursor, length));
        cursor += length + (cursor[length] == '\n');
        at.line++;
    }
}

static struct block *open_block(struct page *page, const struct source *source,
                                enum block_kind kind)
{
    struct block *block = &page->blocks[page->depth];

    if (page->depth == PAGE_BLOCKS - 1) {
        refuse(source->path, source->line, "blocks too deep; take some out");
        page->depth--;
        block--;
    }
    html_block_here(&page->html);
    page_write_literal(page);
    *block = (struct block){
        .kind = kind,
        .path = source->path,
        .line = source->line,
        .start = page->html.at,
    };
    return block;
}

/* A branch of the innermost block ends: it must be in the context where it began. */
static void end_branch(struct page *page, const struct source *source, struct block *block)
{
    struct html_position end = block->start;
    struct html_position unused;

    if (html_block_here(&page->html)) {
        end = page->html.at;
        if (!html_meet(block->start, end, &unused)) {
            refuse(source->path, source->line,
                   "the block of line %d ends in another place of the HTML, in %s; end where it "
                   "began",
                   block->line, html_place_name(&page->html));
            end = block->start;
        }
    }
    page_write_literal(page);
    if (block->branches++ == 0)
        block->merged = end;
    else
        html_meet(block->merged, end, &block->merged);
    html_resume(&page->html, block->start);
}

/* The C of "X" or "X is "text""; "false" after a reported error. */
static const char *read_condition(struct page *page, const struct source *source,
                                  const char *cursor)
{
    const char *name = next_word(&cursor);
    struct text condition = { 0 };
    const char *c = page_expression(page, source, name);

    if (!c)
        return "false";
    if (is_at_end(cursor)) {
        text_printf(&condition, "html_true(%s)", c);
        return condition.bytes;
    }
    if (strcmp(next_word(&cursor), "is") == 0) {
        const char *word = next_word(&cursor);

        text_printf(&condition, "html_is(%s, %s)", c, word);
        if (unquote(word) && !strpbrk(word, "\\?\n") && is_at_end(cursor))
            return condition.bytes;
    }
    refuse(source->path, source->line,
           "not a condition; write {{ if name }} or {{ if name is \"text\" }}");
    return "false";
}

static void read_if(struct page *page, struct source *source, const char *cursor)
{
    open_block(page, source, BLOCK_IF);
    page_write_line(page, source, source->line);
    page_write(page, "if (%s) {", read_condition(page, source, cursor));
    page->depth++;
}

static void read_each(struct page *page, struct source *source, const char *cursor)
{
    const char *name = next_word(&cursor);
    const char *as = next_word(&cursor);
    const char *variable = next_word(&cursor);
    struct block *block;
    const char *rows = NULL;

    if (strcmp(as, "as") != 0 || !page_is_name(variable) || strchr(variable, '.') ||
        !is_at_end(cursor))
        refuse(source->path, source->line, "not an each; write {{ each rows as row }}");
    else if (page_is_known(page, variable))
        refuse(source->path, source->line, "the name \"%s\" is taken; choose another", variable);
    else
        rows = page_expression(page, source, name);
    block = open_block(page, source, BLOCK_EACH);
    if (!html_each_here(&page->html))
        refuse(source->path, source->line,
               "an {{ each }} in a tag or a URL; write it around the whole element");
    block->variable = copy_bytes(variable, strlen(variable));
    block->rows = rows ? rows : "*page";
    page_write_line(page, source, source->line);
    page_write(page, "for (size_t at_%u = 0; at_%u < %s.count; at_%u++) {", page->depth,
               page->depth, block->rows, page->depth);
    page_write_line(page, source, source->line);
    page_write(page, "    const __typeof__(*%s.row) *%s = &%s.row[at_%u];", block->rows, variable,
               block->rows, page->depth);
    page_write(page, "    (void)%s;\n", variable);
    page->depth++;
    page->loops++;
}

static struct block *inner_block(struct page *page, const struct source *source)
{
    return page->depth > source->outer_depth ? &page->blocks[page->depth - 1] : NULL;
}

static void read_else(struct page *page, struct source *source, const char *cursor)
{
    struct block *block = inner_block(page, source);
    bool is_if = strcmp(next_word(&cursor), "if") == 0;

    if (!block || block->kind == BLOCK_FORM || block->has_else ||
        (block->kind == BLOCK_EACH && is_if)) {
        refuse(source->path, source->line,
               "a stray {{ else }}; it belongs once into an {{ if }} or {{ each }}");
        return;
    }
    end_branch(page, source, block);
    page->depth--;
    page_write(page, "}");
    page_write_line(page, source, source->line);
    if (is_if) {
        page_write(page, "else if (%s) {", read_condition(page, source, cursor));
    } else if (block->kind == BLOCK_IF) {
        page_write(page, "else {");
    } else {
        page_write(page, "if (%s.count == 0) {", block->rows);
        page->loops--;
        block->variable = NULL;
    }
    block->has_else = !is_if;
    page->depth++;
}

static void read_end(struct page *page, struct source *source)
{
    struct block *block = inner_block(page, source);

    if (!block) {
        refuse(source->path, source->line, "a stray {{ end }}; no block is open here");
        return;
    }
    if (block->kind == BLOCK_FORM) {
        end_branch(page, source, block);
        page->html.tag.is_ours = true;
        page_read_html(page, source, "</form>", 7);
        page->html.is_form_open = false;
        page->depth--;
        return;
    }
    end_branch(page, source, block);
    if (!block->has_else)
        html_meet(block->merged, block->start, &block->merged);
    html_resume(&page->html, block->merged);
    if (block->kind == BLOCK_EACH && !block->has_else)
        page->loops--;
    page->depth--;
    page_write(page, "}");
}

/* "a.b" and "strings" up to the first name followed by "=", which begins the attributes. */
static const char *read_form_action(struct page *page, const struct source *source,
                                    const char *cursor)
{
    bool is_first = true;

    while (!is_at_end(cursor)) {
        const char *start = cursor + strspn(cursor, " \t\r\n");
        const char *word = next_word(&cursor);
        const char *literal = unquote(word);

        if (!literal && start[strspn(start, "abcdefghijklmnopqrstuvwxyz0123456789_-:")] == '=')
            return start;
        if (is_first && (!literal || literal[0] != '/'))
            refuse(source->path, source->line,
                   "a form needs a path of ours; write {{ form \"/path\" }}");
        if (literal)
            page_read_html(page, source, literal, strlen(literal));
        else if (!is_first)
            page_write_value(page, source, word);
        is_first = false;
    }
    if (is_first)
        refuse(source->path, source->line,
               "a form needs a path of ours; write {{ form \"/path\" }}");
    return cursor;
}

static void read_form(struct page *page, struct source *source, const char *cursor)
{
    static const char start[] = "<form method=\"post\" action=\"";
    size_t length;

    if (page->html.is_plain) {
        refuse(source->path, source->line, "a {{ form }} in plain text; write a link to a page");
        open_block(page, source, BLOCK_FORM);
        page->depth++;
        return;
    }
    if (page->html.at.state != HTML_TEXT || page->html.is_form_open) {
        refuse(source->path, source->line,
               "a {{ form }} within a tag or another form; write it between elements");
        html_resume(&page->html, (struct html_position){ .state = HTML_TEXT });
    }
    page->html.tag.is_ours = true;
    page_read_html(page, source, start, sizeof start - 1);
    cursor = read_form_action(page, source, cursor);
    page_read_html(page, source, "\"", 1);
    length = strlen(cursor);
    while (length > 0 && isspace((unsigned char)cursor[length - 1]))
        length--;
    if (length > 0)
        page_read_html(page, source, " ", 1);
    page_read_html(page, source, cursor, length);
    if (page->html.at.state != HTML_SEPARATE)
        refuse(source->path, source->line,
               "attributes of a form end in quotes; write name=\"...\"");
    page->html.at.state = HTML_SEPARATE;
    page->html.tag.is_ours = true;
    page_read_html(page, source, ">", 1);
    page_write_literal(page);
    page->uses_frame = true;
    page_write_line(page, source, source->line);
    page_write(page, "html_csrf_field(buf, frame);");
    open_block(page, source, BLOCK_FORM);
    page->html.is_form_open = true;
    page->depth++;
}

const char *parts_folder;

static void read_include(struct page *page, struct source *source, const char *cursor)
{
    const char *name = unquote(next_word(&cursor));
    const char *slash = strrchr(source->path, '/');
    struct source part = { .line = 1, .is_line_start = true, .outer = source };
    struct html_position start;
    struct text path = { 0 };
    unsigned nested = 0;
    char *text;

    if (!name || name[0] != '_' || strchr(name, '/') || !is_at_end(cursor)) {
        refuse(source->path, source->line, "not a part; write {{ include \"_name.html\" }}");
        return;
    }
    if (parts_folder)
        text_printf(&path, "%s/%s", parts_folder, name);
    else
        text_printf(&path, "%.*s%s", slash ? (int)(slash + 1 - source->path) : 0, source->path,
                    name);
    for (const struct source *outer = source; outer; outer = outer->outer, nested++)
        if (strcmp(outer->path, path.bytes) == 0 || nested == PART_DEPTH) {
            refuse(source->path, source->line, "\"%s\" includes itself; break the ring", name);
            return;
        }
    part.path = path.bytes;
    text = read_file(path.bytes);
    part.next = text;
    part.outer_depth = page->depth;
    if (!text) {
        refuse(source->path, source->line, "no part \"%s\"; write %s", name, path.bytes);
        return;
    }
    if (!source->is_alone && *text && text[strlen(text) - 1] == '\n')
        text[strlen(text) - 1] = '\0';
    html_block_here(&page->html);
    page_write_literal(page);
    start = page->html.at;
    page_read(page, &part);
    page->html.path = part.path;
    page->html.line = part.line;
    if (html_block_here(&page->html) && !html_meet(start, page->html.at, &start)) {
        refuse(part.path, part.line,
               "the part ends in another place of the HTML, in %s; end where "
               "it began",
               html_place_name(&page->html));
        page->html.at = start;
    }
    page_write_literal(page);
}

/* An icon of the sprite, which static/sprite.mjs makes of the names used; a word stands beside it.
 */
static void read_icon(struct page *page, struct source *source, const char *cursor)
{
    const char *name = unquote(next_word(&cursor));
    struct text text = { 0 };

    if (!name || !is_at_end(cursor) ||
        strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(name)) {
        refuse(source->path, source->line, "not an icon; write {{ icon \"name\" }}");
        return;
    }
    text_printf(&text,
                "<svg class=\"i\" aria-hidden=\"true\"><use href=\"/static/sprite.svg#%s\"/></svg>",
                name);
    page_read_html(page, source, text.bytes, text.length);
}

/* A number of things: "1 VM", "2 VMs". */
static void read_count(struct page *page, struct source *source, const char *cursor)
{
    const char *name = next_word(&cursor), *thing = unquote(next_word(&cursor));

    if (!*name || !thing || !is_at_end(cursor) ||
        strspn(thing, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") != strlen(thing))
        refuse(source->path, source->line, "not a count; write {{ count NAME \"thing\" }}");
    else
        page_write_things(page, source, name, thing);
}

void page_read_words(struct page *page, struct source *source, const char *text)
{
    const char *cursor = text;
    const char *word = next_word(&cursor);

    page->html.path = source->path;
    page->html.line = source->line;
    if (*word == '#')
        return;
    if (strcmp(word, "page") == 0)
        read_page(page, source, cursor);
    else if (strcmp(word, "if") == 0)
        read_if(page, source, cursor);
    else if (strcmp(word, "else") == 0)
        read_else(page, source, cursor);
    else if (strcmp(word, "each") == 0)
        read_each(page, source, cursor);
    else if (strcmp(word, "end") == 0)
        read_end(page, source);
    else if (strcmp(word, "include") == 0)
        read_include(page, source, cursor);
    else if (strcmp(word, "form") == 0)
        read_form(page, source, cursor);
    else if (strcmp(word, "icon") == 0)
        read_icon(page, source, cursor);
    else if (strcmp(word, "count") == 0 && !is_at_end(cursor))
        read_count(page, source, cursor);
    else if (is_at_end(cursor))
        page_write_value(page, source, word);
    else
        refuse(source->path, source->line,
               "unknown word \"%s\"; the words are page if else each end include form icon count",
               word);
}
