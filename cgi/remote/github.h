/*
 * Public SSH keys of accounts at GitHub, as it publishes them for everybody:
 * https://docs.github.com/en/rest/users/keys ("USERNAME.keys"). No account and no key of ours.
 */
#pragma once

#include "adapter/config.h"
#include "base/error.h"

struct github;

/* INPUT if the configured address is not allowed. Lives in `arena`. */
struct error *github_open(struct arena *arena, const struct config *config, struct github **out);

/* What is wrong with a name of an account, or NULL. */
const char *github_user_problem(const char *user);

/*
 * The keys of `user`, which has no problem: UTF-8, one in a line, or "" if there are none.
 * NOT_FOUND: there is no such account; UPSTREAM: no answer, or none that is of keys. Both have a
 * message that says what to do next. No text for the log holds the name.
 */
struct error *github_keys(const struct github *github, struct arena *arena, const char *user,
                          const char **out);
