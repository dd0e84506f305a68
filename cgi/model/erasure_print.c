/* What the search of a deletion looks for; see erasure_print.h. */
#include "model/erasure_print.h"

#include "base/buf.h"
#include "base/html.h"
#include "model/byte_print.h"

#include "erasure.sql.h"

#include <string.h>

struct error *erasure_print_begin(const struct context *context, const char *erasure_id,
                                  const unsigned char **out_salt)
{
    unsigned char *salt = arena_alloc(context->arena, BYTE_PRINT_SALT_BYTES);

    crypto_random(salt, BYTE_PRINT_SALT_BYTES);
    *out_salt = salt;
    return sql_erasure_begin(context->db, context->arena, erasure_id,
                             (struct bytes){ salt, BYTE_PRINT_SALT_BYTES });
}

static struct error *one_add(const struct context *context, const char *erasure_id,
                             const unsigned char *salt, const char *text)
{
    struct byte_print print = byte_print_of(salt, text, strlen(text));

    return sql_erasure_print_add(context->db, context->arena, erasure_id, print.head, print.length,
                                 (struct bytes){ print.hash, sizeof print.hash });
}

struct error *erasure_print_add(const struct context *context, const char *erasure_id,
                                const unsigned char *salt, const char *text)
{
    struct buf encoded = buf_new(context->arena, 64);
    struct error *e = one_add(context, erasure_id, salt, text);

    html_url_part(&encoded, text);
    return e ? e : one_add(context, erasure_id, salt, encoded.bytes);
}
