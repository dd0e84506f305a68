/*
 * What the roles of a team may do in it. Nothing else decides that: routes name the right that they
 * need (web/route.h), pages offer what the role has, and rules that need to know ask here.
 */
#pragma once

#include <stdbool.h>

enum right {
    RIGHT_SEE,    /* what the team has, but consoles and other content of VMs */
    RIGHT_CHANGE, /* VMs, snapshots and keys; with it, to see that content */
    RIGHT_OWN,    /* the team itself: people, billing, name, deletion */
};

/* `role`: MEMBERSHIP_ROLE_...; NULL, who is not in the team, and unknown ones may do nothing. */
bool role_may(const char *role, enum right right);

/* Whether somebody can be invited as this: not an owner. NULL: no. */
bool role_is_invitable(const char *role);
