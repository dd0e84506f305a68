/*
 * Looks into a qcow2 disk image (see qcow2.h): the header and the table of internal snapshots, as
 * QEMU's docs/interop/qcow2.txt describes them. Guest data is neither read nor understood, so
 * nothing that a guest writes gets here; the numbers are still checked.
 */
#include "host/qcow2.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define MAGIC 0x514649fbU
enum {
    HEADER_BYTES = 72,
    ENTRY_BYTES = 40, /* fixed part of a snapshot's entry */
    SNAPSHOTS_MOST = 4096,
    TEXT_MOST = 1023, /* the format's own limit for the name of the backing file */
};

static uint64_t big_endian(const unsigned char *bytes, size_t count)
{
    uint64_t value = 0;

    for (size_t i = 0; i < count; i++)
        value = value << 8 | bytes[i];
    return value;
}

static bool read_at(int file, void *bytes, size_t count, uint64_t offset)
{
    return offset <= INT64_MAX && pread(file, bytes, count, (off_t)offset) == (ssize_t)count;
}

static bool read_text(struct arena *arena, int file, uint64_t offset, size_t length,
                      const char **out)
{
    char *text;

    if (length > TEXT_MOST)
        return false;
    text = arena_alloc(arena, length + 1);
    *out = text;
    return read_at(file, text, length, offset);
}

static bool find_snapshot(struct arena *arena, int file, const unsigned char *header,
                          const char *wanted, struct qcow2 *out)
{
    uint64_t count = big_endian(header + 60, 4);
    uint64_t offset = big_endian(header + 64, 8);

    if (count > SNAPSHOTS_MOST)
        return false;
    for (uint64_t i = 0; i < count && !out->has_snapshot; i++) {
        unsigned char entry[ENTRY_BYTES + 8] = { 0 };
        size_t id_length, name_length, extra_length;
        const char *name;

        if (!read_at(file, entry, ENTRY_BYTES, offset))
            return false;
        id_length = (size_t)big_endian(entry + 12, 2);
        name_length = (size_t)big_endian(entry + 14, 2);
        extra_length = (size_t)big_endian(entry + 36, 4);
        if (extra_length > TEXT_MOST ||
            !read_text(arena, file, offset + ENTRY_BYTES + extra_length + id_length, name_length,
                       &name))
            return false;
        if (strcmp(name, wanted) == 0) {
            /* The newer, wider field is the first of the extra data. */
            if (extra_length >= 8 && !read_at(file, entry + ENTRY_BYTES, 8, offset + ENTRY_BYTES))
                return false;
            out->has_snapshot = true;
            out->memory_bytes = (int64_t)(extra_length >= 8 ? big_endian(entry + ENTRY_BYTES, 8)
                                                            : big_endian(entry + 32, 4));
        }
        offset += ENTRY_BYTES + extra_length + id_length + name_length;
        offset = (offset + 7) & ~(uint64_t)7;
    }
    return true;
}

bool qcow2_read(struct arena *arena, const char *path, const char *snapshot, struct qcow2 *out)
{
    unsigned char header[HEADER_BYTES];
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    bool is_read;

    *out = (struct qcow2){ 0 };
    if (file < 0)
        return false;
    is_read = read_at(file, header, sizeof header, 0) && big_endian(header, 4) == MAGIC;
    if (is_read) {
        uint64_t backing = big_endian(header + 8, 8);

        out->bytes = (int64_t)big_endian(header + 24, 8);
        is_read = (backing == 0 || read_text(arena, file, backing,
                                             (size_t)big_endian(header + 16, 4), &out->backing)) &&
                  (!snapshot || find_snapshot(arena, file, header, snapshot, out));
    }
    close(file);
    return is_read;
}
