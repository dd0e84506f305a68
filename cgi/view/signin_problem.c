/* The texts of the pages for a failed sign-in; see signin_problem.h. */
#include "view/signin_problem.h"

#include "base/array.h"
#include "base/text.h"
#include "model/erasure.h"
#include "model/identity.h"
#include "model/suspension.h"
#include "signin_link.html.h"
#include "web/session.h"

#include <string.h>
#include <strings.h>

const struct signin_problem SIGNIN_LINK_UNKNOWN = {
    .status = 404,
    .title = "Invalid link",
    .what = "The link is incomplete, or has expired. Sign-in links are valid for ten minutes.",
    .next = "Open the whole link, from “https” to its last character, or get a new one.",
};
const struct signin_problem SIGNIN_LINK_LATE = {
    .status = 422,
    .title = "This link has expired",
    .what = "Sign-in links are valid for ten minutes. This one has not been used.",
    .next = "Get a new link and open it right away.",
};
const struct signin_problem SIGNIN_LINK_USED = {
    .status = 422,
    .title = "This link has already been used",
    .what = "A sign-in link works once. It was used here or in another browser.",
    .next = "Get a new link. If you didn’t use this one, tell your admin: somebody else may have "
            "signed in as you.",
};
const struct signin_problem SIGNIN_INVITED_WHILE_SIGNED_IN = {
    .status = 422,
    .title = "You are already signed in",
    .what = "Invitations are accepted while signing in, and this browser is signed in.",
    .next = "Sign out in the account menu, then open the link in the invitation again.",
};
const struct signin_problem SIGNIN_ATTEMPT_UNKNOWN = {
    .status = 422,
    .title = "Please sign in again",
    .what = "This sign-in was started in another browser or more than ten minutes ago, or has "
            "already been completed. For your security, nobody was signed in.",
    .next = "Start again; it takes one click.",
};
const struct signin_problem SIGNIN_EMAIL_UNUSABLE = {
    .status = 422,
    .title = "Your account has no usable email address",
    .what = "The address in your account is missing, or this server cannot send email to it. "
            "Nothing was stored.",
    .next = "Change the address in your account, or use another account.",
};
const struct signin_problem SIGNIN_EMAIL_UNVERIFIED = {
    .status = 403,
    .title = "Please verify your email address",
    .what = "This address has admin rights on this server, and WorkOS has not verified it yet. "
            "Nothing was stored.",
    .next = "Open the email that asks you to verify the address, then sign in again.",
};
const struct signin_problem SIGNIN_CLOSED = {
    .status = 403,
    .title = "Sign-up is not open yet",
    .what = "This server\u2019s privacy policy does not name who is responsible for your data yet. "
            "Until it does, nobody new gets an account. Nothing was stored.",
    .next = "Ask the admin to complete the privacy policy, then sign in again.",
};
const struct signin_problem SIGNIN_ACCOUNT_CLOSED = {
    .status = 403,
    .title = "This account is closed",
    .next =
        "If you don\u2019t expect that, or want to know more, write to the admin. What is deleted "
        "and when is on the page whose address you were given.",
};
const struct signin_problem SIGNIN_ACCOUNT_SUSPENDED = {
    .status = 403,
    .title = "This account is suspended",
    .next = "Your VMs are stopped, and nothing is deleted. To have the account restored, or for a "
            "copy or the deletion of your data, write to the admin.",
};
const struct signin_problem SIGNIN_IMPERSONATED = {
    .status = 403,
    .title = "Impersonation is not allowed",
    .what = "This sign-in came from the WorkOS dashboard on behalf of another person. On this "
            "server, accounts are opened only by the people they belong to.",
    .next = "Sign in with your own account.",
};
const struct signin_problem SIGNIN_UPSTREAM_FAILED = {
    .status = 502,
    .title = "The sign-in service is unavailable",
    .what = "WorkOS could not be reached, or its response was not usable. Your account and your "
            "VMs are not affected.",
    .next = "Try again in a minute. If the error persists, give the admin the request ID below.",
};

/*
 * By the error codes that WorkOS sends to the callback or returns from the token exchange; new ones
 * may appear.
 */
