/*
 * Invites into a team, or to an account (identity = local): by mail to an address, whose owner
 * alone may use it, or by a link that an owner passes on. Each works once, for LIMIT_INVITE_S,
 * until it is revoked or who made it may no longer invite. The database has the hash of a link's
 * secret alone; the link of a mail is made when that is sent.
 *
 * Nothing in an invite into a team depends on whether an address has an account, so nobody learns
 * of it by inviting; the admin sees all accounts anyway.
 *
 * Those that write need an open write transaction; the caller wakes the worker after committing.
 */
#pragma once

#include "model/actor.h"
#include "model/context.h"

/*
 * Invite into the actor's team as `role`, a member or a viewer. `email` (identity_email()) NULL: by
 * a link, `*out_url`, which exists there alone. An earlier invite of an address ends. INPUT or
 * CONFLICT with a message, about the field "email" or "role".
 */
struct error *invite_make(const struct context *context, const struct actor *actor,
                          const char *email, const char *role, const char **out_url);

/*
 * The admin invites somebody to an account, into no team but their own. By a link, `*out_url`, that
 * the admin passes on, or by mail; in both cases it is for the owner of `email`, whom the admin
 * vouches for. An earlier one for the address ends. INPUT or CONFLICT, about the field "email".
 */
struct error *invite_account(const struct context *context, const struct actor *actor,
                             const char *email, bool is_link, const char **out_url);

/* NOT_FOUND: there is none that could still be used. */
struct error *invite_account_revoke(const struct context *context, const struct actor *actor,
                                    const char *id);

/* NOT_FOUND: there is none that could still be used. */
struct error *invite_revoke(const struct context *context, const struct actor *actor,
                            const char *id);

/*
 * The worker is about to send the mail of the invite `id`: make its link. NOT_FOUND: it was
 * revoked.
 */
struct error *invite_link(const struct context *context, const char *id, const char **out_url,
                          int64_t *out_until_at);

/* The hash of a link's secret; empty if `token` is NULL or cannot be one. */
struct bytes invite_hash(struct arena *arena, const char *token);

/* What a link is about. */
struct invite {
    const char *id, *inviter, *inviter_email;
    const char *team;  /* NULL, and its id 0: an account, and no team but the person's own */
    const char *email; /* whose it is; NULL: whoever has the link */
    const char *role;
    int64_t team_id, inviter_id, expires_at;
    bool is_used; /* it was accepted: then it can only be told so */
};

/* NOT_FOUND: no link, or one that has expired or was revoked, or whose team is about to be deleted.
 */
struct error *invite_find(const struct context *context, struct bytes hash, struct invite *out);

/*
 * A person, whose address `email` is, accepts. FORBIDDEN: it is for another address. NOT_FOUND: it
 * was accepted, here or in another browser. CONFLICT, with a message: the person is in the team
 * already, or restricted, or the team is full.
 */
struct error *invite_accept(const struct context *context, const struct invite *invite,
                            int64_t person_id, const char *email);

/*
 * Somebody who has opened the link with this hash requests a sign-in link without having an
 * account: whether one is sent. Each link allows a few.
 */
struct error *invite_allows_signin(const struct context *context, struct bytes hash, bool *out);
