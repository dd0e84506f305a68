/*
 * Sends the queued mails (model/mail_queue.h), one at a time: take one, send it with no transaction
 * open, record the result.
 *
 * At-least-once delivery: a worker that is killed between the mail server's "250" and the record
 * cannot know that the mail was accepted, and SMTP has no way to query it. So the mail is sent
 * again with the same Message-ID; at most one duplicate per kill.
 */
#pragma once

#include "worker/worker_context.h"

#include "adapter/smtp_client.h"

struct mailer;

/*
 * Configured for mail; with `mail = off` mails are only marked. Call once, before threads are
 * started. INTERNAL when a user is set but the secret smtp-password is missing.
 */
struct error *mailer_open(struct arena *arena, const struct config *config, struct mailer **out);

/* The server of an open mailer; NULL: mail is off. */
const struct smtp_server *mailer_smtp(const struct mailer *mailer);

/* At the worker's start: mails that were being sent when it was killed become due again. */
struct error *mailer_recover(struct worker_context *context, struct arena *arena);

/*
 * Take and send one mail that is due; `*has_one` is set to whether there was one. Failures to send
 * are logged and recorded, not returned. An error means that the database could not be read or
 * written; nothing was taken then.
 */
struct error *mailer_work(const struct mailer *mailer, struct worker_context *context,
                          bool *has_one);
