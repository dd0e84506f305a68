/*
 * Take, send, record; see mailer.h. Messages are built by worker/mail_message.c; SMTP is in
 * adapter/smtp_client.c.
 */
#include "worker/mailer.h"

#include "base/backoff.h"
#include "base/clock.h"
#include "base/limit.h"
#include "base/log.h"
#include "base/text.h"
#include "base/url.h"
#include "main_constants.sql.h"
#include "model/email_change.h"
#include "model/erasure.h"
#include "model/invite.h"
#include "model/outbound.h"
#include "model/signin_token.h"
#include "worker/mail_message.h"

#include "invite.sql.h"
#include "mail.sql.h"

#include <string.h>

enum { RECORD_AGAIN_MS = 1000 };

struct mailer {
    const struct smtp_server *smtp; /* NULL: mail is off */
};

/* ---- open ---- */

/* The host of the public URL, for EHLO; "localhost" for an IP address. */
static const char *own_name(struct arena *arena, const struct config *config)
{
    const char *host = url_host(arena, config->public_url);

    return host[0] == '[' ? "localhost" : host;
}

static struct error *smtp_fill(struct arena *arena, const struct config *config,
                               struct smtp_server *smtp)
{
    struct config_secret password;
    struct error *e;

    *smtp = (struct smtp_server){
        .url = config->mail_url,
        .ca_file = *config->mail_ca_file ? config->mail_ca_file : NULL,
        .name = own_name(arena, config),
    };
    if (!*config->mail_user)
        return NULL;
    e = config_secret_load(arena, config->state_dir, "smtp-password", &password);
    if (e)
        return e;
    smtp->user = config->mail_user;
    smtp->password = password.current;
    return NULL;
}

struct error *mailer_open(struct arena *arena, const struct config *config, struct mailer **out)
{
    struct mailer *mailer = arena_alloc(arena, sizeof *mailer);
    struct smtp_server *smtp = arena_alloc(arena, sizeof *smtp);
    struct error *e = NULL;

    if (config_has_mail(config)) {
        e = smtp_fill(arena, config, smtp);
        if (!e)
            e = smtp_client_open(arena);
        mailer->smtp = smtp;
    }
    *out = mailer;
    return e;
}

const struct smtp_server *mailer_smtp(const struct mailer *mailer)
{
    return mailer->smtp;
}

struct error *mailer_recover(struct worker_context *context, struct arena *arena)
{
    struct error *e = sql_mail_recover(context->db, arena, clock_now());

    if (!e && db_changes(context->db) > 0)
        log_info("mail_again", log_number("mails", db_changes(context->db)),
                 log_text("why", "the worker was stopped while sending them"));
    return e;
}

/* ---- take ---- */

/* NOT_FOUND: none is due. Checks first, without a lock. */
static struct error *take(struct worker_context *context, struct mail_take_row *out)
{
    struct mail_next_row next;
    struct error *e = sql_mail_next(context->db, context->arena, clock_now(), &next);

    if (e)
        return e;
    e = db_begin(context->db, context->arena);
    if (!e)
        e = sql_mail_take(context->db, context->arena, next.id, clock_now(), out);
    if (!e)
        e = db_commit(context->db, context->arena);
    if (e)
        db_rollback(context->db);
    return e;
}

/* ---- send ---- */

/*
 * The link is made now and exists only in the message; if the message is not sent, it expires
 * unused.
 */
static struct error *link_make(struct worker_context *context, struct mail_take_row *mail)
{
    const struct context now = worker_context_now(context, context->arena);

    struct erasure_closed closed;
    struct error *e;

    if (strcmp(mail->kind, MAIL_KIND_INVITED) == 0)
        return invite_link(&now, mail->change_id, &mail->url, &mail->until_at);
    if (strcmp(mail->kind, MAIL_KIND_SIGNIN_LINK) != 0)
        return email_change_link(&now, mail->kind, mail->change_id, &mail->url, &mail->until_at);
    e = erasure_closed(&now, arena_printf(context->arena, "local:%s", mail->to_email), &closed);
    if (e)
        return e;
    if (closed.action) {
        mail->note = closed.told;
        mail->promise = closed.action;
    }
    return signin_token_make(&now, mail->to_email, &mail->url, &mail->until_at);
}

/* What it says is read now and stored nowhere. */
static struct error *summary_read(struct worker_context *context, const struct mail_take_row *mail,
                                  struct weekly *out)
{
    const struct context now = worker_context_now(context, context->arena);
    int64_t person_id;

