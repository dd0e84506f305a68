/* "domicile-admin migrate": creates the databases, or upgrades them and the prices. */
#include "admin/admin.h"

#include "base/clock.h"
#include "model/price_store.h"
#include "model/state_path.h"
#include "worker/policy_publish.h"

#include "inbox.sql.h"

#include <stdio.h>
#include <unistd.h>

enum { PAGE = 100, PAGE_BYTES = 4 * 1024 * 1024 };

static struct error *migrate_one(struct admin *admin, const struct db_schema *schema,
                                 const char *path)
{
    int64_t before;
    struct error *e = db_migrate(admin->arena, schema, path, &before);

    if (!e && before == schema->version)
        printf("%s: version %lld, up to date\n", path, (long long)before);
    else if (!e)
        printf("%s: version %lld, was %lld\n", path, (long long)schema->version, (long long)before);
    return e;
}

/* ---- the inbox that earlier versions shared between receivers ---- */

static struct error *event_copy(struct db *from, struct db *to, struct arena *arena,
                                const struct inbox_page_row *entry)
{
    struct inbox_get_row row;
    struct error *e = sql_inbox_get(from, arena, entry->source, entry->id, &row);

    if (e)
        return e;
    /* The worker finds applied ones, which have no body, in the main database, and settles them. */
    if (!row.body.bytes)
        row.body = (struct bytes){ "", 0 };
    return sql_inbox_add(to, arena, row.source, row.id, row.type, row.received_at, row.body);
}

/* The events of one source, in order of arrival. */
static struct error *source_copy(struct admin *admin, struct db *from, const char *source)
{
    struct arena *arena = arena_new(PAGE_BYTES);
    struct inbox_page_rows page = { .count = PAGE };
    int64_t after = 0;
    struct db *to;
    struct error *e =
        db_open(admin->arena, &DB_INBOX, inbox_path(admin->arena, admin->state_dir, source),
                DB_READ_WRITE, &to);

    if (e)
        return e;
    while (!e && page.count == PAGE) {
        arena_reset(arena);
        e = sql_inbox_page(from, arena, source, after, PAGE, &page);
        for (size_t i = 0; !e && i < page.count; i++)
            e = event_copy(from, to, arena, &page.row[i]);
        if (!e && page.count)
            after = page.row[page.count - 1].position;
    }
    if (e)
        e = error_copy(admin->arena, e);
    arena_free(arena);
    db_close(to);
    return e;
}

static struct error *inbox_split(struct admin *admin)
{
    const char *path = arena_printf(admin->arena, "%s/data/inbox.db", admin->state_dir);
    struct db *from;
    struct error *e;

    if (access(path, F_OK) < 0)
        return NULL;
    e = migrate_one(admin, &DB_INBOX, path);
    if (!e)
        e = db_open(admin->arena, &DB_INBOX, path, DB_READ_WRITE, &from);
    if (e)
        return e;
    for (size_t i = 0; !e && i < INBOX_COUNT; i++)
        e = source_copy(admin, from, INBOX_SOURCES[i]);
    db_close(from);
    if (!e && unlink(path) < 0)
        e = error_new(admin->arena, ERROR_INTERNAL, "%s: %m", path);
    return e;
}

/* Its receiver could have broken it: that keeps nothing else from starting. */
static void inbox_migrate(struct admin *admin, const char *source)
{
    const char *path = inbox_path(admin->arena, admin->state_dir, source);
    struct error *e = migrate_one(admin, &DB_INBOX, path);

    if (e)
        fprintf(stderr,
                "domicile-admin migrate: %s: no webhooks of %s are accepted. If the file cannot be "
                "repaired, stop the server, move the file away and start again\n",
                e->text, source);
}

struct error *admin_migrate(struct admin *admin)
{
    const char *path = main_db_path(admin->arena, admin->state_dir);
    struct policy_held held;
    /* An invalid configuration fails here, before any change is made. */
    struct error *e = config_load(admin->arena, admin->state_dir, &admin->config);

    if (!e)
        e = state_folders_make(admin->arena, admin->state_dir);
    if (!e)
        e = migrate_one(admin, &DB_MAIN, path);
    for (size_t i = 0; !e && i < INBOX_COUNT; i++)
        inbox_migrate(admin, INBOX_SOURCES[i]);
    if (!e)
        e = inbox_split(admin);
    if (!e)
        e = db_open(admin->arena, &DB_MAIN, path, DB_READ_WRITE, &admin->db);
    if (!e)
        e = prices_store(admin->db, admin->arena, admin->config, clock_now());
    /* Before any program starts: all of them apply what is in force. */
    if (!e)
        e = policy_publish(admin->db, admin->arena, admin->config, clock_now(), &held);
    return e;
}
