/* The texts of the pages for a failed sign-in; see signin_problem.h. */
#include "view/signin_problem.h"

#include "base/array.h"

#include <string.h>

const struct signin_problem SIGNIN_LINK_UNKNOWN = {
    .status = 404,
    .title = "This is not a sign-in link we know",
    .what =
        "The address may have been cut off when it was copied, or the link is older than a day.",
    .next = "Open the whole link once more, from “https” to its last character, or get a new one.",
};
const struct signin_problem SIGNIN_LINK_LATE = {
    .status = 422,
    .title = "This sign-in link has ended",
    .what = "Links work for ten minutes after they are made. Nothing has happened with it.",
    .next = "Get a new link and open it right away.",
};
const struct signin_problem SIGNIN_LINK_USED = {
    .status = 422,
    .title = "This sign-in link was used already",
    .what = "It signed somebody in, here or in another browser. A link works once.",
    .next = "Get a new link. If it was not you who used this one, tell the operator: somebody else "
            "has signed in as you.",
};
const struct signin_problem SIGNIN_INVITED_WHILE_SIGNED_IN = {
    .status = 422,
    .title = "You are signed in already",
    .what = "An invitation is accepted while signing in, and this browser is signed in.",
    .next = "Sign out with the button at the top, then open the link in the invitation again.",
};
const struct signin_problem SIGNIN_ATTEMPT_UNKNOWN = {
    .status = 422,
    .title = "Please start the sign-in here",
    .what =
        "This sign-in was begun in another browser, more than ten minutes ago, or has been used "
        "already. To be sure that it is you, nobody was signed in.",
    .next = "Start once more; it takes one click.",
};
const struct signin_problem SIGNIN_EMAIL_UNUSABLE = {
    .status = 422,
    .title = "Your account has no e-mail address we can use",
    .what =
        "You confirmed who you are, but the address in your account is missing or of a form that "
        "this server cannot write to. Nothing was stored.",
    .next = "Change the address in your account, or use another account.",
};
const struct signin_problem SIGNIN_EMAIL_UNVERIFIED = {
    .status = 403,
    .title = "Please confirm your e-mail address first",
    .what =
        "This address has special rights on this server, and WorkOS has not yet seen that it is "
        "yours. Nothing was stored.",
    .next = "Open the mail that asks you to confirm the address, then sign in again.",
};
const struct signin_problem SIGNIN_IMPERSONATED = {
    .status = 403,
    .title = "Nobody signs in for somebody else here",
    .what = "This sign-in came from the WorkOS dashboard in the name of another person. On this "
            "server only people themselves can open their accounts.",
    .next = "Sign in with your own account.",
};
const struct signin_problem SIGNIN_UPSTREAM_FAILED = {
    .status = 502,
    .title = "The sign-in service did not answer",
    .what =
        "WorkOS could not be reached or answered something we cannot use. Your account and your "
        "VMs are not affected.",
    .next = "Try again in a minute. If it stays, give the operator the request id below.",
};

/*
 * By the error codes that WorkOS sends to the callback or returns from the token exchange; new ones
 * may appear.
 */
static const struct signin_problem workos_problems[] = {
    {
        "|access_denied|",
        403,
        "The sign-in was cancelled",
        "You, or your organisation's sign-in, said no. Nobody was signed in.",
        "Try again, or ask the operator whether your account may use this server.",
    },
    {
        "|invalid_grant|invalid_code|expired_code|invalid_code_verifier|code_challenge_not_found|",
        422,
        "The sign-in took too long",
        "What WorkOS gave your browser has ended or was used before. Nobody was signed in.",
        "Start once more; it takes one click.",
    },
    {
        "|sign_up_not_allowed|authentication_method_not_allowed|user_not_found|no_users|"
        "invitation_invalid|invitation_cannot_be_used_for_email|",
        403,
        "This account may not sign in here",
        "WorkOS knows you, but this server does not admit the account, the way of signing in, or "
        "the "
        "invitation.",
        "Use the address that you were invited with, or ask the operator to admit you.",
    },
    {
        "|sso_required|mfa_enrollment|mfa_challenge|email_verification_required|"
        "organization_selection_required|",
        422,
        "One step is missing",
        "Your organisation asks for one more step before it lets you in.",
        "Start once more and follow the page of WorkOS to its end.",
    },
    {
        "|ambiguous_connection_selector|connection_invalid|connection_strategy_invalid|"
        "connection_unlinked|invalid_connection_selector|organization_invalid|"
        "organization_not_found|organization_membership_not_found|invalid_organization_id|"
        "invalid_client|unauthorized_client|invalid_request|pkce_not_supported|",
        502,
        "The sign-in is not set up right",
        "WorkOS refused what this server is set up to ask. It is not your fault.",
        "Give the operator the request id below; the reason stands beside it in the log.",
    },
    {
        "|server_error|oauth_failed|",
        502,
        "The sign-in service failed",
        "WorkOS, or the service that you sign in with there, had a fault. Nobody was signed in.",
        "Try again in a minute.",
    },
};
const struct signin_problem SIGNIN_OTHER = {
    .status = 422,
    .title = "The sign-in did not succeed",
    .what = "WorkOS ended it for a reason that this server does not know. Nobody was signed in.",
    .next = "Try again. If it stays, give the operator the request id below.",
};

const struct signin_problem *signin_problem_of_code(struct arena *arena, const char *code)
{
    const char *word = arena_printf(arena, "|%s|", code);

    for (size_t i = 0; i < COUNT(workos_problems); i++) {
        if (strstr(workos_problems[i].codes, word))
            return &workos_problems[i];
    }
    return &SIGNIN_OTHER;
}

struct error *signin_problem_show(struct request *r, const struct signin_problem *problem,
                                  const char *why, struct signin_problem_html page)
{
    bool is_workos = strcmp(r->config->identity, "workos") == 0;

    page.what = problem->what;
    page.next = problem->next;
    page.is_local = !is_workos;
    page.has_mail = config_has_mail(r->config);
    if (is_workos && !r->frame.person_email)
        page.button = "Start again";
    r->response.status = problem->status;
    r->response.why = why;
    r->frame.title = problem->title;
    r->frame.section = "signin";
    html_signin_problem(&r->response.body, &r->frame, &page);
    return NULL;
}
