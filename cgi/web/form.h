/*
 * The fields of a form or a query, checked by a table. A bad value becomes a message beside the
 * field, never a guess; what was typed stays.
 */
#pragma once

#include "web/request.h"

enum field_kind {
    FIELD_LINE,  /* one line: no control characters; trimmed */
    FIELD_LINES, /* several lines, as typed, e.g. a pasted key; control bytes are left to the reader
                  */
    FIELD_INT,
    FIELD_HOST_NAME, /* text_is_host_name */
    FIELD_EMAIL,
    FIELD_LIST, /* checkboxes of one name */
};

struct field {
    const char *name;
    enum field_kind kind;
    int64_t least, most; /* bytes of text, or the number itself; most 0: LIMIT_BODY_BYTES */
    bool is_required;

    /* Filled by form_read. */
    const char *text; /* "" when absent */
    int64_t number;
    const char *const *list;
    size_t list_count;
    const char *problem; /* what to write beside the field; NULL: the value can be used */
};

/*
 * Fill the fields from a POST body (application/x-www-form-urlencoded) or, for GET, from the query.
 * MALFORMED, TOO_LARGE or MEDIA when it cannot be read at all; a single field that comes twice is
 * MALFORMED. Fields not in the table are ignored.
 */
struct error *form_read(struct request *r, struct field *fields, size_t count);

/* Is any problem set? */
bool form_has_problems(const struct field *fields, size_t count);

/* The raw value of one field, for serve(): NULL when absent. */
struct error *form_value(struct request *r, const char *name, const char **out);

/* The form is to be shown again: the answer is 422, and nothing that was written is kept. */
void form_refuse(struct request *r);
