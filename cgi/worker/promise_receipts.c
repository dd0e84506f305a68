/* That the chain of receipts is whole; see promise.h. */
#include "worker/promise.h"

#include "adapter/crypto.h"
#include "adapter/json.h"
#include "base/limit.h"
#include "base/log.h"
#include "main_constants.sql.h"
#include "model/signing.h"

#include "signed_receipt.sql.h"

#include <string.h>

/* A walk from the first receipt to the last. */
struct walk {
    int64_t number;                        /* of the last one that was read */
    unsigned char hash[CRYPTO_HASH_BYTES]; /* its stored hash */
    int64_t problems, first_problem;       /* first_problem: its number */
    int64_t old_at;                        /* what was signed before may be deleted by age */
};

static bool is_hex_of(struct arena *arena, const char *text, const unsigned char *hash)
{
    return text && strcmp(text, crypto_hex(arena, hash, CRYPTO_HASH_BYTES)) == 0;
}

/* What is signed says what it is about, which receipt it is, and what it follows. */
static bool says_its_place(struct arena *arena, const struct walk *before,
                           const struct signed_receipt_after_row *row)
{
    bool is_vm = strcmp(row->kind, SIGNED_RECEIPT_KIND_VM) == 0;
    const char *format, *previous, *subject;
    const struct json *json;

    if (json_read(arena, row->body, strlen(row->body), &json))
        return false;
    format = json_get_text(json, "format");
    previous = json_get_text(json, "previous");
    subject = json_get_text(json, is_vm ? "id" : "deletion");
    return format && strcmp(format, arena_printf(arena, "domicile-receipt-%s/1", row->kind)) == 0 &&
           subject && row->subject_id && strcmp(subject, row->subject_id) == 0 &&
           json_number_at(json, "number") == row->number &&
           (row->number == 1 ? !previous : is_hex_of(arena, previous, before->hash));
}

static bool is_sound(struct arena *arena, const struct walk *before,
                     const struct signed_receipt_after_row *row)
{
    unsigned char hash[CRYPTO_HASH_BYTES];

    if (row->number != before->number + 1 || row->hash.length != CRYPTO_HASH_BYTES)
        return false;
    if (!row->body)
        return row->created_at < before->old_at;
    crypto_sha256(row->body, strlen(row->body), hash);
    return memcmp(hash, row->hash.bytes, sizeof hash) == 0 &&
           row->public_key.length == CRYPTO_ED25519_BYTES &&
           strcmp(row->key_id, signing_key_id(arena, row->public_key.bytes)) == 0 &&
           row->signature.length == CRYPTO_SIGNATURE_BYTES &&
           crypto_ed25519_is_signed(row->public_key.bytes, row->body, strlen(row->body),
                                    row->signature.bytes) &&
           says_its_place(arena, before, row);
}

static void problem_note(struct walk *walk, int64_t number)
{
    if (!walk->problems++)
        walk->first_problem = number;
}

static void row_check(struct arena *arena, struct walk *walk,
                      const struct signed_receipt_after_row *row)
{
    if (!is_sound(arena, walk, row))
        problem_note(walk, row->number);
    walk->number = row->number;
    memset(walk->hash, 0, sizeof walk->hash);
    if (row->hash.length == CRYPTO_HASH_BYTES)
        memcpy(walk->hash, row->hash.bytes, CRYPTO_HASH_BYTES);
}

static struct error *part_check(struct db *db, struct arena *arena, struct walk *walk,
                                bool *out_is_end)
{
    struct signed_receipt_after_rows rows;
    struct error *e = sql_signed_receipt_after(db, arena, walk->number, LIMIT_RECEIPT_ROWS, &rows);

    *out_is_end = e || rows.count < LIMIT_RECEIPT_ROWS;
    for (size_t i = 0; !e && i < rows.count; i++)
        row_check(arena, walk, &rows.row[i]);
    return e;
}

/* Of any number of receipts, a few at a time in memory. */
static struct error *all_check(const struct context *now, struct walk *walk)
{
    struct arena *arena = arena_new(LIMIT_RECEIPT_ARENA_BYTES);
    struct signed_receipt_given_row given;
    struct error *e = NULL;
    bool is_end = false;

    while (!e && !is_end) {
        e = part_check(now->db, arena, walk, &is_end);
        if (e)
            e = error_new(now->arena, e->kind, "%s", e->text);
        arena_reset(arena);
    }
    arena_free(arena);
    if (!e)
        e = sql_signed_receipt_given(now->db, now->arena, &given);
    if (!e && given.number != walk->number)
        problem_note(walk, given.number);
    return e;
}

struct error *promise_receipts_check(struct worker_context *context, const struct promise *promise,
                                     const struct context *now, struct promise_reading *out)
{
    struct walk walk = { .old_at = now->now_at - LIMIT_RECORD_KEEP_S };
    struct error *e = all_check(now, &walk);

    (void)context;
    (void)promise;
    if (walk.problems)
        log_error("receipts", log_number("number", walk.first_problem),
                  log_number("problems", walk.problems));
    out->figure = walk.problems;
    out->evidence = "The hash and signature of each receipt were computed again, and its number "
                    "and the hash that it names compared with the receipt before it.";
    return e;
}
