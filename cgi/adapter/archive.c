/* The adapter for libarchive; see archive.h. */
#include "adapter/archive.h"

#include <archive.h>
#include <archive_entry.h>
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
        result = archive_write_set_format_zip(handle);
        return result == ARCHIVE_OK ? archive_write_set_options(handle, "compression-level=1")
                                    : result;
    }
    result = archive_write_set_format_iso9660(handle);
    return result == ARCHIVE_OK
               ? archive_write_set_options(handle, "volume-id=cidata,rockridge=useful,joliet")
               : result;
}

struct error *archive_file_open(struct arena *arena, int file, enum archive_format format,
                                struct archive_file **out)
{
    struct archive *handle = archive_write_new();
    struct error *e = NULL;

    if (!handle)
        return error_new(arena, ERROR_UNAVAILABLE, "no memory for an archive");
    if (format_set(handle, format) != ARCHIVE_OK ||
        archive_write_open_fd(handle, file) != ARCHIVE_OK)
        e = problem(handle, arena);
    if (e)
        archive_write_free(handle);
    *out = (struct archive_file *)(void *)handle;
    return e;
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
