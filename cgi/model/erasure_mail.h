/* The mails that tell of a deletion, queued in the transaction that requests it. */
#pragma once

#include "model/erasure.h"

/*
 * Tell the person whose account is closed, and everybody who loses a team with an open account. The
 * page of the deletion has an address with this token; NULL: it was told before, and what is new is
 * that it cannot be undone.
 */
struct error *erasure_tell(const struct context *context, const struct erasure_request *request,
                           const char *token);

/*
 * Tell the same people that the deletion `id` was undone, while it still has its teams, which are
 * open again. `person_id`: whose account it is, which is not open yet; 0: a team alone.
 */
struct error *erasure_tell_undone(const struct context *context, const char *id, int64_t person_id);
