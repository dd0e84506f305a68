/*
 * User data of several parts; see seed_parts.h. Texts are in base64: they may hold any characters,
 * and no line of them looks like one of seed.c.
 */
#include "host/seed_parts.h"

#include "adapter/crypto.h"

#include <string.h>
#include <strings.h>

enum { LINE_BYTES = 57, LINE_CHARACTERS = 77, HEAD_BYTES = 512 };

static void put_base64(struct buf *buf, const char *text)
{
    for (size_t length = strlen(text), at = 0; at < length; at += LINE_BYTES) {
        size_t left = length - at;
        const char *line =
            crypto_base64(buf->arena, text + at, left < LINE_BYTES ? left : LINE_BYTES);

        buf_text(buf, line);
        buf_char(buf, '\n');
        explicit_bzero((char *)(uintptr_t)line, strlen(line));
    }
}

static void put_part(struct buf *buf, const struct seed_part *part)
{
    if (!part->type && *part->text != '#') {
        buf_text(buf, part->text);
        buf_char(buf, '\n');
        return;
    }
    buf_printf(buf,
               "Content-Type: %s; charset=\"utf-8\"\nContent-Transfer-Encoding: base64\n"
               "MIME-Version: 1.0\n",
               part->type ? part->type : "text/plain");
    if (part->merge)
        buf_printf(buf, "Merge-Type: %s\n", part->merge);
    buf_char(buf, '\n');
    put_base64(buf, part->text);
}

void seed_parts_write(struct buf *buf, const struct seed_part *parts, size_t count)
{
    const char *boundary = crypto_id(buf->arena);

    buf_printf(buf, "Content-Type: multipart/mixed; boundary=\"%s\"\nMIME-Version: 1.0\n\n",
               boundary);
    for (size_t i = 0; i < count; i++) {
        buf_printf(buf, "--%s\n", boundary);
        put_part(buf, &parts[i]);
    }
    buf_printf(buf, "--%s--\n", boundary);
}

size_t seed_parts_bytes(const struct seed_part *parts, size_t count)
{
    size_t bytes = HEAD_BYTES;

    for (size_t i = 0; i < count; i++)
        bytes += HEAD_BYTES + (strlen(parts[i].text) / LINE_BYTES + 1) * LINE_CHARACTERS;
    return bytes;
}
