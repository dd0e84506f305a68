/*
 * Sends what stands in the queue (model/mail_queue.h), one mail at a time: take it, send it with no
 * transaction open, record what became of it.
 *
 * At least once, never lost: a worker that is killed between the mail server's "250" and the record
 * cannot know of it, and SMTP has no way to ask. So the mail is sent again, with the same
 * Message-ID; such a mail arrives twice at most once per kill.
 */
#pragma once

#include "worker/worker_context.h"

#include "adapter/smtp_client.h"

struct mailer;

/*
 * What the configuration says of mail; with `mail = off` one that only marks. Once, before there
 * are threads. INTERNAL without the secret smtp-password where a user is set.
 */
struct error *mailer_open(struct arena *arena, const struct config *config, struct mailer **out);

/* The server of an open one; NULL: mail is off. */
const struct smtp_server *mailer_smtp(const struct mailer *mailer);

/* At the start of the worker: what was being sent when it was killed is due again. */
struct error *mailer_recover(struct worker_context *context, struct arena *arena);

/*
 * Take and send one mail that is due; `*has_one` tells whether there was one. Failures to send are
 * logged and recorded, not returned. An error means that the database could not be read or written:
 * nothing was taken then.
 */
struct error *mailer_work(const struct mailer *mailer, struct worker_context *context,
                          bool *has_one);