    if (!mail->change_id || !text_int(mail->change_id, &person_id))
        return error_new(context->arena, ERROR_NOT_FOUND, "a summary of nobody");
    return weekly_read(&now, person_id, mail->until_at, out);
}

static struct error *message_send(const struct mailer *mailer, struct worker_context *context,
                                  struct mail_take_row *mail, const char **response)
{
    struct weekly weekly = { .more = 0 };
    struct smtp_message message;
    struct error *e = link_make(context, mail);

    if (!e && strcmp(mail->kind, MAIL_KIND_WEEKLY_SUMMARY) == 0)
        e = summary_read(context, mail, &weekly);
    if (!e)
        e = mail_message(context->arena, context->config, mail, &weekly, &message);
    return e ? e : smtp_client_send(mailer->smtp, context->arena, &message, response);
}

/* ---- record ---- */

static const char *verdict(const struct mailer *mailer, const struct mail_take_row *mail,
                           const struct error *cause, int64_t next_at)
{
    if (!mailer->smtp)
        return MAIL_STATE_OFF;
    if (!cause)
        return MAIL_STATE_SENT;
    /* NOT_FOUND: what its link was for, or the summary, has been cancelled. */
    if (cause->kind == ERROR_INPUT || cause->kind == ERROR_NOT_FOUND ||
        next_at > mail->created_at + mail_expiry_s(mail->kind))
        return MAIL_STATE_FAILED;
    return MAIL_STATE_QUEUED;
}

static struct error *record_try(struct worker_context *context, const struct mail_take_row *mail,
                                const char *state, const char *reason, int64_t next_at)
{
    struct db *db = context->db;
    struct error *e;

    if (strcmp(state, MAIL_STATE_QUEUED) == 0)
        return sql_mail_later(db, context->arena, mail->id, next_at, reason);
    e = db_begin(db, context->arena);
    if (!e)
        e = sql_mail_end(db, context->arena, mail->id, state, reason, clock_now());
    if (!e && strcmp(state, MAIL_STATE_FAILED) == 0 && strcmp(mail->kind, MAIL_KIND_INVITED) == 0)
        e = sql_invite_mail_failed(db, context->arena, mail->change_id, reason);
    if (!e)
        e = sql_mail_drop(db, context->arena, mail->id);
    if (!e)
        e = db_commit(db, context->arena);
    db_rollback(db);
    return e;
}

/* Until this is recorded the mail would be sent again, so this retries without limit. */
static void record(struct worker_context *context, const struct mail_take_row *mail,
                   const char *state, const char *reason, int64_t next_at)
{
    for (;;) {
        struct error *e = record_try(context, mail, state, reason, next_at);

        if (!e)
            return;
        log_error("mail_record", log_text("mail", mail->id), log_text("error", e->text));
        context_sleep(context, RECORD_AGAIN_MS);
    }
}

/* Neither address nor content, nor the server's response, which may contain the address. */
static void mail_log(const struct mail_take_row *mail, const char *state, const struct error *cause)
{
    if (!cause)
        log_info("mail", log_text("kind", mail->kind), log_text("mail", mail->id),
                 log_text("result", state), log_number("attempt", mail->attempts));
    else
        log_error("mail", log_text("kind", mail->kind), log_text("mail", mail->id),
                  log_text("result", state), log_number("attempt", mail->attempts),
                  log_text("error", cause->text));
}

struct error *mailer_work(const struct mailer *mailer, struct worker_context *context,
                          bool *has_one)
{
    struct mail_take_row mail;
    const char *response = NULL, *reason = NULL, *state;
    struct error *cause = NULL, *e;
    struct context now;
    int64_t next_at;

    arena_reset(context->arena);
    e = take(context, &mail);
    *has_one = !e;
    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    if (mailer->smtp) {
        cause = message_send(mailer, context, &mail, &response);
        now = worker_context_now(context, context->arena);
        outbound_write(&now, 0);
    }
    next_at = clock_now() +
              backoff_ms(mail.attempts, LIMIT_MAIL_BACKOFF_MS, LIMIT_MAIL_BACKOFF_MAX_MS) / 1000;
    state = verdict(mailer, &mail, cause, next_at);
    if (cause)
        reason = arena_printf(context->arena, "%s%s%s", cause->text, response ? ": " : "",
                              response ? response : "");
    record(context, &mail, state, reason, next_at);
    mail_log(&mail, state, cause);
    return NULL;
}
