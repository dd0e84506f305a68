/* Signatures of receipts; see receipt_signature.h. */
#include "view/receipt_signature.h"

#include "adapter/crypto.h"
#include "model/signing.h"
#include "signed_receipt.sql.h"

#include <string.h>

struct error *receipt_signature_fill(struct request *r, const char *kind, const char *subject_id,
                                     const char *file, struct receipt_signature *out)
{
    struct signed_receipt_get_row receipt;
    struct error *e = sql_signed_receipt_get(r->db, r->arena, kind, subject_id, &receipt);

    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    *out = (struct receipt_signature){
        .file = file,
        .number = receipt.number,
        .key_id = receipt.key_id,
        .hash = crypto_hex(r->arena, receipt.hash.bytes, receipt.hash.length),
        .bytes = crypto_base64(r->arena, receipt.signature.bytes, receipt.signature.length),
    };
    return NULL;
}

struct error *receipt_file_respond(struct request *r, const struct signed_receipt_get_row *receipt,
                                   const char *file, const char *name)
{
    struct response *response = &r->response;

    if (strcmp(file, "key.pem") == 0) {
        response->content_type = "application/x-pem-file";
        response->download = "key.pem";
        buf_text(&response->body, signing_key_pem(r->arena, receipt->public_key.bytes));
    } else if (strcmp(file, "receipt.sig") == 0) {
        response->content_type = "application/octet-stream";
        response->download = arena_printf(r->arena, "%s.sig", name);
        buf_bytes(&response->body, receipt->signature.bytes, receipt->signature.length);
    } else if (strcmp(file, "receipt.json") == 0) {
        response->content_type = "application/json";
        response->download = arena_printf(r->arena, "%s.json", name);
        buf_text(&response->body, receipt->body);
    } else {
        return error_new(r->arena, ERROR_NOT_FOUND, "no such file of a receipt");
    }
    return NULL;
}
