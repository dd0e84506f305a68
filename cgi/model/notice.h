/*
 * Emails that tell a person of something, beside those that an account cannot do without: some can
 * be turned off, and the weekly summary is sent to who turned it on (model/weekly.h). The choice is
 * looked at when a mail is queued. Somebody whose account is restricted or suspended gets none that
 * can be turned off.
 *
 * All but notice_read() need an open write transaction.
 */
#pragma once

#include "model/actor.h"
#include "model/context.h"
#include "model/mail_queue.h"

#include <stdbool.h>

/* Queue it for a person, who may have turned off its kind. `mail->to` is not used. */
struct error *notice_queue(const struct context *context, int64_t person_id,
                           const struct mail *mail);

/* For each owner of a team; `mail->once` is of the occasion. */
struct error *notice_queue_owners(const struct context *context, int64_t team_id,
                                  const struct mail *mail);

/* Tell who acts that SSH keys of these names were added ("key_added") or deleted ("key_removed").
 */
struct error *notice_keys(const struct context *context, const struct actor *actor,
                          const char *kind, const char *const *names, size_t count);

/* What a person chose. */
struct notice_choices {
    bool has_budget; /* how near a team is to its spending limit */
    bool has_idle;   /* that an unused VM is about to stop */
    bool has_weekly;
};

struct error *notice_read(const struct context *context, int64_t person_id,
                          struct notice_choices *out);

/* `*out_changes`: what is different now, for the activity; NULL: nothing. */
struct error *notice_set(const struct context *context, int64_t person_id,
                         const struct notice_choices *choices, const char **out_changes);

/* Turn off the weekly summary by the secret of its link. One that nobody has does nothing. */
struct error *notice_unsubscribe(const struct context *context, const char *token);
