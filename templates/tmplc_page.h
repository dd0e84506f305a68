/*
 * One page on its way from template to C: what it declares, the blocks that are open, the C so far.
 *
 * tmplc_page.c writes the C and knows the names, tmplc_source.c reads a template, tmplc_words.c the
 * language.
 */
#pragma once

#include "tmplc_html.h"

enum { PAGE_FIELDS = 64, PAGE_BLOCKS = 32 };

/* A template or part that is being read. */
struct source {
    const char *path;
    const char *next; /* the first byte not yet read */
    int line;         /* its line */
    bool is_line_start;
    bool is_alone;              /* the {{ }} being read has its line for itself */
    unsigned outer_depth;       /* blocks open when it began */
    const struct source *outer; /* what includes it; NULL for the page */
};

struct field {
    const char *name;
    int line;
    bool is_used;
};

enum block_kind { BLOCK_IF, BLOCK_EACH, BLOCK_FORM };

struct block {
    enum block_kind kind;
    const char *path; /* where it was opened */
    int line;
    struct html_position start;
    struct html_position merged; /* where its branches so far end */
    unsigned branches;
    bool has_else;
    const char *variable; /* of an each */
    const char *rows;     /* what it goes through, in C */
};

struct page {
    const char *name; /* "vms" */
    const char *path; /* "templates/vms.html" */
    const char *kind; /* "html", or "txt" for plain text */
    struct html html;
    struct text includes; /* the lines of the header */
    struct text members;
    struct text body; /* the lines of the function */
    struct field fields[PAGE_FIELDS];
    size_t field_count;
    struct block blocks[PAGE_BLOCKS];
    unsigned depth;
    unsigned loops; /* each blocks that are open */
    size_t reserve; /* a guess at the length of the page */
    bool has_page;  /* {{ page }} was read */
    bool uses_page;
    bool uses_frame;
};

/* A statement of the function, indented, and on its own line. */
void page_write(struct page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The next statement stands at this line of this template. */
void page_write_line(struct page *page, const struct source *source, int line);

/* Write what the follower has kept. */
void page_write_literal(struct page *page);

/* Write a value, as the place demands. */
void page_write_value(struct page *page, const struct source *source, const char *name);

/* The C of "v.name"; NULL when it is no name or not known, which was reported. */
const char *page_expression(struct page *page, const struct source *source, const char *name);

bool page_is_name(const char *name); /* name or name.name ... */
bool page_is_known(const struct page *page, const char *name);
void page_add_field(struct page *page, const struct source *source, const char *name,
                    const char *type, const char *from);

/* The text of NAME.KIND.h and NAME.KIND.c. */
struct text page_header(const struct page *page);
struct text page_code(const struct page *page);

/* One word of a {{ }}: a name, a "string" with its quotes, or a single other character. */
char *next_word(const char **cursor);

/* What stands between {{ and }}. */
void page_read_words(struct page *page, struct source *source, const char *text);

/* Literal HTML of this template, from the line it has reached. */
void page_read_html(struct page *page, const struct source *source, const char *bytes,
                    size_t length);

/* Read a template or part to its end. */
void page_read(struct page *page, struct source *source);
