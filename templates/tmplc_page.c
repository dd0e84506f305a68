/*
 * The names of a page and the generated C: expressions, values by context and unit, literals, the
 * struct and the function. tmplc_words.c parses the template language.
 */
#include "tmplc_page.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    VALUE_GUESS = 32, /* bytes in a value */
    ROW_GUESS = 16,   /* iterations of an each */
    RESERVE_MAX = 64 * 1024,
};

static void indent(struct page *page)
{
    for (unsigned i = 0; i <= page->depth; i++)
        text_add(&page->body, "    ", 4);
}

void page_write(struct page *page, const char *format, ...)
{
    char *line = NULL;
    va_list arguments;

    va_start(arguments, format);
    if (vasprintf(&line, format, arguments) < 0)
        abort();
    va_end(arguments);
    indent(page);
    text_printf(&page->body, "%s\n", line);
}

void page_write_line(struct page *page, const struct source *source, int line)
{
    text_printf(&page->body, "#line %d \"%s\"\n", line, source->path);
}

static size_t guess(const struct page *page, size_t length)
{
    for (unsigned i = 0; i < page->loops; i++)
        length *= ROW_GUESS;
    return length;
}

/* Octal for everything but printable ASCII, and for "?", which could begin a trigraph. */
static void add_c_byte(struct text *out, unsigned char byte)
{
    if (byte == '\n')
        text_printf(out, "\\n");
    else if (byte == '"' || byte == '\\')
        text_printf(out, "\\%c", byte);
    else if (byte < 0x20 || byte > 0x7e || byte == '?')
        text_printf(out, "\\%03o", byte);
    else
        text_printf(out, "%c", byte);
}

/* One string literal, with one line of C per line of text. */
void page_write_literal(struct page *page)
{
    const char *next = page->html.literal.bytes;
    size_t length = page->html.literal.length;
    const char *end = next + length;

    if (length > 0) {
        indent(page);
        text_printf(&page->body, "buf_bytes(buf, \"");
        for (; next < end; next++) {
            add_c_byte(&page->body, (unsigned char)*next);
            if (*next != '\n' || next + 1 == end)
                continue;
            text_printf(&page->body, "\"\n");
            indent(page);
            text_printf(&page->body, "               \"");
        }
        text_printf(&page->body, "\", %zu);\n", length);
        page->reserve += guess(page, length);
    }
    html_taken(&page->html);
}

bool page_is_name(const char *name)
{
    bool is_start = true;

    for (; *name; name++) {
        if (*name == '.' ? is_start : is_start && isdigit((unsigned char)*name))
            return false;
        if (*name != '.' && *name != '_' && !isalnum((unsigned char)*name))
            return false;
        is_start = *name == '.';
    }
    return !is_start;
}

static const struct block *find_variable(const struct page *page, const char *name, size_t length)
{
    for (unsigned i = page->depth; i-- > 0;) {
        const char *variable = page->blocks[i].variable;

        if (variable && strlen(variable) == length && memcmp(variable, name, length) == 0)
            return &page->blocks[i];
    }
    return NULL;
}

static struct field *find_field(struct page *page, const char *name, size_t length)
{
    for (size_t i = 0; i < page->field_count; i++)
        if (strlen(page->fields[i].name) == length &&
            memcmp(page->fields[i].name, name, length) == 0)
            return &page->fields[i];
    return NULL;
}

bool page_is_known(const struct page *page, const char *name)
{
    for (size_t i = 0; i < page->field_count; i++)
        if (strcmp(page->fields[i].name, name) == 0)
            return true;
    return find_variable(page, name, strlen(name)) || strcmp(name, "frame") == 0 ||
           strcmp(name, "page") == 0 || strcmp(name, "buf") == 0;
}

