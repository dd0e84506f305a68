/* The page about this server; see about_page.h. */
#include "view/about_page.h"

#include "about.html.h"
#include "about.sql.h"
#include "base/text.h"
#include "main_constants.sql.h"
#include "promise.sql.h"

#include <string.h>

/* Before the first measurement both have no row, or one without figures. */
static struct error *rows_read(struct request *r, struct about_get_row *about,
                               struct promise_get_row *third_parties)
{
    struct error *e = sql_about_get(r->db, r->arena, about);

    if (!e || e->kind == ERROR_NOT_FOUND)
        e = sql_promise_get(r->db, r->arena, "third-parties", third_parties);
    return e && e->kind == ERROR_NOT_FOUND ? NULL : e;
}

struct error *about_page_show(struct request *r)
{
    struct promise_get_row third_parties = { .state = PROMISE_STATE_UNKNOWN };
    struct about_get_row about = { .measured_at = 0 };
    struct error *e = rows_read(r, &about, &third_parties);
    const struct about_html page = {
        .about = about,
        .memory = text_memory(r->arena, about.memory_kb / 1024),
        .page_size = text_bytes(r->arena, about.page_bytes),
        .has_no_third_parties = strcmp(third_parties.state, PROMISE_STATE_GREEN) == 0,
    };

    if (e)
        return e;
    r->frame.title = "About this server";
    html_about(&r->response.body, &r->frame, &page);
    return NULL;
}
