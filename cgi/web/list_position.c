/* Positions in lists; see list_position.h. */
#include "web/list_position.h"

#include "base/limit.h"
#include "base/text.h"
#include "web/form.h"

#include <string.h>

struct error *list_position_read(struct request *r, struct list_position *out)
{
    struct field before = { .name = "before", .kind = FIELD_LINE };
    struct error *e = form_read(r, &before, 1);
    size_t digits;

    *out = (struct list_position){ .at = INT64_MAX, .id = "" };
    if (e || before.problem)
        return e;
    digits = strcspn(before.text, "-");
    if (text_int(arena_copy_bytes(r->arena, before.text, digits), &out->at) &&
        before.text[digits] == '-')
        out->id = before.text + digits + 1;
    return NULL;
}

const char *list_position_text(struct arena *arena, int64_t at, const char *id)
{
    return arena_printf(arena, "%lld-%s", (long long)at, id);
}

bool list_cut(size_t *count)
{
    bool has_more = *count > LIMIT_LIST_ROWS;

    *count -= has_more;
    return has_more;
}
