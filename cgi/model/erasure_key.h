/*
 * Deleting SSH keys of a team: their rows go at once; then a sequence of two steps (erasure.h)
 * empties the log and searches the files for fingerprints and bodies, unless another key or a VM
 * has them too.
 */
#pragma once

#include "model/actor.h"
#include "model/context.h"

/*
 * Delete them and begin the sequence, in an open write transaction; if the team has one whose
 * search has not begun, they join it. NOT_FOUND: the actor's team
 * does not have one of them.
 */
struct error *erasure_keys_begin(const struct context *context, const struct actor *actor,
                                 const char *const *ids, size_t count);

/* The search has found nothing: an entry in the team's history takes the sequence's place. */
struct error *erasure_key_end(const struct context *context, const char *erasure_id,
                              const char *answer);
