/* The SMTP client; see smtp_client.h. */
#include "adapter/smtp_client.h"

#include "adapter/transfer.h"
#include "base/array.h"
#include "base/limit.h"
#include "base/text.h"
#include "base/url.h"

#include <string.h>

enum { REPLY_BYTES = 200 };

/* The state of one connection. */
struct smtp_session {
    char reply[REPLY_BYTES]; /* the server's last reply */
    bool is_about_recipient; /* replies now concern the recipient or the message, not us */
    bool is_over;            /* QUIT was sent: what follows is irrelevant */
};

struct error *smtp_client_open(struct arena *arena)
{
    return transfer_open(arena);
}

/* ---- what may be sent ---- */

/* Printable ASCII; a line break only as folding, followed by a space. */
static bool is_header(const char *line)
{
    for (; *line; line++) {
        if (text_starts(line, "\r\n "))
            line += 2;
        if (*line < ' ' || *line > '~')
            return false;
    }
    return true;
}

/* INPUT if a value could inject another header. */
static struct error *message_check(struct arena *arena, const struct smtp_message *message)
{
    if (!text_is_email(message->from) || !text_is_email(message->to))
        return error_new(arena, ERROR_INPUT, "not a valid mail address");
    for (size_t i = 0; i < message->header_count; i++) {
        if (!is_header(message->headers[i]))
            return error_new(arena, ERROR_INPUT, "the header %.*s is not printable",
                             (int)strcspn(message->headers[i], ":\r\n"), message->headers[i]);
    }
    if (strlen(message->text) + strlen(message->html) > LIMIT_MAIL_BYTES)
        return error_new(arena, ERROR_INPUT, "larger than the limit for mails");
    return NULL;
}

/* ---- the dialogue ---- */

/* One printable line of the server's reply. */
static void reply_store(struct smtp_session *session, const char *bytes, size_t size)
{
    size_t length = 0;

    for (; length < size && length + 1 < sizeof session->reply; length++) {
        char c = bytes[length];

        if (c == '\r' || c == '\n')
            break;
        session->reply[length] = c;
        if (c < ' ' || c > '~')
            session->reply[length] = '?';
    }
    session->reply[length] = '\0';
}

static bool bytes_start(const char *bytes, size_t size, const char *start)
{
    return size >= strlen(start) && memcmp(bytes, start, strlen(start)) == 0;
}

/* The password also passes through here and is not inspected. */
static void session_note(void *user, bool is_ours, const char *bytes, size_t size)
{
    struct smtp_session *session = user;

    if (is_ours && bytes_start(bytes, size, "QUIT"))
        session->is_over = true;
    if (session->is_over)
        return;
    if (is_ours && size >= 5)
        session->is_about_recipient =
            bytes_start(bytes, size, "RCPT ") || bytes_start(bytes, size, "DATA\r");
    if (!is_ours)
        reply_store(session, bytes, size);
}

/* Complete `transfer` with what all calls share, run it, and describe its outcome. */
static struct error *session_run(const struct smtp_server *server, struct arena *arena,
                                 struct transfer *transfer, const char **reply)
{
    struct smtp_session session = { .reply = "" };
    enum error_kind kind = ERROR_UPSTREAM;

    transfer->url = arena_printf(arena, "%s/%s", server->url, server->name);
    transfer->purpose = "mail";
    transfer->protocols = "smtp,smtps";
    transfer->is_plain = url_is_loopback(server->url, "smtp://") && !server->ca_file;
    transfer->connect_ms = LIMIT_MAIL_CONNECT_MS;
    transfer->timeout_ms = LIMIT_MAIL_MS;
    transfer->user = server->user;
    transfer->password = server->password;
    transfer->ca_file = server->ca_file;
    transfer->listen = session_note;
    transfer->listener = &session;
    *reply = NULL;
    if (transfer_run(transfer, arena) == TRANSFER_DONE)
        return NULL;
    /* Before that, a 5xx concerns our password or address, which the operator can fix. */
    if (transfer->status >= 500 && session.is_about_recipient)
        kind = ERROR_INPUT;
    if (transfer->status < 400)
        return error_new(arena, kind, "%s: %s", server->url, transfer->problem);
    /* After the code, which is already in our text. */
    *reply = arena_copy(arena, session.reply + strnlen(session.reply, 4));
    return error_new(arena, kind, "%s: returned %d", server->url, transfer->status);
}

struct error *smtp_client_send(const struct smtp_server *server, struct arena *arena,
                               const struct smtp_message *message, const char **reply)
{
    const struct transfer_part parts[] = {
        { "text/plain; charset=utf-8", message->text },
        { "text/html; charset=utf-8", message->html },
    };
    const struct transfer_mail mail = { message->from, message->to, parts, COUNT(parts) };
    struct transfer transfer = {
        .headers = message->headers,
        .header_count = message->header_count,
        .mail = &mail,
        .fields = "recipient, subject, text",
    };
    struct error *e = message_check(arena, message);

    *reply = NULL;
    return e ? e : session_run(server, arena, &transfer, reply);
}

struct error *smtp_client_check(const struct smtp_server *server, struct arena *arena,
                                const char **reply)
{
    struct transfer transfer = { .method = "NOOP", .is_command = true };

    return session_run(server, arena, &transfer, reply);
}
