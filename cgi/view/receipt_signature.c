/* Signatures of receipts; see receipt_signature.h. */
#include "view/receipt_signature.h"

#include "adapter/crypto.h"
#include "signed_receipt.sql.h"

struct error *receipt_signature_fill(struct request *r, const char *kind, const char *subject_id,
                                     struct receipt_signature *out)
{
    struct signed_receipt_get_row receipt;
    struct error *e = sql_signed_receipt_get(r->db, r->arena, kind, subject_id, &receipt);

    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    *out = (struct receipt_signature){
        .number = receipt.number,
        .key_id = receipt.key_id,
        .hash = crypto_hex(r->arena, receipt.hash.bytes, receipt.hash.length),
        .bytes = crypto_base64(r->arena, receipt.signature.bytes, receipt.signature.length),
    };
    return NULL;
}
