/* The signature of a receipt, and its files, for the page of a VM and that of an account. */
#pragma once

#include "web/request.h"

struct signed_receipt_get_row;

struct receipt_signature {
    int64_t number; /* 0: not signed (yet) */
    const char *key_id;
    const char *hash;  /* SHA-256, in hexadecimal */
    const char *bytes; /* of the signature, in base64 */
    const char *file;  /* the files are saved as: "receipt", without its end */
};

/* By kind and subject of signed_receipt. */
struct error *receipt_signature_fill(struct request *r, const char *kind, const char *subject_id,
                                     const char *file, struct receipt_signature *out);

/*
 * Respond with "receipt.json", "receipt.sig" or "key.pem", to be saved under that name, or with
 * `name` in place of "receipt".
 */
struct error *receipt_file_respond(struct request *r, const struct signed_receipt_get_row *receipt,
                                   const char *file, const char *name);
