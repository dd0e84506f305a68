/*
 * Where in the HTML a template stands.
 *
 * The follower reads literal HTML the way a browser would, keeps it for output, and says which
 * escape a value needs at the place it has reached. What must not stand in our pages it refuses.
 * It knows nothing of fields, blocks and C.
 */
#pragma once

#include "tmplc.h"

enum html_state {
    HTML_TEXT,       /* between elements */
    HTML_RCDATA,     /* in <title> and <textarea>: text, but no tags */
    HTML_RAW,        /* in <script> and <style> */
    HTML_TAG_OPEN,   /* behind "<" */
    HTML_TAG_NAME,   /* in the name of a tag */
    HTML_BETWEEN,    /* in a tag, where an attribute may begin */
    HTML_SEPARATE,   /* in a tag, where only white space or the tag's end may follow */
    HTML_NAME,       /* in an attribute's name */
    HTML_AFTER_NAME, /* behind it: "=" may follow */
    HTML_BEFORE_VALUE,
    HTML_DOUBLE,
    HTML_SINGLE,
    HTML_UNQUOTED,
    HTML_DECLARATION, /* <!doctype ...> */
    HTML_COMMENT,
    HTML_STATES
};

/* How far the value of a URL attribute has come. */
enum html_url_at {
    URL_START,
    URL_LATER,
    URL_UNCLEAR, /* depends on a condition, so no escape is right */
};

/* What a block must leave as it found it. */
struct html_position {
    enum html_state state;
    enum html_url_at url_at;
    unsigned tag;       /* number of the tag, so that "in a tag" means in the same one */
    unsigned attribute; /* the same for attributes */
};

enum attribute_kind {
    ATTRIBUTE_PLAIN,
    ATTRIBUTE_URL,     /* leads somewhere */
    ATTRIBUTE_FETCHED, /* a URL that the browser loads without being asked */
    ATTRIBUTE_LITERAL, /* a small language of its own: takes no values */
    ATTRIBUTE_REFUSED, /* must not be there at all, and was reported */
};

/* The attribute that is being read, or was last. */
struct html_attribute {
    char name[64]; /* lower case */
    size_t name_length;
    enum attribute_kind kind;
    size_t value_start;
    int line;
    bool is_whole; /* the value is one literal so far */
};

/* The tag that is being read, or was last. */
struct html_tag {
    char name[32]; /* lower case */
    size_t name_length;
    int line;
    bool is_end;
    bool is_whole; /* one literal so far: no value and no block */
    bool is_ours;  /* a <form> or </form> that {{ form }} writes */
    bool has_alt;
    bool is_post;
    bool is_stylesheet;
    bool is_method_unclear;
    size_t integrity_at; /* where in the literal an integrity attribute belongs */
    const struct static_file *file;
};

struct html {
    struct text literal; /* what was read since the writer last took it */
    struct html_position at;
    struct html_tag tag;
    struct html_attribute attribute;
    size_t run_start;     /* where in `literal` the present run of a URL began */
    bool is_run_at_start; /* that run begins the URL */
    bool is_raw_refused;  /* the content of this script was reported */
    bool is_form_open;    /* within {{ form }} */
    bool is_plain;        /* no HTML at all: NAME.txt */
    bool is_mail;         /* mail_NAME.html: stands alone, with its style in it */
    const char *path;     /* of the template, for reports */
    int line;
};

/* What a value needs where it stands. */
enum html_use {
    USE_LINE,     /* in plain text: units are shown, and nothing begins a new line */
    USE_TEXT,     /* between elements: units are shown */
    USE_PLAIN,    /* in an attribute, a title or a textarea */
    USE_URL,      /* begins a URL */
    USE_URL_PART, /* later in a URL */
    USE_REFUSED,  /* was reported */
};

/* Read literal HTML. */
void html_read(struct html *html, const char *bytes, size_t length);

/* A value stands here. */
enum html_use html_value_here(struct html *html);

/* A block or a part begins or ends here; false: it may not, and was reported. */
bool html_block_here(struct html *html);

/* Whether an {{ each }} may stand here, which is not so in a tag and in a URL. */
bool html_each_here(const struct html *html);

/* The writer took the literal. */
void html_taken(struct html *html);

/* Go on at a position that was left before. */
void html_resume(struct html *html, struct html_position position);

/* Whether two branches of a block come to the same place; `merged` is where they go on. */
bool html_meet(struct html_position a, struct html_position b, struct html_position *merged);

/* "a script", "a tag", ...: the place, for reports. */
const char *html_place_name(const struct html *html);

/* In tmplc_check.c: what may stand in our pages. Each reports what it finds. */
void check_attribute_name(struct html *html);
void check_attribute_value(struct html *html, size_t end);
void check_url_run(struct html *html, size_t end);
void check_tag(struct html *html);