const char *page_expression(struct page *page, const struct source *source, const char *name)
{
    size_t length = strcspn(name, ".");
    const char *rest = name[length] ? name + length + 1 : NULL;
    struct field *field = find_field(page, name, length);
    const char *last = strrchr(name, '.');
    /* A count is a size_t; the "+" makes the compiler reject a pointer of that name. */
    bool is_count = last && strcmp(last, ".count") == 0;
    struct text c = { 0 };

    if (!page_is_name(name)) {
        refuse(source->path, source->line, "\"%s\" is no name; write name or name.name", name);
        return NULL;
    }
    text_printf(&c, is_count ? "(int64_t)+" : "");
    if (find_variable(page, name, length)) {
        text_printf(&c, rest ? "%.*s->%s" : "(*%.*s)", (int)length, name, rest);
    } else if (length == 5 && strncmp(name, "frame", 5) == 0) {
        page->uses_frame = true;
        page->is_live = page->is_live || strcmp(name, "frame.version") == 0;
        text_printf(&c, rest ? "frame->%s" : "(*frame)", rest);
    } else if (field) {
        page->uses_page = true;
        field->is_used = true;
        text_printf(&c, "page->%s", name);
    } else {
        refuse(source->path, source->line,
               "unknown name \"%.*s\"; declare it in {{ page }}, or correct it", (int)length, name);
        return NULL;
    }
    return c.bytes;
}

static bool has_unit(const char *name, const char *unit)
{
    size_t length = strlen(name);
    size_t unit_length = strlen(unit);

    return length >= unit_length && strcmp(name + length - unit_length, unit) == 0;
}

void page_write_value(struct page *page, const struct source *source, const char *name)
{
    enum html_use use = html_value_here(&page->html);
    const char *c = page_expression(page, source, name);

    page_write_literal(page);
    if (!c || use == USE_REFUSED)
        return;
    page->reserve += guess(page, VALUE_GUESS);
    page_write_line(page, source, source->line);
    if (use == USE_URL) {
        page_write(page, "html_url(buf, %s);", c);
    } else if (use == USE_URL_PART) {
        page_write(page, "html_url_value(buf, %s);", c);
    } else if ((use == USE_LINE || page->html.is_mail) && has_unit(name, "_day_at")) {
        page_write(page, "plain_day_at(buf, %s);", c);
    } else if ((use == USE_LINE || page->html.is_mail) && has_unit(name, "_at")) {
        page_write(page, "plain_at(buf, %s);", c);
    } else if (use == USE_PLAIN && (has_unit(name, "_at") || has_unit(name, "_since"))) {
        page_write(page, "html_at_iso(buf, %s);", c);
    } else if (use == USE_TEXT && has_unit(name, "_at")) {
        page->uses_frame = true;
        page_write(page, "html_at(buf, %s, frame->now_at);", c);
    } else if (use == USE_TEXT && has_unit(name, "_since")) {
        page->uses_frame = true;
        page_write(page, "html_since(buf, %s, frame->now_at);", c);
    } else if (use != USE_PLAIN && has_unit(name, "typical_ms")) {
        page_write(page, "html_typical_ms(buf, %s);", c);
    } else if (use != USE_PLAIN && has_unit(name, "_ms")) {
        page_write(page, "html_ms(buf, %s);", c);
    } else if (use != USE_PLAIN && has_unit(name, "_mb")) {
        page_write(page, "html_mb(buf, %s);", c);
    } else if (use != USE_PLAIN && has_unit(name, "_bytes")) {
        page_write(page, "html_bytes(buf, %s);", c);
    } else if (use == USE_LINE) {
        page_write(page, "plain_value(buf, %s);", c);
    } else if (use == USE_TEXT && !has_unit(name, "_port")) {
        page_write(page, "html_shown(buf, %s);", c);
    } else {
        page_write(page, "html_value(buf, %s);", c);
    }
}

void page_write_things(struct page *page, const struct source *source, const char *name,
                       const char *thing)
{
    const char *c = page_expression(page, source, name);

    if (html_value_here(&page->html) != USE_TEXT)
        refuse(source->path, source->line, "a count stands between elements only");
    page_write_literal(page);
    if (!c)
        return;
    page->reserve += guess(page, VALUE_GUESS);
    page_write_line(page, source, source->line);
    page_write(page, "html_things(buf, %s, \"%s\");", c, thing);
}

