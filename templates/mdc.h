/*
 * Shared by the parts of mdc: what is read from Markdown and written as C or as templates. As in
 * tmplc, memory is allocated and not freed.
 */
#pragma once

#include "tmplc.h"

#include <cmark-gfm.h>

/* A part of a text: the same link, the same markup. */
struct run {
    struct text text;
    const char *href; /* NULL: none */
    bool is_code, is_strong;
};

struct runs {
    struct run *items;
    size_t count;
};

/* See struct policy_block in cgi/model/policy_text.h. */
struct block {
    const char *kind;
    struct runs runs;
    const char *id, *rows, *note, *command, *condition;
    const char *path;
    int line;
};

struct document {
    const char *profile, *name, *title;
    struct block *blocks;
    size_t block_count;
};

/* A line of the table of rows. */
struct row {
    const char *id, *question;
    const char **stances; /* one for each profile, with the default where it is silent */
    const char *needs;    /* NULL: always offered */
};

struct rows {
    const char **profiles;
    size_t profile_count;
    struct row *items;
    size_t count;
};

/* One more at the end of an array of `count`; zeroed. */
void *grow(void *items, size_t count, size_t size);

/* The file's tree; NULL, and refused, if it cannot be read. */
cmark_node *parse(const char *path);

/* mdc_rows.c: the table in `path`. */
struct rows rows_read(const char *path);
bool rows_has(const struct rows *rows, const char *id);

/* mdc_inline.c: the content of a paragraph or heading. */
struct runs inline_read(const char *path, cmark_node *parent);
/* As plain text, which may hold code and nothing else that is marked up. */
const char *inline_plain(const char *path, cmark_node *parent);

/*
 * mdc_words.c: refuse words of a promise in what is none, and a { that is no parameter. `line` is
 * where the text begins; a newline in it is one of the source.
 */
void words_check(const char *path, int line, const char *text);
void parameters_check(const char *path, int line, const char *text);

/* mdc_read.c: the document of a profile, with the parts that it includes. */
struct document document_read(const char *folder, const char *profile, const char *name,
                              const struct rows *rows);

/* mdc_read.c: "how-long" of "How long?". */
char *slug_of(const char *text);

/* Refuses parts in the folder that no document has included. */
void parts_check(const char *folder);

/* mdc_write.c: the tables of all documents and rows, in C. */
struct text tables_write(const struct document *documents, size_t count, const struct rows *rows);

/* A heading of the operator's handbook or a guide, which is an anchor. */
struct anchor {
    const char *slug, *title;
    int level; /* 2 or 3 */
};

/* An item of a list that is about another document. */
struct entry {
    const char *href, *title; /* of the link that it begins with */
    const char *group;        /* the heading above */
    int line;
};

/* A page of the docs, its text as HTML for tmplc. */
struct guide {
    const char *path, *name, *title;
    struct text lead, body;
    struct anchor *anchors;
    size_t anchor_count;
    struct entry *entries;
    size_t entry_count;
    bool has_section, has_lead; /* while it is read */
};

/* A link to a page of the docs, checked once all are read. */
struct guide_link {
    const char *path, *href;
    int line;
};

/* mdc_guide.c: one file. Its links are added to those of all. */
struct guide guide_read(const char *path);
void guide_links_check(const struct guide *guides, size_t count);
void html_add(struct text *html, const char *text);

/* mdc_docs.c: `mdc docs`. The exit status. */
int docs_compile(const char *out, const char *folder);
