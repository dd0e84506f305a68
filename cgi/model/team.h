/*
 * The people of a team: roles, leaving, handing over, and teams that people make (identity =
 * local). With WorkOS, memberships are WorkOS's (identity.h), and all of these are NOT_FOUND.
 *
 * Every team has an owner whose account is open: the last one can neither leave nor become
 * something else, and a personal team's person stays its owner. What somebody could do in a team
 * ends with the transaction: their sessions there continue in their own team, under another name
 * and secret, so that no form of the former team acts in that one; their invites into it end.
 *
 * All need an open write transaction. Refusals have a message for people; those about a field say
 * which.
 */
#pragma once

#include "model/actor.h"
#include "model/context.h"

/* NOT_FOUND unless this server, not WorkOS, decides who is in which team. */
struct error *team_is_ours(const struct context *context);

/* The actor's person makes another team and owns it. CONFLICT: they own too many. */
struct error *team_make(const struct context *context, const struct actor *actor, const char *name,
                        int64_t *out_team_id);

/* Add a person; who is in the team already keeps the role. Used by invites (invite.h). */
struct error *team_add(const struct context *context, int64_t team_id, int64_t person_id,
                       const char *role, const char *invite_id);

/* Another role for a person of the actor's team, who is told by mail. INPUT: no such role. */
struct error *team_role_set(const struct context *context, const struct actor *actor,
                            int64_t person_id, const char *role);

/* The person becomes an owner, and the actor a member. */
struct error *team_hand_over(const struct context *context, const struct actor *actor,
                             int64_t person_id);

/*
 * Somebody is no longer in the actor's team: `person_id` is the actor's own if they leave. What
 * they made stays the team's. `with_keys`: the SSH keys that they added are deleted, and removed
 * from its VMs at their next start (vm_keys.h).
 */
struct error *team_end_person(const struct context *context, const struct actor *actor,
                              int64_t person_id, bool with_keys);

/* CONFLICT, with the reason: the person can't leave, or have another role. NULL: they can. */
struct team_person_row;
struct error *team_person_check(const struct context *context,
                                const struct team_person_row *person);
