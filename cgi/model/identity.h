/*
 * Who somebody is here: people by the identity they sign in with, their personal team, and the team
 * of their organisation. All writing functions need an open write transaction.
 */
#pragma once

#include "model/context.h"

#include <stdbool.h>

struct identity {
    const char
        *key; /* "local:EMAIL" or "workos:USER_ID": what a person is known by, never the e-mail */
    const char *email; /* small letters */
    const char *name;  /* for a new person; later they may change it */
};

/* The e-mail in small letters; NULL when it is none. */
const char *identity_email(struct arena *arena, const char *email);

/* `name` if it can be shown (one line, cut to LIMIT_LABEL_BYTES), else the e-mail's local part. */
const char *identity_name(struct arena *arena, const char *name, const char *email);

/*
 * May an account bear this e-mail? The operator is known by e-mail (session.c), so an address that
 * its provider has not verified must not be the operator's. Whoever writes person.email asks this
 * first.
 */
bool identity_email_is_allowed(const struct config *config, const char *email, bool is_verified);

/* Find the person and bring the e-mail up to date, or make the person with a personal team.
 * FORBIDDEN when the account is closed. */
struct error *identity_person(const struct context *context, const struct identity *identity,
                              int64_t *out_person_id, int64_t *out_team_id);

/* The organisation's team, made with `name` if it is new; the person belongs to it as `role`. */
struct error *identity_join(const struct context *context, int64_t person_id,
                            const char *organization_id, const char *name, const char *role,
                            int64_t *out_team_id);
