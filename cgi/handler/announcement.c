/* Announcements; see announcement.h. */
#include "handler/announcement.h"

#include "base/array.h"
#include "base/date.h"
#include "base/limit.h"
#include "base/text.h"
#include "model/announcement.h"
#include "operator_announcement.html.h"
#include "operator_announcements.html.h"
#include "web/form.h"
#include "web/session.h"

#include "announcement.sql.h"

#include <string.h>

#define PATH "/operator/announcements"

enum { TEXT, LEVEL, FROM, UNTIL, FIELDS };
enum { MINUTE_LENGTH = sizeof "2026-11-20T12:00" - 1 };

static struct error *number_of(struct request *r, int64_t *out)
{
    return text_int(r->parameters[0], out)
               ? NULL
               : error_new(r->arena, ERROR_NOT_FOUND, "not the number of an announcement");
}

/* ---- the form ---- */

/* "2026-11-20T12:00", as browsers send and show it. */
static const char *minute_text(struct arena *arena, int64_t at)
{
    return arena_copy_bytes(arena, date_iso(arena, at), MINUTE_LENGTH);
}

static bool minute_read(struct arena *arena, const char *text, int64_t *out)
{
    int64_t at_ms;

    if (strlen(text) != MINUTE_LENGTH ||
        !date_iso_read(arena_printf(arena, "%s:00Z", text), &at_ms))
        return false;
    *out = at_ms / 1000;
    return true;
}

/* `id` 0: a new one. What the form has is in `fields`, which say what is wrong. */
static struct error *form_put(struct request *r, int64_t id, struct field *fields)
{
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    struct announcement announcement = { .from_at = r->now_at };
    struct error *e = form_read(r, fields, FIELDS);

    if (e)
        return e;
    announcement.text = text_lines(r->arena, fields[TEXT].text);
    if (!fields[TEXT].problem && !*announcement.text)
        fields[TEXT].problem = "Enter a text.";
    if (!fields[TEXT].problem && !text_is_lines(announcement.text))
        fields[TEXT].problem = "Plain text without invisible characters, please.";
    announcement.level = fields[LEVEL].text;
    if (*fields[FROM].text && !minute_read(r->arena, fields[FROM].text, &announcement.from_at))
        fields[FROM].problem = "Write a time like 2026-11-20T12:00.";
    if (!fields[UNTIL].problem &&
        !minute_read(r->arena, fields[UNTIL].text, &announcement.until_at))
        fields[UNTIL].problem = "Write a time like 2026-11-20T12:00.";
    if (form_has_problems(fields, FIELDS))
        return NULL;
    e = announcement_put(&context, &actor, id, &announcement);
    return e && form_blame(fields, FIELDS, e) ? NULL : e;
}

static void fields_new(struct field fields[FIELDS])
{
    fields[TEXT] = (struct field){
        .name = "text", .kind = FIELD_LINES, .max = LIMIT_ANNOUNCEMENT, .is_required = true
    };
    fields[LEVEL] = (struct field){ .name = "level", .kind = FIELD_LINE, .is_required = true };
    fields[FROM] = (struct field){ .name = "from", .kind = FIELD_LINE };
    fields[UNTIL] = (struct field){ .name = "until", .kind = FIELD_LINE, .is_required = true };
}

/* Both pages have the same form (_operator_announcement.html). */
#define FORM_FILL(page, fields)                                                                    \
    do {                                                                                           \
        (page).text = (fields)[TEXT].text;                                                         \
        (page).level = (fields)[LEVEL].text;                                                       \
        (page).from = (fields)[FROM].text;                                                         \
        (page).until = (fields)[UNTIL].text;                                                       \
        (page).text_problem = (fields)[TEXT].problem;                                              \
        (page).level_problem = (fields)[LEVEL].problem;                                            \
        (page).from_problem = (fields)[FROM].problem;                                              \
        (page).until_problem = (fields)[UNTIL].problem;                                            \
        (page).most = LIMIT_ANNOUNCEMENT;                                                          \
        (page).days = LIMIT_ANNOUNCEMENT_DAYS;                                                     \
    } while (0)

/* ---- the list ---- */

static struct error *list_respond(struct request *r, const struct field *fields)
{
    struct operator_announcements_html page = { .most = 0 };
    struct error *e =
        sql_announcement_list(r->db, r->arena, r->now_at, LIMIT_LIST_ROWS, &page.announcements);

    if (e)
        return e;
    FORM_FILL(page, fields);
    r->frame.title = "Announcements";
    r->frame.section = "operator";
    html_operator_announcements(&r->response.body, &r->frame, &page);
    return NULL;
}

struct error *announcements_show(struct request *r)
{
    const struct field fields[FIELDS] = {
        [TEXT] = { .text = "" },
        [LEVEL] = { .text = ANNOUNCEMENT_LEVEL_INFO },
        [FROM] = { .text = "" },
        [UNTIL] = { .text = "" },
    };

    return list_respond(r, fields);
}

struct error *announcement_post(struct request *r)
{
    struct field fields[FIELDS];
    struct error *e;

    fields_new(fields);
    e = form_put(r, 0, fields);
    if (e)
        return e;
    if (!form_has_problems(fields, FIELDS))
        return session_notice_at(r, "Announcement published.", PATH);
    form_refuse(r);
    return list_respond(r, fields);
}

/* ---- one of them ---- */

static struct error *one_respond(struct request *r, int64_t id, const struct field *fields)
{
    struct operator_announcement_html page = { .id = id };

    FORM_FILL(page, fields);
    r->frame.title = "Change announcement";
    r->frame.section = "operator";
    html_operator_announcement(&r->response.body, &r->frame, &page);
    return NULL;
}

struct error *announcement_show(struct request *r)
{
    struct announcement_get_row row;
    struct field fields[FIELDS];
    int64_t id;
    struct error *e = number_of(r, &id);

    if (!e)
        e = sql_announcement_get(r->db, r->arena, id, &row);
    if (e)
        return e;
    fields_new(fields);
    fields[TEXT].text = row.text;
    fields[LEVEL].text = row.level;
    fields[FROM].text = minute_text(r->arena, row.from_at);
    fields[UNTIL].text = minute_text(r->arena, row.until_at);
    return one_respond(r, id, fields);
}

struct error *announcement_edit(struct request *r)
{
    struct field fields[FIELDS];
    int64_t id;
    struct error *e = number_of(r, &id);

    fields_new(fields);
    if (!e)
        e = form_put(r, id, fields);
    if (e)
        return e;
    if (!form_has_problems(fields, FIELDS))
        return session_notice_at(r, "Announcement changed.", PATH);
    form_refuse(r);
    return one_respond(r, id, fields);
}

struct error *announcement_end_post(struct request *r)
{
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    int64_t id;
    struct error *e = number_of(r, &id);

    if (!e)
        e = announcement_end(&context, &actor, id);
    return e ? e : session_notice_at(r, "Announcement ended.", PATH);
}

struct error *announcement_delete_post(struct request *r)
{
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    int64_t id;
    struct error *e = number_of(r, &id);

    if (!e)
        e = announcement_delete(&context, &actor, id);
    return e ? e : session_notice_at(r, "Announcement deleted.", PATH);
}

/* ---- those who read it ---- */

struct error *announcement_dismiss(struct request *r)
{
    const char *back;
    int64_t id;
    struct error *e = number_of(r, &id);

    if (!e)
        e = form_value(r, "return", &back);
    if (!e)
        e = sql_announcement_dismiss(r->db, r->arena, id, r->session->person_id);
    if (!e)
        response_redirect(&r->response, back && text_is_local_path(back) ? back : "/vms");
    return e;
}
