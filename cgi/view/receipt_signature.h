/* The signature of a receipt, for the page of a VM and that of a deletion. */
#pragma once

#include "web/request.h"

struct receipt_signature {
    int64_t number; /* 0: not signed (yet) */
    const char *key_id;
    const char *hash;  /* SHA-256, in hexadecimal */
    const char *bytes; /* of the signature, in base64 */
};

/* By kind and subject of signed_receipt. */
struct error *receipt_signature_fill(struct request *r, const char *kind, const char *subject_id,
                                     struct receipt_signature *out);
