/* Reasons for a failed sign-in, as text: what happened, and what the visitor can do next. */
#pragma once

#include "signin_link.sql.h"
#include "signin_problem.html.h"
#include "web/request.h"

struct signin_problem {
    const char *codes; /* of WorkOS: "|access_denied|"; NULL: not from WorkOS */
    int status;
    const char *title;
    const char *what;
    const char *next;
};

extern const struct signin_problem SIGNIN_LINK_UNKNOWN, SIGNIN_LINK_LATE, SIGNIN_LINK_USED,
    SIGNIN_INVITED_WHILE_SIGNED_IN, SIGNIN_ATTEMPT_UNKNOWN, SIGNIN_EMAIL_UNUSABLE,
    SIGNIN_EMAIL_UNVERIFIED, SIGNIN_CLOSED, SIGNIN_IMPERSONATED, SIGNIN_UPSTREAM_FAILED,
    SIGNIN_ACCOUNT_CLOSED, SIGNIN_ACCOUNT_SUSPENDED, SIGNIN_OTHER;

/* By an error code of WorkOS; SIGNIN_OTHER if unknown. */
const struct signin_problem *signin_problem_of_code(struct arena *arena, const char *code);

/*
 * Respond with the page of the problem. `why` is only logged, or NULL; `page` has what only the
 * handler knows. Always returns NULL.
 */
struct error *signin_problem_show(struct request *r, const struct signin_problem *problem,
                                  const char *why, struct signin_problem_html page);

/* The page of an account that stays closed, or is suspended, if the refusal says so; else the
 * refusal. */
struct error *signin_closed_show(struct request *r, struct error *refusal);

/* Before the link is used: that the account of its address is closed, and what using it does. */
struct signin_link_html;
struct error *signin_link_closed(struct request *r, const char *email,
                                 struct signin_link_html *page);

/* The same of a sign-in link; who has signed in with it, in this browser, is led on. */
struct error *signin_link_problem_show(struct request *r, const struct signin_problem *problem,
                                       const struct signin_link_get_row *link);