static void add_include(struct page *page, const char *from)
{
    struct text line = { 0 };

    if (*from == '"')
        text_printf(&line, "#include %s\n", from);
    else
        text_printf(&line, "#include \"%s.sql.h\"\n", from);
    if (!page->includes.bytes || !strstr(page->includes.bytes, line.bytes))
        text_add(&page->includes, line.bytes, line.length);
}

void page_add_field(struct page *page, const struct source *source, const char *name,
                    const char *type, const char *from)
{
    static const char *const types[][2] = { { "text", "const char *" },
                                            { "int", "int64_t " },
                                            { "bool", "bool " } };
    const char *c_type = NULL;

    for (size_t i = 0; i < 3 && !from; i++)
        if (strcmp(types[i][0], type) == 0)
            c_type = types[i][1];
    if (page_is_known(page, name)) {
        refuse(source->path, source->line, "the name \"%s\" is taken; choose another", name);
        return;
    }
    if (!c_type && !from) {
        refuse(source->path, source->line,
               "unknown type \"%s\"; write text, int, bool, or TYPE from SUBJECT", type);
        c_type = types[0][1];
    }
    if (page->field_count == PAGE_FIELDS) {
        refuse(source->path, source->line, "more than %d fields; give the page a struct",
               PAGE_FIELDS);
        return;
    }
    page->fields[page->field_count++] = (struct field){ .name = name, .line = source->line };
    text_printf(&page->members, "#line %d \"%s\"\n", source->line, source->path);
    if (from) {
        add_include(page, from);
        text_printf(&page->members, "    struct %s %s;\n", type, name);
    } else {
        text_printf(&page->members, "    %s%s;\n", c_type, name);
    }
}

struct text page_header(const struct page *page)
{
    struct text out = { 0 };

    text_printf(&out, "/* Written by tmplc from %s. */\n#pragma once\n\n#include \"base/html.h\"\n",
                page->path);
    if (page->html.is_plain || page->html.is_mail)
        text_printf(&out, "#include \"base/plain_text.h\"\n");
    if (page->includes.length > 0)
        text_printf(&out, "%s", page->includes.bytes);
    if (page->members.length > 0)
        text_printf(&out, "\nstruct %s_%s {\n%s};\n", page->name, page->kind, page->members.bytes);
    else
        text_printf(&out, "\nstruct %s_%s; /* it has no fields: pass NULL */\n", page->name,
                    page->kind);
    text_printf(&out,
                "\nvoid %s_%s(struct buf *buf, const struct frame *frame,\n"
                "    const struct %s_%s *page);\n",
                page->kind, page->name, page->name, page->kind);
    if (page->is_live)
        text_printf(
            &out, "void render_%s(struct buf *buf, const struct frame *frame, const void *page);\n",
            page->name);
    return out;
}

struct text page_code(const struct page *page)
{
    struct text out = { 0 };

    text_printf(&out, "/* Written by tmplc from %s. */\n#include \"%s.%s.h\"\n\n", page->path,
                page->name, page->kind);
    text_printf(&out,
                "void %s_%s(struct buf *buf, const struct frame *frame,\n"
                "    const struct %s_%s *page)\n{\n",
                page->kind, page->name, page->name, page->kind);
    if (!page->uses_frame)
        text_printf(&out, "    (void)frame;\n");
    if (!page->uses_page)
        text_printf(&out, "    (void)page;\n");
    text_printf(&out, "    buf_reserve(buf, %zu);\n%s}\n",
                page->reserve < RESERVE_MAX ? page->reserve : RESERVE_MAX,
                page->body.bytes ? page->body.bytes : "");
    if (page->is_live)
        text_printf(
            &out,
            "\nvoid render_%s(struct buf *buf, const struct frame *frame, const void *page)\n"
            "{\n    %s_%s(buf, frame, page);\n}\n",
            page->name, page->kind, page->name);
    return out;
}
