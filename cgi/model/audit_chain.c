/* Chains of hashes; see audit_chain.h. Knows no database. */
#include "model/audit_chain.h"

#include "base/buf.h"

#include <string.h>

enum { BODY_BYTES = 1024 };

void audit_text(struct buf *out, const char *text)
{
    buf_printf(out, "%zu:%s,", text ? strlen(text) : 0, text ? text : "");
}

void audit_number(struct buf *out, int64_t number)
{
    audit_text(out, arena_printf(out->arena, "%lld", (long long)number));
}

const char *audit_person_hash(struct arena *arena, const unsigned char salt[AUDIT_SALT_BYTES],
                              int64_t person_id)
{
    unsigned char hash[CRYPTO_HASH_BYTES];
    struct buf bytes = buf_new(arena, 64);

    buf_bytes(&bytes, (const char *)salt, AUDIT_SALT_BYTES);
    buf_printf(&bytes, "%lld", (long long)person_id);
    crypto_sha256(bytes.bytes, bytes.length, hash);
    return crypto_hex(arena, hash, sizeof hash);
}

void audit_hash(struct arena *arena, const unsigned char before[CRYPTO_HASH_BYTES],
                const unsigned char entry_hash[CRYPTO_HASH_BYTES],
                unsigned char out[CRYPTO_HASH_BYTES])
{
    struct buf bytes = buf_new(arena, 256);

    audit_text(&bytes, AUDIT_FORMAT);
    audit_text(&bytes, crypto_hex(arena, before, CRYPTO_HASH_BYTES));
    audit_text(&bytes, crypto_hex(arena, entry_hash, CRYPTO_HASH_BYTES));
    crypto_sha256(bytes.bytes, bytes.length, out);
}

void audit_entry_hash(struct arena *arena, const struct audit_body *body,
                      unsigned char out[CRYPTO_HASH_BYTES])
{
    struct buf bytes = buf_new(arena, BODY_BYTES);

    audit_number(&bytes, body->team_id);
    audit_number(&bytes, body->seq);
    audit_number(&bytes, body->at_ms);
    audit_text(&bytes, body->action);
    audit_text(&bytes, body->vm_id);
    audit_text(&bytes, body->object);
    audit_text(&bytes, body->actor);
    audit_text(&bytes, body->person_hash);
    audit_text(&bytes, body->result);
    audit_text(&bytes, body->what);
    audit_text(&bytes, body->detail);
    if (body->took_ms)
        audit_number(&bytes, body->took_ms);
    else
        audit_text(&bytes, NULL);
    crypto_sha256(bytes.bytes, bytes.length, out);
}

const char *audit_walk_next(struct arena *arena, struct audit_walk *walk, int64_t seq,
                            const unsigned char hash[CRYPTO_HASH_BYTES],
                            const unsigned char entry_hash[CRYPTO_HASH_BYTES],
                            const struct audit_body *body)
{
    unsigned char entry[CRYPTO_HASH_BYTES], expected[CRYPTO_HASH_BYTES];
    const char *problem = NULL;

    memcpy(entry, entry_hash, sizeof entry);
    if (body)
        audit_entry_hash(arena, body, entry);
    audit_hash(arena, walk->hash, entry, expected);
    if (seq != walk->seq + 1)
        problem = arena_printf(arena, "place %lld is missing", (long long)walk->seq + 1);
    else if (!crypto_equal(expected, hash, sizeof expected) ||
             !crypto_equal(entry_hash, entry, sizeof entry))
        problem = arena_printf(arena, "place %lld was changed, or one before it", (long long)seq);
    walk->erased += body == NULL;
    walk->seq = seq;
    memcpy(walk->hash, hash, sizeof walk->hash);
    return problem;
}
