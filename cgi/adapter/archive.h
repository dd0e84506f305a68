/*
 * The adapter for libarchive: writes files into one archive, one after another, and reads one that
 * is in memory. What is written is complete only after archive_file_close() without an error.
 */
#pragma once

#include "base/buf.h"
#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

enum archive_format {
    ARCHIVE_ZIP,
    ARCHIVE_SEED, /* ISO 9660 with the volume name of cloud-init's NoCloud; needs TMPDIR */
};

struct archive_file;

/* Into the open file `file`, which stays the caller's. `arena` is for errors. */
struct error *archive_file_open(struct arena *arena, int file, enum archive_format format,
                                struct archive_file **out);

/* The same, to the end of a buffer. */
struct error *archive_buf_open(struct buf *buf, enum archive_format format,
                               struct archive_file **out);

/*
 * Begin a file, whose bytes follow in any number of pieces. `size` is that of all of them; -1: not
 * known yet, which only ARCHIVE_ZIP can do. UNAVAILABLE: the disk is full, and the like.
 */
struct error *archive_file_begin(struct archive_file *archive, struct arena *arena,
                                 const char *name, int64_t size, int64_t changed_at);
struct error *archive_file_put(struct archive_file *archive, struct arena *arena, const void *bytes,
                               size_t length);

/* Ends it and frees the handle, in any case; `e` is what has failed before, or NULL. */
struct error *archive_file_close(struct archive_file *archive, struct arena *arena,
                                 struct error *e);

/* A file of an archive: its name, and what was read, in the arena. */
struct archive_part {
    const char *name;
    struct buf content;
};

/*
 * Read a ZIP archive by its central directory, as others do: it must hold these files, each once,
 * and no others, none longer than `max` bytes. INPUT with what is wrong.
 */
struct error *archive_read_parts(struct arena *arena, const void *archive, size_t length,
                                 struct archive_part *parts, size_t count, size_t max);
