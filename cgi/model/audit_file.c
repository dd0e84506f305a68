/* Writes a chain as a file; see audit_file.h. Reading is in audit_file_verify.c. */
#include "model/audit_file.h"

#include "adapter/json.h"
#include "base/array.h"
#include "base/limit.h"
#include "model/audit_head.h"

#include "audit_head.sql.h"
#include "audit_link.sql.h"

#include <string.h>

static const unsigned char NOTHING[CRYPTO_HASH_BYTES];

static const char *hex(struct arena *arena, struct bytes bytes)
{
    return bytes.bytes ? crypto_hex(arena, bytes.bytes, bytes.length) : NULL;
}

static struct error *line_add(struct arena *arena, struct buf *out, const struct json_field *fields,
                              size_t count)
{
    const char *line;
    struct error *e = json_object_write(arena, fields, count, &line);

    if (!e)
        buf_printf(out, "%s\n", line);
    return e;
}

/* A number that may be missing. */
static struct json_field number_or_null(const char *key, int64_t number)
{
    return number ? (struct json_field)json_number(key, number)
                  : (struct json_field)json_text(key, NULL);
}

static struct error *place_write(struct arena *arena, struct buf *out,
                                 const struct audit_link_list_row *row)
{
    const struct json_field fields[] = {
        json_number("seq", row->seq),
        json_text("hash", hex(arena, row->hash)),
        json_text("entry_hash", hex(arena, row->entry_hash)),
        json_number("at_ms", row->at_ms),
        json_text("action", row->action),
        json_text("vm_id", row->vm_id),
        json_text("object", row->object),
        json_text("actor", row->actor),
        json_text("person", row->person_hash),
        json_text("result", row->result),
        json_text("what", row->what),
        json_text("detail", row->detail),
        number_or_null("took_ms", row->took_ms),
        number_or_null("person_id", row->person_id),
        json_text("salt", hex(arena, row->salt)),
    };

    return line_add(arena, out, fields, row->has_entry ? COUNT(fields) : 3);
}

/* The hash of the place `after`: of the chain, or of the signed end that it was cut at. */
static struct error *start_write(const struct context *context, int64_t team_id, const char *team,
                                 int64_t *after, struct buf *out)
{
    struct bytes hash = { NOTHING, sizeof NOTHING };
    struct audit_head_list_rows heads;
    struct audit_link_list_rows before;
    struct error *e = sql_audit_head_list(context->db, context->arena, team_id, &heads);

    if (!e)
        e = sql_audit_link_list(context->db, context->arena, team_id, *after - 1, 1, &before);
    if (e)
        return e;
    if (*after > 0 && before.count && before.row[0].seq == *after) {
        hash = before.row[0].hash;
    } else {
        *after = 0;
        for (size_t i = 0; i < heads.count; i++) {
            if (!heads.row[i].is_start)
                continue;
            *after = heads.row[i].seq;
            hash = heads.row[i].hash;
        }
    }
    return line_add(context->arena, out,
                    (const struct json_field[]){
                        json_text("format", AUDIT_FORMAT),
                        json_number("team_id", team_id),
                        json_text("team", team),
                        json_number("after", *after),
                        json_text("after_hash", hex(context->arena, hash)),
                    },
                    5);
}

static struct error *end_write(const struct context *context, int64_t team_id, int64_t more_after,
                               struct buf *out)
{
    struct arena *arena = context->arena;
    struct audit_head_last_row head = { .seq = 0 };
    struct error *e = sql_audit_head_last(context->db, arena, team_id, &head);

    if (e && e->kind != ERROR_NOT_FOUND)
        return e;
    return line_add(arena, out,
                    (const struct json_field[]){
                        number_or_null("more_after", more_after),
                        json_number("head_seq", head.seq),
                        json_text("head_hash", hex(arena, head.hash)),
                        number_or_null("head_at", head.at),
                        json_text("key_id", head.key_id),
                        json_text("key", head.seq ? crypto_base64(arena, head.public_key.bytes,
                                                                  head.public_key.length)
                                                  : NULL),
                        json_text("signature", head.seq ? crypto_base64(arena, head.signature.bytes,
                                                                        head.signature.length)
                                                        : NULL),
                    },
                    7);
}

/* Places behind `*after`, which becomes the last one. `*is_end`: there are no more. */
static struct error *part_write(const struct context *context, struct arena *arena, int64_t team_id,
                                int64_t *after, size_t most, struct buf *out, bool *is_end)
{
    struct audit_link_list_rows rows;
    struct error *e =
        sql_audit_link_list(context->db, arena, team_id, *after, LIMIT_AUDIT_ROWS, &rows);
    size_t i;

    if (e)
        return e;
    for (i = 0; !e && i < rows.count && out->length < most; i++) {
        e = place_write(arena, out, &rows.row[i]);
        *after = rows.row[i].seq;
    }
    *is_end = i == rows.count && rows.count < LIMIT_AUDIT_ROWS;
    return e;
}

struct error *audit_file_write(const struct context *context, int64_t team_id, const char *team,
                               int64_t after, size_t most, struct buf *out)
{
    struct arena *part = arena_new(LIMIT_AUDIT_ARENA_BYTES);
    bool is_end = false;
    struct error *e = start_write(context, team_id, team, &after, out);

    while (!e && !is_end && out->length < most) {
        arena_reset(part);
        e = part_write(context, part, team_id, &after, most, out, &is_end);
    }
    if (e)
        e = error_copy(context->arena, e);
    arena_free(part);
    return e ? e : end_write(context, team_id, is_end ? 0 : after, out);
}
