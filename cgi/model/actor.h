/*
 * Who acts, and for which team. Whether somebody may call a page at all is decided by its route
 * (web/route.h); this is what rules and records need to know of them.
 */
#pragma once

#include "main_constants.sql.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum actor_via {
    ACTOR_BROWSER, /* a signed-in person */
    ACTOR_TOKEN,   /* a program with a token that a person made */
    ACTOR_SYSTEM,  /* Domicile itself: a payment is late, an account is closed */
};

struct actor {
    int64_t team_id;
    int64_t person_id; /* 0: nobody, the system acts */
    const char *role;  /* MEMBERSHIP_ROLE_...; NULL: not a member, or the system */
    enum actor_via via;
    const char *reason; /* why the system acts, for the activity; NULL: a person wanted it */
};

/* The person for a column that may be NULL. Points into `actor`. */
static inline const int64_t *actor_person(const struct actor *actor)
{
    return actor->person_id ? &actor->person_id : NULL;
}

static inline bool actor_is_owner(const struct actor *actor)
{
    return actor->role && strcmp(actor->role, MEMBERSHIP_ROLE_OWNER) == 0;
}

static inline struct actor actor_system(int64_t team_id, const char *reason)
{
    return (struct actor){ .team_id = team_id, .via = ACTOR_SYSTEM, .reason = reason };
}
