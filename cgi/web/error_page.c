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
    { 400, "That request could not be read",
      "Something in it was cut off, repeated or not well formed, so nothing was done.",
      "Go back, reload the page and try once more." },
    { 403, "Not allowed",
      "The form is older than your sign-in, came from another site, or this page is not for your "
      "account. Nothing was changed.",
      "Reload the page before and send the form again." },
    { 404, "Nothing here", "There is no such page, or it belongs to another team.",
      "Check the address, or start from your VMs." },
    { 405, "This address does something else",
      "The page exists, but not for this kind of request. Nothing was done.",
      "Open it as a link, or use the form that leads here." },
    { 409, "Not now", "What you asked for does not fit the present state. Nothing was changed.",
      "Look at the page again: it may have moved on meanwhile." },
    { 413, "Too much at once", "A form may carry 64 KB, and this was more. Nothing of it was kept.",
      "Send less: an SSH public key is one short line." },
    { 415, "Not a form",
      "The content is of a kind that this address does not read. Nothing was done.",
      "Send a form (application/x-www-form-urlencoded)." },
    { 421, "Not this server", "This server does not answer for the name that was asked for.",
      "Check the address." },
    { 422, "Please check what you entered",
      "Something in the form cannot be used. Nothing was changed.",
      "Go back; the fields say what is wrong." },
    { 429, "A little slower, please", "Too many requests came from your address in a short time.",
      "Wait a few seconds and go on." },
    { 500, "That is our fault",
      "Something unexpected happened on the server. What you did before is safe; this last step "
      "was "
      "not done.",
      "Try again. If it stays, give the operator the request id below." },
    { 502, "A part is being restarted",
      "The program behind this page did not answer, or a service behind it failed.",
      "Try again in a few seconds." },
    { 503, "Not ready right now", "The server is busy or its disk is full. Nothing was changed.",
      "Try again in a minute; the operator sees this too." },
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

void error_page_write(struct buf *body, const struct frame *frame, int status)
{
    const struct words *found = words_find(status);
    struct frame titled = *frame;
    struct error_html page = { .status = status, .what = found->what, .next = found->next };

    titled.title = found->title;
    html_error(body, &titled, &page);
}
