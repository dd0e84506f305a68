/*
 * Builds mail messages: headers, text and HTML from a queue row and the templates
 * (templates/mail_KIND.txt, whose first line is the subject, and mail_KIND.html).
 *
 * No value can inject a header, a recipient or a line: values in plain text have no line breaks
 * (plain_text.h), and headers are ASCII words, encoded where necessary.
 */
#pragma once

#include "adapter/config.h"
#include "adapter/smtp_client.h"
#include "mail.sql.h"
#include "model/weekly.h"

/* One that is not kept, and where the page of all shows it. */
struct mail_promise {
    const char *sentence, *url;
};

struct mail_promise_rows {
    struct mail_promise *row;
    size_t count;
};

/*
 * The message, in the arena. `weekly` is empty but for a weekly summary. INTERNAL for a kind
 * without a template.
 */
struct error *mail_message(struct arena *arena, const struct config *config,
                           const struct mail_take_row *mail, const struct weekly *weekly,
                           struct smtp_message *out);

/* How long sending such a mail is retried, counted from when it was queued. */
int64_t mail_expiry_s(const char *kind);

/*
 * "NAME: text" as a folded header, with encoded words (RFC 2047) where the text holds more than
 * letters, digits and blanks. `rest` is appended unchanged: "" or " <address>".
 */
const char *mail_header(struct arena *arena, const char *name, const char *text, const char *rest);
