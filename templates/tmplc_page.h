/*
 * The compilation of one page: its declarations, the open blocks, the C generated so far.
 *
 * tmplc_page.c generates the C and resolves names, tmplc_source.c reads a template, tmplc_words.c
 * parses the language.
 */
#pragma once

#include "tmplc_html.h"

enum { PAGE_FIELDS = 64, PAGE_BLOCKS = 32 };

/* The current template or part. */
struct source {
    const char *path;
    const char *next; /* the first byte not yet read */
    int line;         /* its line */
    bool is_line_start;
    bool is_alone;              /* the current {{ }} is alone on its line */
    unsigned outer_depth;       /* blocks open when it began */
    const struct source *outer; /* the including source; NULL for the page */
};

struct field {
    const char *name;
    int line;
    bool is_used;
};

enum block_kind { BLOCK_IF, BLOCK_EACH, BLOCK_FORM };

struct block {
    enum block_kind kind;
    const char *path; /* of its opening {{ }} */
    int line;
    struct html_position start;
    struct html_position merged; /* the common end of its branches so far */
    unsigned branches;
    bool has_else;
    const char *variable; /* of an each */
    const char *rows;     /* the rows it iterates over, in C */
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
    bool has_page;  /* {{ page }} has been read */
    bool uses_page;
    bool uses_frame;
    bool is_live; /* it uses frame.version, so live_answer() renders it */
};

/* Write a statement of the function, indented, on its own line. */
void page_write(struct page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Write a #line directive for the next statement. */
void page_write_line(struct page *page, const struct source *source, int line);

/* Write the literal kept by the tokenizer. */
void page_write_literal(struct page *page);

/* Write a value with the escape that its context needs. */
void page_write_value(struct page *page, const struct source *source, const char *name);

/* The value of `name` as a number of `thing`, one word. */
void page_write_things(struct page *page, const struct source *source, const char *name,
                       const char *thing);

/* The C of "v.name"; NULL if invalid or unknown, which is reported. */
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

/* Process the text between {{ and }}. */
/* Where all parts are; NULL: beside the page that includes them. */
extern const char *parts_folder;

void page_read_words(struct page *page, struct source *source, const char *text);

/* Process literal HTML of this template, from its current line. */
void page_read_html(struct page *page, const struct source *source, const char *bytes,
                    size_t length);

/* Process a whole template or part. */
void page_read(struct page *page, struct source *source);
