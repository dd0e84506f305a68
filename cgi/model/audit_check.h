/* Verifies the chains in the database; see audit_chain.h and audit_head.h. */
#pragma once

#include "model/context.h"

struct audit_found {
    int64_t places;    /* of all chains that were verified */
    int64_t erased;    /* of these, without their entry */
    int64_t problems;  /* places and signed ends that are not right */
    const char *first; /* problem; in the arena. NULL: none */
};

/* The chain of a team, added to `out`. Reads in parts, so a writer may come in between. */
struct error *audit_check_team(const struct context *context, int64_t team_id,
                               struct audit_found *out);

/* All chains, and that no entry claims a place that is not its own. */
struct error *audit_check_all(const struct context *context, struct audit_found *out);
