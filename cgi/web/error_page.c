/* The texts of the error pages; see error_page.h. The log has the cause, the page the next step. */
#include "web/error_page.h"

#include "base/array.h"

#include "error.html.h"

static const struct words {
    int status;
    const char *title;
    const char *what;
    const char *next;
} words[] = {
    { 400, "Bad request", "The request was incomplete or malformed, so nothing was done.",
      "Go back, reload the page and try again." },
    { 403, "Not allowed",
      "The form is from an earlier session, another team or another site, or your account has no "
      "access "
      "to this page. Nothing was changed.",
      "Go back, reload the page and try again." },
    { 404, "Page not found", "This page doesn’t exist, or it belongs to another team.",
      "Check the address for typing errors." },
    { 405, "Method not allowed",
      "The page exists, but not for this kind of request. Nothing was done.",
      "Open it as a link, or use the form that leads here." },
    { 409, "Conflict", "This isn’t possible in the current state. Nothing was changed.",
      "Go back and reload the page: the state may have changed in the meantime." },
    { 413, "Request too large", "A form can have 64 KB, and this was more. Nothing was saved.",
      "Send less: an SSH public key is a single short line." },
    { 415, "Unsupported content type", "This address doesn’t read this type of content.",
      "Send a form (application/x-www-form-urlencoded)." },
    { 421, "Wrong server", "This server is not responsible for the requested host name.",
      "Check the address for typing errors." },
    { 422, "Invalid input", "Something in the form is not valid. Nothing was changed.",
      "Go back; the message is beside the field." },
    { 429, "Too many requests", "Your address has sent too many requests in a short time.",
      "Wait a few seconds and try again." },
    { 500, "Server error",
      "Something unexpected happened on the server. Your last step was not carried out; everything "
      "before it is safe.",
      "Try again. If the error persists, give the admin the request ID below." },
    { 502, "Temporarily unavailable", "The service behind this page didn’t respond.",
      "Try again in a few seconds." },
    { 503, "Temporarily unavailable",
      "The server is busy or its disk is full. Nothing was changed.", "Try again in a minute." },
};

enum { WORDS = COUNT(words) };

static const struct words *words_find(int status)
{
    for (size_t i = 0; i < WORDS; i++) {
        if (words[i].status == status)
            return &words[i];
    }
    return words_find(status >= 500 ? 500 : 400);
}

void error_page_write(struct buf *body, const struct frame *frame, int status, const char *message)
{
    const struct words *found = words_find(status);
    struct frame titled = *frame;
    struct error_html page = {
        .status = status,
        .what = message ? message : found->what,
        .next = !message        ? found->next
                : status == 403 ? "An owner of the team can change that."
                                : "Go back and reload the page.",
        .can_retry = status == 429 || status >= 500, /* the same may succeed later */
    };

    titled.title = message && status == 404 ? "Not found" : found->title;
    html_error(body, &titled, &page);
}
