/* Keys of a team that come from its people's accounts at GitHub. */
#pragma once

#include "model/ssh_key_store.h"

#include <stddef.h>

struct ssh_keys_imported {
    struct ssh_key_stored *row; /* of those that the team has now, at most LIMIT_IMPORTED_KEYS */
    size_t count;
    const char *note; /* a sentence for each: what was imported, what was there, what was refused */
};

/*
 * Give the keys in `lines`, one in each, to the actor's team. They are of the GitHub account
 * `user` and called "user@github", numbered if there are several. Each is judged alone, as if it
 * was pasted; the note names those that are refused by their place, and quotes nothing of them.
 * INPUT with a message, field "github_user", if there is none to take or the team would have too
 * many. Needs an open write transaction.
 */
struct error *ssh_keys_import(const struct context *context, const struct actor *actor,
                              const char *user, const char *lines, struct ssh_keys_imported *out);
