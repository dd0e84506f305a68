/*
 * Signed ends of chains (audit_chain.h), so that nothing can be removed at the end, and nothing
 * rewritten by somebody who holds the database. Within a minute of a chain's first entry, and then
 * each day if it has grown, the worker signs its last place, with the server's Ed25519 key; the
 * signed bytes are five netstrings:
 *
 *     "domicile-audit-head-1", the team's number, the place, its hash, the time in seconds
 *
 * and publishes one hash over the newest signed ends of all chains, which names no team and no
 * number of teams: SHA-256 over the netstrings of team, place and hash of each, by team. Signed are
 *
 *     "domicile-audit-ends-1", that hash, the time in seconds
 *
 * As long as there is no chain the hash is that of nothing, and the page says so ("empty").
 */
#pragma once

#include "model/audit_chain.h"
#include "model/context.h"
#include "model/signing.h"

struct audit_head {
    int64_t team_id, seq, at;
    unsigned char hash[CRYPTO_HASH_BYTES];
};

/* What is signed of an end, in the arena. */
struct bytes audit_head_bytes(struct arena *arena, const struct audit_head *head);

/* Whether `signature` is of it; lengths are checked. */
bool audit_head_is_signed(struct arena *arena, const struct audit_head *head, struct bytes key,
                          struct bytes signature);

/*
 * Sign the ends of the chains of which none is signed yet. `is_empty`: what was published last is
 * of no chain, so that it is published anew. In transactions of its own, as below.
 */
struct error *audit_heads_begin(const struct context *context, const struct signing_key *key,
                                bool is_empty);

/* Whether such a published hash is of no chain at all: the SHA-256 of nothing. */
bool audit_ends_are_none(struct bytes hash);

/*
 * Sign the ends of all chains that have grown since, and publish. In transactions of its own, one
 * for each chain; can be repeated.
 */
struct error *audit_heads_sign(const struct context *context, const struct signing_key *key);

/*
 * Cut chains from their fronts, at the last signed end before which all entries are erased. In a
 * transaction of its own.
 */
struct error *audit_cut(const struct context *context);
