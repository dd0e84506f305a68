/* Signed ends of chains; see audit_head.h. */
#include "model/audit_head.h"

#include "base/buf.h"

#include "audit_cut.sql.h"
#include "audit_head.sql.h"
#include "audit_link.sql.h"
#include "signing_key.sql.h"

#include <string.h>

enum { HEAD_BYTES = 256 };

struct bytes audit_head_bytes(struct arena *arena, const struct audit_head *head)
{
    struct buf bytes = buf_new(arena, HEAD_BYTES);

    audit_text(&bytes, "domicile-audit-head-1");
    audit_number(&bytes, head->team_id);
    audit_number(&bytes, head->seq);
    audit_text(&bytes, crypto_hex(arena, head->hash, sizeof head->hash));
    audit_number(&bytes, head->at);
    return (struct bytes){ bytes.bytes, bytes.length };
}

bool audit_head_is_signed(struct arena *arena, const struct audit_head *head, struct bytes key,
                          struct bytes signature)
{
    struct bytes signed_bytes = audit_head_bytes(arena, head);

    return key.length == CRYPTO_ED25519_BYTES && signature.length == CRYPTO_SIGNATURE_BYTES &&
           crypto_ed25519_is_signed(key.bytes, signed_bytes.bytes, signed_bytes.length,
                                    signature.bytes);
}

static struct error *key_add(const struct context *context, const struct signing_key *key)
{
    return sql_signing_key_add(context->db, context->arena, key->id,
                               (struct bytes){ key->public, sizeof key->public }, context->now_at);
}

/* The end of a chain, unless it is signed already. */
static struct error *end_sign(const struct context *context, const struct signing_key *key,
                              int64_t team_id)
{
    struct audit_head head = { .team_id = team_id, .at = context->now_at };
    unsigned char signature[CRYPTO_SIGNATURE_BYTES];
    struct audit_link_last_row last;
    struct bytes bytes;
    struct error *e = sql_audit_link_last(context->db, context->arena, team_id, &last);

    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    if (last.hash.length != sizeof head.hash)
        return error_new(context->arena, ERROR_INTERNAL, "place %lld of a chain has no hash",
                         (long long)last.seq);
    head.seq = last.seq;
    memcpy(head.hash, last.hash.bytes, sizeof head.hash);
    bytes = audit_head_bytes(context->arena, &head);
    crypto_ed25519_sign(key->seed, bytes.bytes, bytes.length, signature);
    return sql_audit_head_add(context->db, context->arena, team_id, head.seq, last.hash, head.at,
                              key->id, (struct bytes){ signature, sizeof signature });
}

static struct error *ends_publish(const struct context *context, const struct signing_key *key)
{
    unsigned char hash[CRYPTO_HASH_BYTES], signature[CRYPTO_SIGNATURE_BYTES];
    struct buf ends = buf_new(context->arena, HEAD_BYTES), text;
    struct audit_head_ends_rows rows;
    struct error *e = sql_audit_head_ends(context->db, context->arena, &rows);

    if (e)
        return e;
    for (size_t i = 0; i < rows.count; i++) {
        audit_number(&ends, rows.row[i].team_id);
        audit_number(&ends, rows.row[i].seq);
        audit_text(&ends,
                   crypto_hex(context->arena, rows.row[i].hash.bytes, rows.row[i].hash.length));
    }
    crypto_sha256(ends.bytes, ends.length, hash);
    text = buf_new(context->arena, HEAD_BYTES);
    audit_text(&text, "domicile-audit-ends-1");
    audit_text(&text, crypto_hex(context->arena, hash, sizeof hash));
    audit_number(&text, context->now_at);
    crypto_ed25519_sign(key->seed, text.bytes, text.length, signature);
    return sql_audit_head_publish(context->db, context->arena, (struct bytes){ hash, sizeof hash },
                                  context->now_at, key->id,
                                  (struct bytes){ signature, sizeof signature });
}

/* One step, in a transaction. `team_id` -1: publish. */
static struct error *step(const struct context *context, const struct signing_key *key,
                          int64_t team_id)
{
    struct error *e = db_begin(context->db, context->arena);

    if (!e)
        e = key_add(context, key);
    if (!e)
        e = team_id < 0 ? ends_publish(context, key) : end_sign(context, key, team_id);
    if (!e)
        e = db_commit(context->db, context->arena);
    db_rollback(context->db);
    return e;
}

struct error *audit_heads_sign(const struct context *context, const struct signing_key *key)
{
    struct audit_link_teams_rows teams;
    struct error *e = sql_audit_link_teams(context->db, context->arena, &teams);

    for (size_t i = 0; !e && i < teams.count; i++)
        e = step(context, key, teams.row[i].team_id);
    return e ? e : step(context, key, -1);
}

struct error *audit_heads_begin(const struct context *context, const struct signing_key *key,
                                bool is_empty)
{
    struct audit_head_missing_rows teams;
    struct error *e = sql_audit_head_missing(context->db, context->arena, &teams);

    for (size_t i = 0; !e && i < teams.count; i++)
        e = step(context, key, teams.row[i].team_id);
    return e || !teams.count || !is_empty ? e : step(context, key, -1);
}

bool audit_ends_are_none(struct bytes hash)
{
    unsigned char none[CRYPTO_HASH_BYTES];

    crypto_sha256("", 0, none);
    return hash.length == sizeof none && memcmp(hash.bytes, none, sizeof none) == 0;
}

struct error *audit_cut(const struct context *context)
{
    struct error *e = db_begin(context->db, context->arena);

    if (!e)
        e = sql_audit_cut_start(context->db, context->arena);
    if (!e)
        e = sql_audit_cut_links(context->db, context->arena);
    if (!e)
        e = sql_audit_cut_heads(context->db, context->arena);
    if (!e)
        e = db_commit(context->db, context->arena);
    db_rollback(context->db);
    return e;
}
