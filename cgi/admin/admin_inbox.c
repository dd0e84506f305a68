/* "domicile-admin inbox" and "inbox-retry": received webhook events and their state. */
#include "admin/admin.h"

#include "adapter/json.h"
#include "base/date.h"
#include "model/state_path.h"

#include "event.sql.h"
#include "inbox.sql.h"

#include <stdio.h>
#include <string.h>

enum { PAGE = 200, PAGE_BYTES = 4 * 1024 * 1024 };

static struct error *entry_write(struct admin *admin, struct arena *arena,
                                 const struct inbox_page_row *entry)
{
    struct event_get_row event = { .state = "waiting" };
    struct error *e = sql_event_get(admin->db, arena, entry->source, entry->id, &event);
    const char *text;

    if (e && e->kind != ERROR_NOT_FOUND)
        return e;
    if (!admin->is_json) {
        printf("%-7s  %-32s  %-36s  %s  %-8s  %s\n", entry->source, entry->id, entry->type,
               date_iso(arena, entry->received_at), event.state, event.reason ? event.reason : "");
        return NULL;
    }
    e = json_object_write(arena,
                          (const struct json_field[]){
                              json_text("source", entry->source),
                              json_text("id", entry->id),
                              json_text("type", entry->type),
                              json_number("received_at", entry->received_at),
                              json_text("state", event.state),
                              event.applied_at ? json_number("applied_at", event.applied_at)
                                               : json_text("applied_at", NULL),
                              json_number("attempts", event.attempts),
                              json_text("reason", event.reason),
                          },
                          8, &text);
    if (!e)
        puts(text);
    return e;
}

/* In pages, in order of arrival: there may be many. */
static struct error *entries_write(struct admin *admin, struct db *inbox, const char *source)
{
    struct arena *arena = arena_new(PAGE_BYTES);
    struct inbox_page_rows page = { .count = PAGE };
    int64_t after = 0;
    struct error *e = NULL;

    while (!e && page.count == PAGE) {
        arena_reset(arena);
        e = sql_inbox_page(inbox, arena, source, after, PAGE, &page);
        for (size_t i = 0; !e && i < page.count; i++)
            e = entry_write(admin, arena, &page.row[i]);
        if (!e && page.count)
            after = page.row[page.count - 1].position;
    }
    /* The error is allocated in it. */
    if (!e)
        arena_free(arena);
    return e;
}

static struct error *source_write(struct admin *admin, const char *source)
{
    struct db *inbox;
    struct error *e =
        db_open(admin->arena, &DB_INBOX, inbox_path(admin->arena, admin->state_dir, source),
                DB_READ_ONLY, &inbox);

    if (e)
        return e;
    e = entries_write(admin, inbox, source);
    db_close(inbox);
    return e;
}

struct error *admin_inbox(struct admin *admin)
{
    struct error *first = NULL;

    if (!admin->is_json)
        printf("%-7s  %-32s  %-36s  %-20s  %-8s  %s\n", "SOURCE", "ID", "TYPE", "RECEIVED", "STATE",
               "REASON");
    /* One that cannot be read does not hide the others. */
    for (size_t i = 0; i < INBOX_COUNT; i++) {
        struct error *e = source_write(admin, INBOX_SOURCES[i]);

        first = first ? first : e;
    }
    return first;
}

struct error *admin_inbox_retry(struct admin *admin)
{
    bool is_all = strcmp(admin->argument, "all") == 0;
    int64_t count;
    struct error *e = is_all ? sql_event_retry_all(admin->db, admin->arena)
                             : sql_event_retry(admin->db, admin->arena, admin->argument);

    if (e)
        return e;
    count = db_changes(admin->db);
    if (!is_all && !count)
        return error_new(admin->arena, ERROR_NOT_FOUND, "no event with the ID %s needs attention",
                         admin->argument);
    printf("Events queued for retry: %lld\n", (long long)count);
    return admin_note(admin, AUDIT_EVENT_RETRY,
                      arena_printf(admin->arena, "%lld", (long long)count), 0);
}
