/*
 * Inspects a qcow2 disk image; see disk_image.h. The format is given explicitly, not probed: what a
 * guest writes to its disk must not decide how the file is read.
 */
#include "host/disk_image.h"

#include "adapter/json.h"
#include "adapter/subprocess.h"
#include "base/buf.h"

#include <string.h>

static void find_snapshot(const struct json *image, const char *wanted, struct disk_image *out)
{
    const struct json *snapshot;

    for (snapshot = json_first(json_get(image, "snapshots")); snapshot;
         snapshot = json_next(snapshot)) {
        const char *name = json_get_text(snapshot, "name");

        if (!name || strcmp(name, wanted) != 0)
            continue;
        out->has_snapshot = true;
        json_get_number(snapshot, "vm-state-size", &out->memory_bytes);
        return;
    }
}

struct error *disk_image_read(struct arena *arena, const char *path, const char *snapshot,
                              struct disk_image *out)
{
    /* -U: allowed while a guest has the disk open. */
    const char *const arguments[] = {
        "qemu-img", "info", "-U", "-f", "qcow2", "--output=json", path, NULL,
    };
    const struct json *image = NULL;
    const char *text = "";
    struct error *e = command_read(arena, arguments, &text);

    *out = (struct disk_image){ 0 };
    if (!e)
        e = json_read(arena, text, strlen(text), &image);
    if (!e && !json_get_number(image, "virtual-size", &out->bytes))
        e = error_new(arena, ERROR_UPSTREAM, "qemu-img did not report the size of %s", path);
    if (e) {
        e->kind = ERROR_UPSTREAM;
        return e;
    }
    out->backing = json_get_text(image, "backing-filename");
    if (snapshot)
        find_snapshot(image, snapshot, out);
    return NULL;
}

const char *disk_image_options(struct arena *arena, const char *path)
{
    struct buf options = { .arena = arena };

    buf_literal(&options, "driver=qcow2,file.filename=");
    for (; *path; path++) {
        if (*path == ',')
            buf_char(&options, ',');
        buf_char(&options, *path);
    }
    return options.bytes;
}
