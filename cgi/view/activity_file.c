/* The activity as a file; see activity_file.h. */
#include "view/activity_file.h"

#include "base/limit.h"
#include "base/text.h"
#include "model/audit_file.h"
#include "web/form.h"
#include "web/request_note.h"
#include "web/session.h"

enum { AFTER_CHARACTERS = 20 };

/* The answer is in memory three times; it ends after the line that passes its limit. */
_Static_assert(3 * (LIMIT_AUDIT_FILE_BYTES + LIMIT_AUDIT_LINE_BYTES) <=
                   LIMIT_REQUEST_ARENA_BYTES * 3 / 4,
               "a full file does not fit");

struct error *activity_file_respond(struct request *r)
{
    struct field place = { .name = "after", .kind = FIELD_LINE, .max = AFTER_CHARACTERS };
    const struct context context = request_context(r);
    int64_t after = 0;
    struct error *e = form_read(r, &place, 1);

    if (!e && *place.text && (place.problem || !text_int(place.text, &after) || after < 0))
        e = error_new(r->arena, ERROR_NOT_FOUND, "no such place");
    if (!e)
        e = request_note(r, (struct audit_entry){ .action = AUDIT_ACTIVITY_FILE });
    if (e)
        return e;
    r->response.body = buf_new(r->arena, LIMIT_AUDIT_FILE_BYTES + LIMIT_AUDIT_LINE_BYTES);
    r->response.content_type = "application/jsonl; charset=utf-8";
    r->response.download =
        after ? arena_printf(r->arena, "activity-after-%lld.jsonl", (long long)after)
              : "activity.jsonl";
    return audit_file_write(&context, r->session->team_id, r->session->team_name, after,
                            LIMIT_AUDIT_FILE_BYTES, &r->response.body);
}
