/* A list of names as text; see name_list.h. */
#include "base/name_list.h"

#include <stdbool.h>

static bool has_name(const struct buf *list, const char *name, size_t length)
{
    const char *at = list->length ? list->bytes : "";

    while (*at) {
        size_t end = strcspn(at, ",");

        if (end == length && memcmp(at, name, length) == 0)
            return true;
        at += end;
        at += strspn(at, ", ");
    }
    return false;
}

void name_list_add(struct buf *list, const char *name, size_t length)
{
    if (!length || has_name(list, name, length))
        return;
    if (list->length)
        buf_literal(list, ", ");
    buf_bytes(list, name, length);
}

void name_list_join(struct buf *list, const char *names)
{
    while (*names) {
        size_t length = strcspn(names, ",");

        name_list_add(list, names, length);
        names += length;
        names += strspn(names, ", ");
    }
}
