/* The adapter for libarchive; see archive.h. */
#include "adapter/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>
#include <sys/stat.h>

static struct archive *handle_of(struct archive_file *archive)
{
    return (struct archive *)(void *)archive;
}

static struct error *problem(struct archive *handle, struct arena *arena)
{
    return error_new(arena, ERROR_UNAVAILABLE, "the archive cannot be written: %s",
                     archive_error_string(handle));
}

static int format_set(struct archive *handle, enum archive_format format)
{
    int result;

    if (format == ARCHIVE_ZIP) {
        /* Otherwise zeros up to 10 kB follow, as on a tape. */
        archive_write_set_bytes_in_last_block(handle, 1);
        result = archive_write_set_format_zip(handle);
        return result == ARCHIVE_OK ? archive_write_set_options(handle, "compression-level=1")
                                    : result;
    }
    result = archive_write_set_format_iso9660(handle);
    return result == ARCHIVE_OK
               ? archive_write_set_options(handle, "volume-id=cidata,rockridge=useful,joliet")
               : result;
}

static la_ssize_t buf_write(struct archive *handle, void *buf, const void *bytes, size_t length)
{
    (void)handle;
    buf_bytes(buf, bytes, length);
    return (la_ssize_t)length;
}

/* Into `file`; where that is -1, into `buf`. */
static struct error *handle_open(struct arena *arena, int file, struct buf *buf,
                                 enum archive_format format, struct archive_file **out)
{
    struct archive *handle = archive_write_new();
    struct error *e = NULL;

    if (!handle)
        return error_new(arena, ERROR_UNAVAILABLE, "no memory for an archive");
    if (format_set(handle, format) != ARCHIVE_OK ||
        (file >= 0 ? archive_write_open_fd(handle, file)
                   : archive_write_open(handle, buf, NULL, buf_write, NULL)) != ARCHIVE_OK)
        e = problem(handle, arena);
    if (e)
        archive_write_free(handle);
    *out = (struct archive_file *)(void *)handle;
    return e;
}

struct error *archive_file_open(struct arena *arena, int file, enum archive_format format,
                                struct archive_file **out)
{
    return handle_open(arena, file, NULL, format, out);
}

struct error *archive_buf_open(struct buf *buf, enum archive_format format,
                               struct archive_file **out)
{
    return handle_open(buf->arena, -1, buf, format, out);
}

struct error *archive_file_begin(struct archive_file *archive, struct arena *arena,
                                 const char *name, int64_t size, int64_t changed_at)
{
    struct archive *handle = handle_of(archive);
    struct archive_entry *entry = archive_entry_new();
    struct error *e = NULL;

    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, archive_format(handle) == ARCHIVE_FORMAT_ZIP ? 0644 : 0400);
    if (size >= 0)
        archive_entry_set_size(entry, size);
    if (changed_at)
        archive_entry_set_mtime(entry, changed_at, 0);
    if (archive_write_header(handle, entry) != ARCHIVE_OK)
        e = problem(handle, arena);
    archive_entry_free(entry);
    return e;
}

struct error *archive_file_put(struct archive_file *archive, struct arena *arena, const void *bytes,
                               size_t length)
{
    struct archive *handle = handle_of(archive);

    return archive_write_data(handle, bytes, length) == (la_ssize_t)length ? NULL
                                                                           : problem(handle, arena);
}

struct error *archive_file_close(struct archive_file *archive, struct arena *arena, struct error *e)
{
    struct archive *handle = handle_of(archive);

    if (e)
        archive_write_fail(handle);
    else if (archive_write_close(handle) != ARCHIVE_OK)
        e = problem(handle, arena);
    archive_write_free(handle);
    return e;
}

/* ---- reading ---- */

static struct error *part_read(struct archive *handle, struct arena *arena, size_t max,
                               struct archive_part *part)
{
    char *bytes = arena_alloc(arena, max + 1);
    la_ssize_t length = archive_read_data(handle, bytes, max + 1);

    if (length < 0)
        return error_new(arena, ERROR_INPUT, "%s: %s", part->name, archive_error_string(handle));
    if ((size_t)length > max)
        return error_new(arena, ERROR_INPUT, "%s is longer than %zu bytes", part->name, max);
    if (part->content.bytes)
        return error_new(arena, ERROR_INPUT, "%s is in it twice", part->name);
    part->content = (struct buf){ arena, bytes, (size_t)length, max + 1 };
    return NULL;
}

static struct error *parts_read(struct archive *handle, struct arena *arena,
                                struct archive_part *parts, size_t count, size_t max)
{
    struct archive_entry *entry;
    struct error *e = NULL;
    int code;

    while (!e && (code = archive_read_next_header(handle, &entry)) == ARCHIVE_OK) {
        const char *path = archive_entry_pathname(entry);
        size_t i = 0;

        while (i < count && (!path || strcmp(parts[i].name, path) != 0))
            i++;
        e = i < count ? part_read(handle, arena, max, &parts[i])
                      : error_new(arena, ERROR_INPUT, "there is a further file in it");
    }
    if (!e && code != ARCHIVE_EOF)
        return error_new(arena, ERROR_INPUT, "this is no ZIP file, or a damaged one");
    for (size_t i = 0; !e && i < count; i++) {
        if (!parts[i].content.bytes)
            e = error_new(arena, ERROR_INPUT, "there is no %s in it", parts[i].name);
    }
    return e;
}

struct error *archive_read_parts(struct arena *arena, const void *archive, size_t length,
                                 struct archive_part *parts, size_t count, size_t max)
{
    struct archive *handle = archive_read_new();
    struct error *e;

    if (!handle)
        return error_new(arena, ERROR_UNAVAILABLE, "no memory for an archive");
    if (archive_read_support_format_zip_seekable(handle) != ARCHIVE_OK ||
        archive_read_open_memory(handle, archive, length) != ARCHIVE_OK)
        e = error_new(arena, ERROR_INPUT, "this is no ZIP file");
    else
        e = parts_read(handle, arena, parts, count, max);
    archive_read_free(handle);
    return e;
}