static const struct signin_problem workos_problems[] = {
    {
        "|access_denied|",
        403,
        "Sign-in cancelled",
        "You or your organization denied the sign-in. Nobody was signed in.",
        "Try again, or ask your admin whether your account has access to this server.",
    },
    {
        "|invalid_grant|invalid_code|expired_code|invalid_code_verifier|code_challenge_not_found|",
        422,
        "The sign-in took too long",
        "WorkOS’s response to your browser has expired or has already been used. Nobody was signed "
        "in.",
        "Start again; it takes one click.",
    },
    {
        "|sign_up_not_allowed|authentication_method_not_allowed|user_not_found|no_users|"
        "invitation_invalid|invitation_cannot_be_used_for_email|",
        403,
        "No access",
        "WorkOS knows you, but this server does not accept this account, sign-in method or "
        "invitation.",
        "Use the address you were invited with, or ask your admin for an invite.",
    },
    {
        "|sso_required|mfa_enrollment|mfa_challenge|email_verification_required|"
        "organization_selection_required|",
        422,
        "One more step",
        "Your organization requires an additional step before you can sign in.",
        "Start again and complete all steps on the WorkOS page.",
    },
    {
        "|ambiguous_connection_selector|connection_invalid|connection_strategy_invalid|"
        "connection_unlinked|invalid_connection_selector|organization_invalid|"
        "organization_not_found|organization_membership_not_found|invalid_organization_id|"
        "invalid_client|unauthorized_client|invalid_request|pkce_not_supported|",
        502,
        "Sign-in is misconfigured",
        "WorkOS rejected this server’s configuration. This is not your fault.",
        "Give the admin the request ID below; the log has the reason.",
    },
    {
        "|server_error|oauth_failed|",
        502,
        "The sign-in service failed",
        "WorkOS, or the service you sign in with there, had an error. Nobody was signed in.",
        "Try again in a minute.",
    },
};
const struct signin_problem SIGNIN_OTHER = {
    .status = 422,
    .title = "Sign-in failed",
    .what = "WorkOS gave a reason that this server doesn’t know. Nobody was signed in.",
    .next = "Try again. If the error persists, give the admin the request ID below.",
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
    page.is_local = !is_workos && !page.closed;
    page.has_mail = config_has_mail(r->config);
    if (is_workos && !r->frame.person_email && !page.closed)
        page.button = "Start again";
    r->response.status = problem->status;
    r->response.why = why;
    r->frame.title = problem->title;
    r->frame.section = "signin";
    html_signin_problem(&r->response.body, &r->frame, &page);
    return NULL;
}

struct error *signin_closed_show(struct request *r, struct error *refusal)
{
    if (!refusal || !refusal->code)
        return refusal;
    if (strcmp(refusal->code, SUSPENSION_CODE) == 0)
        return signin_problem_show(r, &SIGNIN_ACCOUNT_SUSPENDED, "the account is suspended",
                                   (struct signin_problem_html){ .closed = refusal->message });
    if (strcmp(refusal->code, IDENTITY_CLOSED) != 0)
        return refusal;
    return signin_problem_show(r, &SIGNIN_ACCOUNT_CLOSED, "the account is closed",
                               (struct signin_problem_html){ .closed = refusal->message });
}

struct error *signin_link_closed(struct request *r, const char *email,
                                 struct signin_link_html *page)
{
    const struct context context = request_context(r);
    struct erasure_closed closed;
    struct error *e = erasure_closed(
        &context, arena_printf(r->arena, "local:%s", text_lower(r->arena, email)), &closed);

    page->closed = closed.told;
    page->action = closed.action;
    page->can_undo = closed.can_undo;
    return e;
}

struct error *signin_link_problem_show(struct request *r, const struct signin_problem *problem,
                                       const struct signin_link_get_row *link)
{
    /* After the back button or a double click, the person is already signed in. */
    if (problem == &SIGNIN_LINK_USED && r->session && r->session->person_id &&
        strcasecmp(link->email, r->session->email) == 0) {
        response_redirect(&r->response, "/vms");
        return NULL;
    }
    return signin_problem_show(r, problem, NULL,
                               (struct signin_problem_html){
                                   .email = link->email,
                                   .ended_at = link->expires_at,
                                   .used_at = link->used_at,
                               });
}
