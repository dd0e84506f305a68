/* The policies in force; see policy_page.h. */
#include "view/policy_page.h"

#include "base/date.h"
#include "base/limit.h"
#include "main_constants.sql.h"
#include "policy.html.h"
#include "policy_version.sql.h"
#include "promise.sql.h"
#include "support.html.h"
#include "view/status_page.h"

#include <string.h>

enum { TICK_WIDTH = 10, TICK_GAP = 2, TICKS_LEAST_WIDTH = 300 };

/* ---- the version in force, parsed once for many requests ---- */

static struct {
    struct arena *arena; /* NULL: none was needed yet */
    int64_t number;      /* 0: none */
    struct policy_view_rows views;
} cache;

static struct error *views_load(struct request *r, int64_t number, struct policy_view_rows *out)
{
    struct policy_version_get_row version;
    struct error *e;

    if (cache.number != number) {
        if (!cache.arena)
            cache.arena = arena_new(LIMIT_POLICY_ARENA_BYTES);
        arena_reset(cache.arena);
        cache.number = 0;
        e = sql_policy_version_get(r->db, cache.arena, number, &version);
        if (!e)
            e = policy_read(cache.arena, version.body, &cache.views);
        if (e)
            return error_copy(r->arena, e);
        cache.number = number;
    }
    *out = cache.views;
    return NULL;
}

/* ---- live lines ---- */

static void live_fill(struct request *r, const struct promise_list_row *row,
                      struct policy_part *part, struct policy_html *page)
{
    const struct status_promise live = status_promise_of(r, row);

    part->chip = live.chip;
    part->label = live.label;
    part->value = live.figure;
    part->limit = live.limit;
    part->evidence = live.evidence;
    part->mechanism = live.mechanism;
    part->checked_at = live.checked_at;
    part->has_more = true;
    part->has_bar = live.limit != NULL;
    if (live.limit)
        part->percent = row->figure >= row->figure_max ? 100 : row->figure * 100 / row->figure_max;
    page->kept += strcmp(live.chip, "kept") == 0;
    page->broken += strcmp(live.chip, "bad") == 0;
    page->unknown += strcmp(live.chip, "wait") == 0;
    if (row->checked_at > page->checked_at)
        page->checked_at = row->checked_at;
}

static void tick_add(struct policy_html *page, const char *chip)
{
    page->ticks.row[page->ticks.count] =
        (struct policy_tick){ (int64_t)page->ticks.count * TICK_WIDTH + TICK_GAP, chip };
    page->ticks.count++;
    page->ticks_width = (int64_t)page->ticks.count * TICK_WIDTH;
    if (page->ticks_width < TICKS_LEAST_WIDTH)
        page->ticks_width = TICKS_LEAST_WIDTH; /* a few would become blocks */
    page->total++;
}

static const struct promise_list_row *row_find(const struct promise_list_rows *rows, const char *id)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (strcmp(rows->row[i].id, id) == 0)
            return &rows->row[i];
    }
    return NULL;
}

static void part_fill(struct request *r, const struct promise_list_rows *promises,
                      struct policy_part *part, struct policy_html *page)
{
    const struct promise_list_row *row = row_find(promises, part->id);

    if (row)
        live_fill(r, row, part, page);
    else
        page->unknown++;
    tick_add(page, row ? part->chip : "wait");
}

/* The parsed text is shared by requests: what is measured goes into copies. */
static struct policy_section_rows sections_fill(struct request *r, const struct policy_view *view,
                                                const struct promise_list_rows *promises,
                                                struct policy_html *page)
{
    struct policy_section_rows rows = {
        arena_array(r->arena, view->sections.count, sizeof *rows.row), view->sections.count
    };

    for (size_t i = 0; i < rows.count; i++) {
        const struct policy_part_rows *parts = &view->sections.row[i].parts;

        rows.row[i] = view->sections.row[i];
        rows.row[i].parts.row = arena_array(r->arena, parts->count, sizeof *parts->row);
        for (size_t k = 0; k < parts->count; k++) {
            rows.row[i].parts.row[k] = parts->row[k];
            if (strcmp(parts->row[k].kind, "promise") == 0)
                part_fill(r, promises, &rows.row[i].parts.row[k], page);
        }
    }
    return rows;
}

/* ---- the page ---- */

static struct error *next_fill(struct request *r, struct policy_html *page)
{
    struct policy_version_next_row next;
    struct error *e = sql_policy_version_next(r->db, r->arena, r->now_at, &next);

    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    page->next_at = next.effective_at;
    page->next = date_day(r->arena, next.effective_at);
    page->next_number = next.number;
    page->next_changes = next.changes;
    return NULL;
}

static struct error *document_fill(struct request *r, struct policy_html *page)
{
    struct policy_version_now_row now;
    struct promise_list_rows promises;
    struct policy_view_rows views;
    const struct policy_view *view;
    struct error *e = sql_policy_version_now(r->db, r->arena, r->now_at, &now);

    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    e = views_load(r, now.number, &views);
    if (!e)
        e = sql_promise_list(r->db, r->arena, r->now_at, &promises);
    if (e)
        return e;
    view = policy_view_find(&views, page->name);
    if (!view)
        return error_new(r->arena, ERROR_NOT_FOUND, "this policy has no \"%s\"", page->name);
    page->since_at = now.effective_at;
    page->since = date_day(r->arena, now.effective_at);
    page->is_dated = true;
    page->ticks.row = arena_array(r->arena, promises.count + 64, sizeof *page->ticks.row);
    page->sections = sections_fill(r, view, &promises, page);
    r->frame.title = view->title;
    return next_fill(r, page);
}

struct error *policy_page_show(struct request *r)
{
    struct policy_html page = { .name = r->path + 1 };
    struct error *e;

    r->frame.title = "Policies";
    e = document_fill(r, &page);
    if (!e)
        html_policy(&r->response.body, &r->frame, &page);
    return e;
}

struct error *support_show(struct request *r)
{
    const struct support_html page = { .contact = r->config->privacy_contact };

    r->frame.title = "Support";
    html_support(&r->response.body, &r->frame, &page);
    return NULL;
}

/* Public pages may be found; the others need a session in any case. */
struct error *robots_show(struct request *r)
{
    r->response.content_type = "text/plain; charset=utf-8";
    buf_literal(&r->response.body, "User-agent: *\nDisallow: /auth/\nDisallow: /signin/\n");
    return NULL;
}
