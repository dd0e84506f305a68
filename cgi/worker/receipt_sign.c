/* Signed receipts; see receipt_sign.h. */
#include "worker/receipt_sign.h"

#include "adapter/json.h"
#include "base/array.h"
#include "base/date.h"
#include "model/signing.h"

#include "signed_receipt.sql.h"
#include "signing_key.sql.h"

#include <string.h>

static struct bytes bytes_of(const void *bytes, size_t length)
{
    return (struct bytes){ bytes, length };
}

/* The content, and what makes it this receipt. */
static struct error *body_write(const struct context *context, const char *kind, int64_t number,
                                const struct bytes *previous, const char *content, const char **out)
{
    struct arena *arena = context->arena;
    const struct json_field fields[] = {
        json_text("format", arena_printf(arena, "domicile-receipt-%s/1", kind)),
        json_text("server", context->config->public_url),
        json_number("number", number),
        json_text("previous",
                  previous->bytes ? crypto_hex(arena, previous->bytes, previous->length) : NULL),
        json_text("signed_at", date_iso(arena, context->now_at)),
    };
    const char *head;
    struct error *e = json_object_write(arena, fields, COUNT(fields), &head);

    if (e)
        return e;
    *out = arena_printf(arena, "%.*s,%s\n", (int)strlen(head) - 1, head, content + 1);
    return NULL;
}

struct error *receipt_sign(const struct context *context, const char *kind, const char *subject_id,
                           const int64_t *team_id, const char *content)
{
    unsigned char hash[CRYPTO_HASH_BYTES], signature[CRYPTO_SIGNATURE_BYTES];
    struct signed_receipt_last_row last = { .hash = { NULL, 0 } };
    struct signed_receipt_given_row given;
    struct signed_receipt_get_row known;
    struct arena *arena = context->arena;
    struct db *db = context->db;
    struct signing_key key;
    const char *body;
    struct error *e = sql_signed_receipt_get(db, arena, kind, subject_id, &known);

    if (!e || e->kind != ERROR_NOT_FOUND)
        return e;
    e = sql_signed_receipt_last(db, arena, &last);
    if (e && e->kind != ERROR_NOT_FOUND)
        return e;
    e = sql_signed_receipt_given(db, arena, &given);
    if (!e)
        e = signing_key_load(arena, context->config->state_dir, &key);
    if (!e)
        e = body_write(context, kind, given.number + 1, &last.hash, content, &body);
    if (e)
        return e;
    crypto_sha256(body, strlen(body), hash);
    crypto_ed25519_sign(key.seed, body, strlen(body), signature);
    e = sql_signing_key_add(db, arena, key.id, bytes_of(key.public, sizeof key.public),
                            context->now_at);
    return e ? e
             : sql_signed_receipt_add(db, arena, given.number + 1, kind, subject_id, team_id, body,
                                      bytes_of(hash, sizeof hash),
                                      bytes_of(signature, sizeof signature), key.id,
                                      context->now_at);
}
