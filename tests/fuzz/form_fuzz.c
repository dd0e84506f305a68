/*
 * Fuzzes form_read with a body. Whatever was read is UTF-8 without NUL bytes and keeps the limits
 * of its field; the form is encoded anew and must then read the same.
 */
#include "fuzz.h"

#include "base/limit.h"
#include "base/text.h"
#include "web/form.h"

#include <string.h>

enum { LINE, LINES, INT, HOST, EMAIL, LIST, FIELDS };

static struct error *fields_read(struct arena *arena, const char *body, size_t length,
                                 struct field fields[FIELDS])
{
    static const struct field table[FIELDS] = {
        { .name = "a", .kind = FIELD_LINE, .min = 2, .max = 20, .is_required = true },
        { .name = "b", .kind = FIELD_LINES, .max = 100 },
        { .name = "c", .kind = FIELD_INT, .min = -10, .max = 1000 },
        { .name = "d", .kind = FIELD_HOST_NAME },
        { .name = "e", .kind = FIELD_EMAIL },
        { .name = "f", .kind = FIELD_LIST },
    };
    struct request r = {
        .arena = arena,
        .method = "POST",
        .body = body,
        .body_length = length,
        .content_type = "application/x-www-form-urlencoded",
    };

    memcpy(fields, table, sizeof table);
    return form_read(&r, fields, FIELDS);
}

static void pair_write(struct buf *body, const char *name, const char *value)
{
    buf_printf(body, "%s%s=", body->length ? "&" : "", name);
    for (; *value; value++)
        buf_printf(body, "%%%02X", (unsigned char)*value);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct arena *arena = fuzz_arena();
    struct field fields[FIELDS], again[FIELDS];
    struct buf body = buf_new(arena, length);
    const char *raw = NULL;
    struct request r = { .arena = arena, .method = "GET" };

    if (length > LIMIT_BODY_BYTES)
        return 0;
    r.query = arena_copy_bytes(arena, bytes, length);
    if (form_value(&r, "a", &raw) || !raw)
        raw = "";
    FUZZ_DEMAND(text_is_utf8(raw, strlen(raw)));
    if (fields_read(arena, arena_copy_bytes(arena, bytes, length), length, fields))
        return 0;
    for (size_t i = 0; i < LIST; i++) {
        FUZZ_DEMAND(text_is_utf8(fields[i].text, strlen(fields[i].text)));
        if (!fields[i].problem && fields[i].max && i != INT)
            FUZZ_DEMAND((int64_t)strlen(fields[i].text) <= fields[i].max);
        pair_write(&body, fields[i].name, fields[i].text);
    }
    FUZZ_DEMAND(fields[LINE].problem || text_is_line(fields[LINE].text));
    FUZZ_DEMAND(fields[INT].problem || (fields[INT].number >= -10 && fields[INT].number <= 1000));
    FUZZ_DEMAND(fields[HOST].problem || !*fields[HOST].text ||
                text_is_host_name(fields[HOST].text));
    FUZZ_DEMAND(fields[EMAIL].problem || !*fields[EMAIL].text || text_is_email(fields[EMAIL].text));
    if (fields[LIST].list_count + LIST > LIMIT_FORM_FIELDS)
        return 0;
    for (size_t i = 0; i < fields[LIST].list_count; i++)
        pair_write(&body, "f", fields[LIST].list[i]);
    FUZZ_DEMAND(!fields_read(arena, body.bytes, body.length, again));
    for (size_t i = 0; i < LIST; i++)
        FUZZ_DEMAND(strcmp(fields[i].text, again[i].text) == 0);
    FUZZ_DEMAND(fields[LIST].list_count == again[LIST].list_count);
    for (size_t i = 0; i < fields[LIST].list_count; i++)
        FUZZ_DEMAND(strcmp(fields[LIST].list[i], again[LIST].list[i]) == 0);
    return 0;
}
