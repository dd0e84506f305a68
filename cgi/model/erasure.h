/*
 * Deleting an account or a team: it is closed at once, and after the profile's days the worker goes
 * through the steps of the sequence (worker/erasure.c). Until then the person can undo it by
 * signing in. All writing functions need an open write transaction.
 */
#pragma once

#include "model/context.h"

#include <stdbool.h>

/* The steps, in their order. */
enum erasure_step {
    ERASURE_BILLING,  /* the subscriptions end at Stripe; nothing follows before */
    ERASURE_VMS,      /* destroyed with their snapshots */
    ERASURE_ACCESS,   /* keys, links and sessions */
    ERASURE_SERVICES, /* deleted at WorkOS and Stripe */
    ERASURE_ROWS,     /* by the inventory */
    ERASURE_LOG,      /* the write-ahead log is emptied */
    ERASURE_SEARCH,   /* what was deleted is found in no file */
    ERASURE_RECEIPT,
    ERASURE_STEPS,
};

/* The values of erasure_step.name, in that order. */
extern const char *const ERASURE_STEP_NAMES[ERASURE_STEPS];

/* What a step does, and what a kind of record is that the law keeps, in words. */
const char *erasure_step_title(const char *name);
const char *erasure_rest_title(const char *what);
extern const char ERASURE_REST_REASON[];

struct erasure_request {
    int64_t person_id; /* 0: the team below alone */
    const int64_t *team_ids;
    size_t team_count;
    const char *requested_by; /* ERASURE_REQUESTED_BY_... */
    int64_t number;           /* of the request by mail whose answer tells the person; 0: none */
};

/*
 * Close what is requested, stop its VMs, end its subscriptions and sessions, and begin the
 * sequence. Without teams it is the person's own and those that nobody else is in. `*out_token` is
 * the secret of the address of its page; NULL: it has been requested before, which can now no
 * longer be undone. What the operator does is in the operator's history, too. Who loses an account
 * or a team is told by mail.
 */
struct error *erasure_request(const struct context *context, const struct erasure_request *request,
                              const char **out_token);

/* Another address of its page, for who shows that it is theirs to see; of the first only the hash
 * is stored. */
struct error *erasure_address_add(const struct context *context, const char *id,
                                  const char **out_token);

/* The path of that page. */
const char *erasure_path(struct arena *arena, const char *token);

/* The SHA-256 of the token, as it is stored; in the arena. */
struct bytes erasure_address_hash(struct arena *arena, const char *token);

/*
 * That an account is closed. Without a deletion there is no action, nor is there one that would
 * make more than LIMIT_ERASURE_ADDRESSES addresses of its page.
 */
struct erasure_closed {
    const char *words;  /* since when, by whom, when it is deleted, whether signing in undoes that;
                           NULL: it is open */
    const char *told;   /* the same to whoever signs in, with whom to write to */
    const char *id;     /* of the deletion; NULL: there is none */
    const char *action; /* what a sign-in link of the account does: "Undo the deletion" */
    int64_t due_at;
    bool is_begun; /* the deletion */
    bool can_undo; /* by signing in */
};
struct error *erasure_closed_of(const struct context *context, int64_t person_id,
                                struct erasure_closed *out);

/* The same of the account that has this identity; open if there is none. */
struct error *erasure_closed(const struct context *context, const char *identity_key,
                             struct erasure_closed *out);

/*
 * Open the team again. Its VMs stay stopped, its subscription ended. Who was told of the deletion
 * is told of that by mail. CONFLICT: no owner has closed it, or something was deleted already.
 */
struct error *erasure_undo_team(const struct context *context, int64_t team_id);

/* Whether an owner can still undo it. */
struct erasure_of_team_row;
bool erasure_can_undo(const struct context *context, const struct erasure_of_team_row *row);

/*
 * Open the account again, if the person has closed it and nothing was deleted yet; as of a team.
 */
struct error *erasure_undo(const struct context *context, int64_t person_id, bool *out_is_undone);
