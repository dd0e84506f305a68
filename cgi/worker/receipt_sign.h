/*
 * Signed receipts: of a destroyed VM, and of a deleted account. Each is JSON that is kept as it was
 * signed, with this server's Ed25519 key, and names the hash of the one before it: none can be
 * changed or left out later without breaking the chain. Only the worker has the key.
 */
#pragma once

#include "model/context.h"

/*
 * Sign and store a receipt, in an open write transaction. `kind` is a SIGNED_RECEIPT_KIND_...,
 * `team_id` whose VM it was, NULL for an account; `content` a JSON object of what it says. Once for
 * each subject: another call changes nothing.
 */
struct error *receipt_sign(const struct context *context, const char *kind, const char *subject_id,
                           const int64_t *team_id, const char *content);
