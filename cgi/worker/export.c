/* Copies of people's data; see export.h. What is in one: export_copy.c. */
#include "worker/export.h"

#include "base/clock.h"
#include "base/limit.h"
#include "base/log.h"
#include "model/export.h"
#include "worker/export_copy.h"

#include "export.sql.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- files without a copy ---- */

static struct error *file_check(const struct context *context, const char *folder, const char *name)
{
    const char *id = arena_copy_bytes(context->arena, name, strcspn(name, "."));
    struct export_has_file_row row;
    struct error *e = sql_export_has_file(context->db, context->arena, id, context->now_at, &row);
    const char *path = arena_printf(context->arena, "%s/%s", folder, name);

    if (!e && !row.has_file && unlink(path) < 0 && errno != ENOENT)
        e = error_new(context->arena, ERROR_UNAVAILABLE, "%s: %m", path);
    return e;
}

struct error *export_files_remove(const struct context *context)
{
    const char *folder = export_folder(context->arena, context->config->state_dir);
    DIR *open_folder = opendir(folder);
    struct error *e = NULL;
    struct dirent *entry;

    if (!open_folder)
        return error_new(context->arena, ERROR_INTERNAL, "%s: %m", folder);
    while (!e && (entry = readdir(open_folder))) {
        if (*entry->d_name != '.')
            e = file_check(context, folder, entry->d_name);
    }
    closedir(open_folder);
    return e;
}

/* ---- one copy ---- */

/* Flushed to disk before it gets its name. */
static struct error *file_write(struct worker_context *context, const struct export_order *order,
                                const char *part, int64_t *out_rows, int64_t *out_bytes)
{
    struct arena *arena = context->arena;
    struct stat status;
    struct error *e;
    int file;

    unlink(part); /* left by a killed worker */
    file = open(part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0)
        return error_new(arena, ERROR_UNAVAILABLE, "%s: %m", part);
    e = export_copy_write(context, order, file, out_rows);
    if (!e && (fsync(file) < 0 || fstat(file, &status) < 0))
        e = error_new(arena, ERROR_UNAVAILABLE, "%s: %m", part);
    if (!e)
        *out_bytes = status.st_size;
    close(file);
    return e;
}

static struct error *copy_make(struct worker_context *context, const struct export_order *order)
{
    struct arena *arena = context->arena;
    const char *path = export_path(arena, context->config->state_dir, order->id);
    const char *part = arena_printf(arena, "%s.part", path);
    int64_t rows = 0, bytes = 0, now_at;
    struct error *e = file_write(context, order, part, &rows, &bytes);

    if (!e && rename(part, path) < 0)
        e = error_new(arena, ERROR_UNAVAILABLE, "%s: %m", path);
    if (e) {
        unlink(part);
        return e;
    }
    now_at = clock_now();
    e = sql_export_ready(context->db, arena, order->id, rows, bytes, now_at,
                         now_at + LIMIT_EXPORT_KEEP_S);
    if (e)
        unlink(path); /* the person has been deleted meanwhile, and the copy with it */
    else
        log_info("export", log_text("id", order->id), log_number("rows", rows),
                 log_number("bytes", bytes));
    return e;
}

/* The person's copy before this one goes now. */
static void replaced_remove(struct worker_context *context)
{
    const struct context now = worker_context_now(context, context->arena);
    struct error *e = export_files_remove(&now);

    if (e)
        log_error("export", log_text("error", e->text)); /* tried again every minute */
}

struct error *export_work(struct worker_context *context, bool *has_one)
{
    struct export_next_row next;
    struct export_order order;
    struct error *e;

    *has_one = false;
    arena_reset(context->arena);
    e = sql_export_next(context->db, context->arena, &next);
    if (!e)
        e = sql_export_begin(context->db, context->arena, next.id);
    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    *has_one = true;
    replaced_remove(context);
    order = (struct export_order){ .id = next.id, .person_id = next.person_id };
    e = copy_make(context, &order);
    if (!e)
        return NULL;
    log_error("export", log_text("id", order.id), log_text("error", e->text));
    return sql_export_fail(context->db, context->arena, order.id, e->text);
}

struct error *export_round(struct worker_context *context)
{
    struct error *e;
    bool has_one;

    do
        e = export_work(context, &has_one);
    while (!e && has_one);
    return e;
}
