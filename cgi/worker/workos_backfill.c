/* Catching up with WorkOS; see workos_backfill.h. */
#include "worker/workos_backfill.h"

#include "adapter/json.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/limit.h"
#include "model/event.h"

#include "event_cursor.sql.h"
#include "inbox.sql.h"

#include <string.h>

enum { MAX_PAGES = 20 }; /* per run; the rest follows in the next one */

static const char *types_list(struct arena *arena)
{
    struct buf types = buf_new(arena, 512);

    for (size_t i = 0; i < WORKOS_RULE_COUNT; i++) {
        if (i)
            buf_char(&types, ',');
        buf_text(&types, WORKOS_RULES[i].type);
    }
    return types.bytes;
}

static bool is_wanted(const char *type)
{
    for (size_t i = 0; i < WORKOS_RULE_COUNT; i++) {
        if (strcmp(WORKOS_RULES[i].type, type) == 0)
            return true;
    }
    return false;
}

static struct error *event_add(struct db *inbox, struct arena *arena, const struct json *event)
{
    const char *id = json_get_text(event, "id"), *type = json_get_text(event, "event");
    const char *body;

    if (!id || !type || strlen(id) > LIMIT_EVENT_ID_BYTES)
        return error_new(arena, ERROR_UPSTREAM, "WorkOS: an event without id or type");
    if (!is_wanted(type))
        return NULL;
    body = json_write(arena, event);
    return sql_inbox_add(inbox, arena, "workos", id, type, clock_now(),
                         (struct bytes){ body, strlen(body) });
}

/* One page into the inbox; `*last_id` is its last event, or unchanged when it has none. */
static struct error *page_add(struct db *inbox, struct arena *arena, const struct json *page,
                              const char **last_id)
{
    struct error *e = db_begin(inbox, arena);

    for (const struct json *event = json_first(page); !e && event; event = json_next(event)) {
        e = event_add(inbox, arena, event);
        *last_id = json_get_text(event, "id");
    }
    if (!e)
        e = db_commit(inbox, arena);
    db_rollback(inbox);
    return e;
}

static struct error *cursor_put(struct db *main, struct arena *arena, const char *last_id)
{
    struct error *e = db_begin(main, arena);

    if (!e)
        e = sql_event_cursor_put(main, arena, "workos", last_id, clock_now());
    if (!e)
        e = db_commit(main, arena);
    db_rollback(main);
    return e;
}

struct error *workos_backfill(struct db *main, struct db *inbox, const struct workos *workos,
                              struct arena *arena)
{
    const char *types = types_list(arena);
    struct event_cursor_get_row cursor = { .last_id = NULL };
    const char *last_id;
    struct error *e = sql_event_cursor_get(main, arena, "workos", &cursor);

    if (e && e->kind != ERROR_NOT_FOUND)
        return e;
    last_id = cursor.last_id;
    for (int i = 0; i < MAX_PAGES; i++) {
        const char *before = last_id;
        const struct json *page;

        /* On the first run there are no accounts yet that an event could concern. */
        e = workos_events(workos, arena, types, last_id, clock_now() - LIMIT_EVENT_BACKFILL_S,
                          &page);
        if (!e)
            e = page_add(inbox, arena, page, &last_id);
        if (e || last_id == before)
            return e;
        e = cursor_put(main, arena, last_id);
        if (e)
            return e;
    }
    return NULL;
}
