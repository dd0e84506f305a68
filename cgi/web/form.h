/*
 * The fields of a form or a query, checked by a table. A bad value becomes a message next to the
 * field, never a guess; the input is kept.
 */
#pragma once

#include "web/request.h"

struct ssh_keys;

enum field_kind {
    FIELD_LINE,   /* one line without hidden characters; trimmed */
    FIELD_LABEL,  /* a name that people choose (model/label.h) */
    FIELD_PERSON, /* a person's own name */
    FIELD_LINES,  /* several lines, as typed, e.g. a pasted key; control bytes are up to the caller
                   */
    FIELD_INT,
    FIELD_HOST_NAME, /* text_is_host_name */
    FIELD_EMAIL,     /* an address; `text` becomes its one form (model/identity.h) */
    FIELD_LIST,      /* checkboxes of one name */
};

struct field {
    const char *name;
    enum field_kind kind;
    int64_t min, max; /* characters of text, or the number itself; max 0: LIMIT_BODY_BYTES */
    bool is_required;

    /* Filled by form_read. */
    const char *text; /* "" if absent */
    int64_t number;
    const char *const *list;
    size_t list_count;
    const char *problem; /* message to show next to the field; NULL: the value is valid */
};

/*
 * Fill the fields from a POST body (application/x-www-form-urlencoded) or, for GET, from the query.
 * MALFORMED, TOO_LARGE or MEDIA if it cannot be parsed at all; a repeated single-value field is
 * MALFORMED. Fields not in the table are ignored.
 */
struct error *form_read(struct request *r, struct field *fields, size_t count);

/* Whether any field has a problem. */
bool form_has_problems(const struct field *fields, size_t count);

/*
 * The public keys in a field of pasted keys (model/ssh_key.h). A refusal is the field's problem;
 * its text is kept, to be shown again, only if it is of public keys.
 */
void form_keys_read(struct request *r, struct field *field, struct ssh_keys *out);

/* Show a refusal beside the field that it is about. False if the form has no such field. */
bool form_blame(struct field *fields, size_t count, const struct error *refusal);

/* The raw value of one field, for serve(): NULL if absent. */
struct error *form_value(struct request *r, const char *name, const char **out);

/* Whether that field is `word`. */
struct error *form_is(struct request *r, const char *name, const char *word, bool *out);

/* The form is shown again: the response is 422, and all writes are rolled back. */
void form_refuse(struct request *r);
