/*
 * Requests about personal data (GDPR Art. 15 to 22) that people send by mail: a register that the
 * operator fills, with a clock, and answers that are the same actions as the buttons of the account
 * page, done on behalf.
 *
 * The clock is that of Regulation 1182/71, Art. 3: the day of receipt does not count; a period of
 * months ends with the last hour of the same date, or of the month's last day when it has no such
 * date; if that is a Saturday or Sunday, of the Monday after. Public holidays differ from place to
 * place and are not counted: the earlier date is the safe one. All in UTC.
 *
 * Those that write need an open write transaction; the caller wakes the worker after committing.
 * Each is in the operator's history and, if the address has an account, in its own.
 */
#pragma once

#include "model/context.h"

#include <stdbool.h>

enum { RIGHTS_REQUEST_MONTHS = 1, RIGHTS_REQUEST_MONTHS_EXTENDED = 3 }; /* GDPR Art. 12(3) */

/* The last second of the period of `months` that began by what was received on the day of `at`. */
int64_t rights_request_due(int64_t at, int months);

/* Days from the day of `now_at` to that of `due_at`: 0 is today, negative is overdue. */
int64_t rights_request_days_left(int64_t due_at, int64_t now_at);

/* From day 28; if extended, in the last days. */
bool rights_request_is_urgent(int64_t received_at, int64_t due_at, int64_t extended_at,
                              int64_t now_at);

/* A kind as the command names it ("copy", "correct", ...); NULL: there is none of this name. */
const char *rights_request_kind(const char *word);

/* "A copy of the data" and the like, for a kind of the table. */
const char *rights_request_title(const char *kind);

/* What became of one, for the operator; in the arena. */
struct rights_request_result {
    int64_t number;
    const char *kind, *email;
    int64_t due_at;
    const char *account; /* "local:ada@example.org"; NULL: the address has none, or several */
    const char *acted;   /* "is restricted": what was done to the account; NULL: nothing */
    const char *path;    /* of the page of a deletion; NULL: there is none */
    const char *closed;  /* "This account was closed on ..."; NULL: it is open */
};

/*
 * Enter one of `email` (as identity_email() writes it) that was received on the day of
 * `received_at`. INPUT: that is in the future.
 */
struct error *rights_request_add(const struct context *context, const char *email, const char *kind,
                                 int64_t received_at, struct rights_request_result *out);

/* Two months more, once, and only in the first month; the person is told why. CONFLICT or
 * NOT_FOUND. */
struct error *rights_request_extend(const struct context *context, int64_t number, const char *why,
                                    struct rights_request_result *out);

/*
 * It is answered, and the person told `how`. If the address has an account, what was asked for is
 * done: a copy is prepared, the account is restricted or closed, to be deleted, or an objection to
 * counts and usage charts noted. To an account that is closed and not deleted yet it is done, too,
 * but for a copy, which nobody could download; a deletion is final then. Once that has begun,
 * nothing else is done; the person is told why. Of several accounts `identity` names one, else it
 * is NULL. CONFLICT or NOT_FOUND; INPUT: which account is not clear (identity_choose), or it is the
 * operator's.
 */
struct error *rights_request_answer(const struct context *context, int64_t number,
                                    const char *identity, const char *how,
                                    struct rights_request_result *out);

/* It is refused, and the person told why and where to complain. */
struct error *rights_request_refuse(const struct context *context, int64_t number, const char *why,
                                    struct rights_request_result *out);
