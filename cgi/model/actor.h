/*
 * Who acts, and for which team. Whether a caller may open a page at all is decided by its route
 * (web/route.h); this is what rules and records need to know about the caller.
 */
#pragma once

#include "main_constants.sql.h"
#include "model/role.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum actor_via {
    ACTOR_BROWSER, /* a signed-in person */
    ACTOR_TOKEN,   /* a program using a token created by a person */
    ACTOR_SYSTEM,  /* Domicile itself: a payment is overdue, an account is closed */
};

struct actor {
    int64_t team_id;
    int64_t person_id; /* 0: none, the system acts */
    const char *role;  /* MEMBERSHIP_ROLE_...; NULL: not a member, or the system */
    enum actor_via via;
    const char *reason; /* reason for a system action, for the activity log; NULL: a person acts */
};

/* The person, for a nullable column. Points into `actor`. */
static inline const int64_t *actor_person(const struct actor *actor)
{
    return actor->person_id ? &actor->person_id : NULL;
}

static inline bool actor_is_owner(const struct actor *actor)
{
    return role_may(actor->role, RIGHT_OWN);
}

static inline struct actor actor_system(int64_t team_id, const char *reason)
{
    return (struct actor){ .team_id = team_id, .via = ACTOR_SYSTEM, .reason = reason };
}
