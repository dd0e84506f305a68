/* Versions of images; see image_version.h. */
#include "worker/image_version.h"

#include "base/limit.h"
#include "base/log.h"
#include "host/image_store.h"

#include "image.sql.h"

#include <string.h>

static const char *store_of(struct arena *arena, const struct config *config)
{
    return arena_printf(arena, "%s/image_versions", config->state_dir);
}

/* For logs: enough to tell builds apart. */
static const char *version_short(struct arena *arena, const char *id)
{
    return arena_printf(arena, "%.12s", id);
}

const char *image_version_dir(struct arena *arena, const struct config *config, const char *id)
{
    return image_store_dir(arena, store_of(arena, config), id);
}

/* ---- checking ---- */

static struct error *damage_refuse(const struct context *context, const char *id)
{
    struct error *e = error_refuse(
        context->arena, ERROR_CONFLICT, "image_damaged", NULL,
        "the image that this VM was made from has been changed or removed on the server. Nothing "
        "was started, to keep its disk intact; the operator must put the image back");

    return error_in(context->arena, e, "%s",
                    image_version_dir(context->arena, context->config, id));
}

struct error *image_version_check(const struct context *context, const char *id, bool is_thorough)
{
    const char *dir = image_version_dir(context->arena, context->config, id);
    const char *files, *hash = NULL;
    struct image_version_get_row recorded;
    struct error *e = sql_image_version_get(context->db, context->arena, id, &recorded);

    if (e && e->kind != ERROR_NOT_FOUND)
        return e;
    if (e || image_store_stamp(context->arena, dir, &files, NULL))
        return damage_refuse(context, id);
    if (!is_thorough && strcmp(files, recorded.files) == 0)
        return NULL;
    /* Also after the state folder was moved or restored: then the contents are the same. */
    if (image_store_hash(context->arena, dir, &hash) || strcmp(hash, id) != 0)
        return damage_refuse(context, id);
    return strcmp(files, recorded.files) == 0
               ? NULL
               : sql_image_version_put(context->db, context->arena, id, recorded.image, files,
                                       context->now_at);
}

/* ---- storing ---- */

static struct error *image_record(const struct context *context, const struct config_image *image,
                                  const struct image_get_row *row)
{
    return sql_image_put(context->db, context->arena, image->name, row->version, row->source,
                         row->problem, row->ready_at ? &row->ready_at : NULL, row->takes_user_data,
                         row->has_agent, context->now_at);
}

static struct error *version_record(const struct context *context, const struct config_image *image,
                                    const char *id, struct image_get_row *row)
{
    const char *dir = image_version_dir(context->arena, context->config, id), *files;
    struct error *e = image_store_stamp(context->arena, dir, &files, NULL);

    if (!e)
        e = db_begin(context->db, context->arena);
    if (!e)
        e = sql_image_version_put(context->db, context->arena, id, image->name, files,
                                  context->now_at);
    row->version = id;
    row->problem = NULL;
    row->ready_at = 0;
    row->takes_user_data = image_store_takes_user_data(context->arena, dir);
    row->has_agent = image_store_has_agent(context->arena, dir);
    if (!e)
        e = image_record(context, image, row);
    if (!e)
        e = db_commit(context->db, context->arena);
    if (e)
        db_rollback(context->db);
    return e;
}

static struct error *problem_record(const struct context *context, const struct config_image *image,
                                    const struct error *problem, struct image_get_row *row)
{
    bool is_known = row->problem && strcmp(row->problem, problem->text) == 0 && !row->ready_at;

    if (is_known)
        return NULL;
    log_error("image", log_text("image", image->name), log_text("error", problem->text));
    row->version = NULL;
    row->problem = problem->text;
    row->ready_at = 0;
    return image_record(context, image, row);
}

