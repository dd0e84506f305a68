/*
 * The HTML context of a position in a template.
 *
 * The tokenizer reads literal HTML like a browser, keeps it for output, and returns the escape that
 * a value needs at the current position. It rejects HTML that is not allowed. It is independent of
 * fields, blocks and C.
 */
#pragma once

#include "tmplc.h"

enum html_state {
    HTML_TEXT,       /* between elements */
    HTML_RCDATA,     /* in <title> and <textarea>: text, but no tags */
    HTML_RAW,        /* in <script> and <style> */
    HTML_TAG_OPEN,   /* after "<" */
    HTML_TAG_NAME,   /* in the name of a tag */
    HTML_BETWEEN,    /* in a tag, where an attribute may begin */
    HTML_SEPARATE,   /* in a tag, where only white space or the end of the tag may follow */
    HTML_NAME,       /* in an attribute's name */
    HTML_AFTER_NAME, /* after it: "=" may follow */
    HTML_BEFORE_VALUE,
    HTML_DOUBLE,
    HTML_SINGLE,
    HTML_UNQUOTED,
    HTML_DECLARATION, /* <!doctype ...> */
    HTML_COMMENT,
    HTML_STATES
};

/* Progress in the value of a URL attribute. */
enum html_url_at {
    URL_START,
    URL_LATER,
    URL_UNCLEAR, /* depends on a condition, so no escape is right */
};

/* The state that must be the same at the start and end of a block. */
struct html_position {
    enum html_state state;
    enum html_url_at url_at;
    unsigned tag;       /* number of the tag, so that "in a tag" means in the same one */
    unsigned attribute; /* the same for attributes */
};

enum attribute_kind {
    ATTRIBUTE_PLAIN,
    ATTRIBUTE_URL,     /* a URL */
    ATTRIBUTE_FETCHED, /* a URL that the browser loads automatically */
    ATTRIBUTE_LITERAL, /* has its own syntax: takes no values */
    ATTRIBUTE_REFUSED, /* not allowed, and reported */
};

/* The current or last attribute. */
struct html_attribute {
    char name[64]; /* lower case */
    size_t name_length;
    enum attribute_kind kind;
    size_t value_start;
    int line;
    bool is_whole; /* the value is one literal so far */
};

/* The current or last tag. */
struct html_tag {
    char name[32]; /* lower case */
    size_t name_length;
    int line;
    bool is_end;
    bool is_whole; /* one literal so far, without values or blocks */
    bool is_ours;  /* a <form> or </form> that {{ form }} writes */
    bool has_alt;
    bool is_post;
    bool is_stylesheet;
    bool is_method_unclear;
    size_t integrity_at; /* where in the literal an integrity attribute belongs */
    const struct static_file *file;
};

struct html {
    struct text literal; /* read since the generator last took it */
    struct html_position at;
    struct html_tag tag;
    struct html_attribute attribute;
    size_t run_start;     /* where in `literal` the current run of a URL began */
    bool is_run_at_start; /* that run begins the URL */
    bool is_raw_refused;  /* the content of this script has been reported */
    bool is_form_open;    /* within {{ form }} */
    bool is_plain;        /* no HTML at all: NAME.txt */
    bool is_mail;         /* mail_NAME.html: self-contained, with its own style */
    const char *path;     /* of the template, for reports */
    int line;
};

/* The escape that a value needs in its context. */
enum html_use {
    USE_LINE,     /* in plain text: units are shown, no line breaks */
    USE_TEXT,     /* between elements: units are shown */
    USE_PLAIN,    /* in an attribute, a title or a textarea */
    USE_URL,      /* begins a URL */
    USE_URL_PART, /* later in a URL */
    USE_REFUSED,  /* not allowed, and reported */
};

/* Read literal HTML. */
void html_read(struct html *html, const char *bytes, size_t length);

/* A value at the current position. */
enum html_use html_value_here(struct html *html);

/* A block or part begins or ends here; false: not allowed, and reported. */
bool html_block_here(struct html *html);

/* Whether an {{ each }} is allowed here; it is not in a tag or URL. */
bool html_each_here(const struct html *html);

/* The generator has taken the literal. */
void html_taken(struct html *html);

/* Continue at an earlier position. */
void html_resume(struct html *html, struct html_position position);

/* Whether two branches of a block end in the same context; `merged` is where they continue. */
bool html_meet(struct html_position a, struct html_position b, struct html_position *merged);

/* "a script", "a tag", ...: the context, for reports. */
const char *html_place_name(const struct html *html);

/* In tmplc_check.c: which HTML is allowed. Each reports its errors. */
void check_attribute_name(struct html *html);
void check_attribute_value(struct html *html, size_t end);
void check_url_run(struct html *html, size_t end);
void check_tag(struct html *html);
