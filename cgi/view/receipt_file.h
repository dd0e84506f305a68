/* A signed receipt to keep: a ZIP file with all that verifies it. */
#pragma once

#include "web/request.h"

/*
 * Respond with the signed receipt of that kind and subject, to be saved as `name`: receipt.json as
 * it was signed, receipt.sig, key.pem, and README.txt with the commands. NOT_FOUND: it is not
 * signed (yet).
 */
struct error *receipt_file_respond(struct request *r, const char *kind, const char *subject_id,
                                   const char *name);