/* `files` is what the folder holds now. */
static struct error *image_store(const struct context *context, const struct config_image *image,
                                 const char *files, struct image_get_row *row)
{
    const char *id, *files_after = NULL;
    struct error *problem =
        image_store_add(context->arena, store_of(context->arena, context->config), image->dir, &id);

    if (!problem)
        problem = image_store_stamp(context->arena, image->dir, &files_after, NULL);
    if (!problem && strcmp(files, files_after) != 0)
        return NULL; /* it changed meanwhile: the next pass reads it again */
    row->source = files;
    if (problem)
        return problem_record(context, image, problem, row);
    log_info("image", log_text("image", image->name),
             log_text("version", version_short(context->arena, id)));
    return version_record(context, image, id, row);
}

/* It is not complete: it is being built, or that has failed, or somebody has to put it there. */
static struct error *absence_record(const struct context *context, const struct config_image *image,
                                    const struct error *problem, struct image_get_row *row)
{
    int64_t ready_at;
    struct error *e = image_store_progress(context->arena, image->dir, &ready_at);

    if (e || !ready_at)
        return problem_record(context, image, e ? e : problem, row);
    if (row->ready_at == ready_at)
        return NULL;
    row->version = NULL;
    row->problem = NULL;
    row->ready_at = ready_at;
    return image_record(context, image, row);
}

static struct error *image_sync(const struct context *context, const struct config_image *image)
{
    struct image_get_row row = { .version = NULL };
    struct error *e = sql_image_get(context->db, context->arena, image->name, &row);
    const char *files;
    int64_t newest_at;

    if (e && e->kind != ERROR_NOT_FOUND)
        return e;
    e = image_store_stamp(context->arena, image->dir, &files, &newest_at);
    if (e)
        return absence_record(context, image, e, &row);
    if (row.source && strcmp(row.source, files) == 0 && row.version)
        return NULL;
    /* Somebody may still be copying it. */
    if (newest_at > context->now_at - LIMIT_IMAGE_SETTLE_S && newest_at <= context->now_at)
        return NULL;
    return image_store(context, image, files, &row);
}

/* ---- removing ---- */

/* Of what domicile.conf no longer has, only what a VM was made from is still told of. */
static struct error *image_forget(const struct context *context)
{
    struct image_list_rows images;
    struct error *e = sql_image_list(context->db, context->arena, &images);

    for (size_t i = 0; !e && i < images.count; i++) {
        const struct image_list_row *image = &images.row[i];

        if (config_image_find(context->config, image->name))
            continue;
        e = sql_image_delete_unused(context->db, context->arena, image->name);
        if (!e && !db_changes(context->db) && (image->version || image->ready_at))
            e = sql_image_put(context->db, context->arena, image->name, NULL, NULL,
                              "domicile.conf no longer has it", NULL, false, false,
                              context->now_at);
    }
    return e;
}

static struct error *unused_remove(const struct context *context)
{
    struct image_version_list_rows versions;
    struct error *e = sql_image_version_list(context->db, context->arena, &versions);

    for (size_t i = 0; !e && i < versions.count; i++) {
        const char *id = versions.row[i].id;

        /* The row first: a version without a row can no longer be given to a VM. */
        e = sql_image_version_delete_unused(context->db, context->arena, id);
        if (e || !db_changes(context->db))
            continue;
        log_info("image_remove", log_text("image", versions.row[i].image),
                 log_text("version", version_short(context->arena, id)));
        e = image_store_remove(context->arena, store_of(context->arena, context->config), id);
    }
    return e;
}

/* Builds without a row: of an image that changed while it was copied, or left by a removal that was
 * interrupted. Nobody else stores any meanwhile. */
static struct error *rowless_remove(const struct context *context)
{
    const char *store = store_of(context->arena, context->config), **ids;
    size_t count;
    struct image_version_get_row row;
    struct error *e = image_store_list(context->arena, store, &ids, &count);

    for (size_t i = 0; !e && i < count; i++) {
        e = sql_image_version_get(context->db, context->arena, ids[i], &row);
        if (e && e->kind == ERROR_NOT_FOUND)
            e = image_store_remove(context->arena, store, ids[i]);
    }
    return e;
}

struct error *image_versions_sync(const struct context *context)
{
    struct error *e = image_forget(context);

    for (size_t i = 0; !e && i < context->config->image_count; i++)
        e = image_sync(context, &context->config->images[i]);
    if (!e)
        e = unused_remove(context);
    return e ? e : rowless_remove(context);
}
