/*
 * People by the identity they sign in with, their personal team, and the team of their
 * organisation. All writing functions need an open write transaction.
 */
#pragma once

#include "model/context.h"

#include <stdbool.h>

struct identity {
    const char
        *key; /* "local:EMAIL" or "workos:USER_ID": identifies a person; the e-mail never does */
    const char *email; /* lower case */
    const char *name;  /* for a new person; can be changed later */
};

/* The e-mail as it is kept (adapter/idn.h); NULL if it is not a valid address. */
const char *identity_email(struct arena *arena, const char *email);

/* `name` if it can be a person's or team's (label.h), cut to LIMIT_LABEL_CHARACTERS, else the
 * e-mail's local part. */
const char *identity_name(struct arena *arena, const char *name, const char *email);

/*
 * The account of an address, of several that of the identity `key`; NULL: none is named.
 * `with_closed`: also one that is closed. 0: there is none, and none is named. INPUT: several, or
 * none of this identity; the message lists those that there are, or says whose the identity is.
 */
struct error *identity_choose(const struct context *context, const char *email, const char *key,
                              bool with_closed, int64_t *out);

/*
 * Whether an account may have this e-mail. The operator is identified by e-mail (session.c), so an
 * address that its provider has not verified must not be the operator's. Check this before writing
 * person.email.
 */
bool identity_email_is_allowed(const struct config *config, const char *email, bool is_verified);

/*
 * Whether somebody who is new here may get an account with this e-mail. As long as the policies do
 * not name who is responsible for the data ([privacy] controller, address, country), nobody but the
 * operator may; those whom the operator invites are no strangers.
 */
bool identity_sign_up_is_open(const struct config *config, const char *email);

/*
 * Somebody signs in, by a link, a passkey or WorkOS; here alone it is decided whether that person
 * may. Find the person and update the e-mail, or create the person with a personal
 * team, who with that agrees to the policy in force. An account that its owner has closed is opened
 * again, if it can be (erasure.h): `*out_notice` says so, else it is NULL. FORBIDDEN with the code
 * IDENTITY_CLOSED, and a message that says since when, if it stays closed.
 */
#define IDENTITY_CLOSED "account_closed"
struct error *identity_person(const struct context *context, const struct identity *identity,
                              int64_t *out_person_id, int64_t *out_team_id,
                              const char **out_notice);

/* Add the person as `role` to the organisation's team, which is created with `name` if it does not
 * exist. */
struct error *identity_join(const struct context *context, int64_t person_id,
                            const char *organization_id, const char *name, const char *role,
                            int64_t *out_team_id);

/* Out of a team, and signed out of it. */
struct error *identity_leave(const struct context *context, int64_t person_id, int64_t team_id);
