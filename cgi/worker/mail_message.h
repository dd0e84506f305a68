/*
 * What a mail says: headers, text and HTML from a row of the queue and the templates
 * (templates/mail_KIND.txt, whose first line is the subject, and mail_KIND.html).
 *
 * Nothing in a value can become a header, a recipient or a line of its own: values in plain text
 * have no line breaks (plain_text.h), and headers are ASCII words, encoded where they are not.
 */
#pragma once

#include "adapter/config.h"
#include "adapter/smtp_client.h"
#include "mail.sql.h"

/* The message, in the arena. INTERNAL for a kind without a template. */
struct error *mail_message(struct arena *arena, const struct config *config,
                           const struct mail_take_row *mail, struct smtp_message *out);

/* For how long sending such a mail is tried again, from when it was asked for. */
int64_t mail_patience_s(const char *kind);

/*
 * "NAME: text" as a header, folded: encoded words (RFC 2047) where it holds more than letters,
 * digits and blanks. `rest` is written behind it as it is: "" or " <address>".
 */
const char *mail_header(struct arena *arena, const char *name, const char *text, const char *rest);
