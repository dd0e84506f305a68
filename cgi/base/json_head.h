/*
 * Reads texts of the outermost object of a JSON document (RFC 8259) and skips the rest, in a fifth
 * of what parsing it costs: a receiver of webhooks needs the id and the type of a document that
 * another program parses later. Not a validator: it holds strings, brackets and their nesting to
 * the grammar, and no more of what is inside of other members.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct json_head {
    const char *name;
    const char *text; /* in the document, without its quotes; NULL: missing, or no text */
    size_t length;
    bool is_seen;
};

/*
 * Fills the members that are asked for, whose `text` is NULL and `is_seen` false before. False if
 * the document is no object, is cut off, has brackets that do not fit or are nested deeper than
 * LIMIT_JSON_DEPTH, has an escape in an outermost name or in a text that is asked for (none of ours
 * needs one), or has a member twice that is asked for.
 */
bool json_head_read(const char *bytes, size_t length, struct json_head *members, size_t count);
