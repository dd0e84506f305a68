/* The end of a sign-in: the session, an entry of the history, and perhaps a mail. */
#pragma once

#include "model/identity.h"
#include "web/request.h"

/*
 * `person_id` has signed in with this browser, in the open write transaction. `notice` is for the
 * next page; may be NULL.
 */
struct error *signin_note(struct request *r, int64_t person_id, const char *notice);

/*
 * A sign-in has failed with `refusal`, which is returned. If that is FORBIDDEN and the account is
 * known, as a closed one is, it is recorded; nothing else of the transaction stays.
 */
struct error *signin_note_refused(struct request *r, const char *identity_key,
                                  struct error *refusal);

/*
 * Sign this browser in as whoever has the identity, by whatever proved that it is theirs; whether
 * that person may is decided by identity_person() alone. In the open write transaction.
 */
struct error *signin_as(struct request *r, const struct identity *identity);
