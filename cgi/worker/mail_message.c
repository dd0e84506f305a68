/*
 * Rows into messages; see mail_message.h. MIME itself (boundaries, encodings) is left to libcurl.
 */
#include "worker/mail_message.h"

#include "adapter/crypto.h"
#include "base/array.h"
#include "base/date.h"
#include "base/limit.h"
#include "mail_access_requested.html.h"
#include "mail_access_requested.txt.h"
#include "mail_account_closed.html.h"
#include "mail_account_closed.txt.h"
#include "mail_account_deletion.html.h"
#include "mail_account_deletion.txt.h"
#include "mail_account_kept.html.h"
#include "mail_account_kept.txt.h"
#include "mail_account_restored.html.h"
#include "mail_account_restored.txt.h"
#include "mail_account_suspended.html.h"
#include "mail_account_suspended.txt.h"
#include "mail_copy_downloaded.html.h"
#include "mail_copy_downloaded.txt.h"
#include "mail_email_approve.html.h"
#include "mail_email_approve.txt.h"
#include "mail_email_changed.html.h"
#include "mail_email_changed.txt.h"
#include "mail_email_confirm.html.h"
#include "mail_email_confirm.txt.h"
#include "mail_email_former.html.h"
#include "mail_email_former.txt.h"
#include "mail_email_taken.html.h"
#include "mail_email_taken.txt.h"
#include "mail_invited.html.h"
#include "mail_invited.txt.h"
#include "mail_key_added.html.h"
#include "mail_key_added.txt.h"
#include "mail_key_removed.html.h"
#include "mail_key_removed.txt.h"
#include "mail_member_removed.html.h"
#include "mail_member_removed.txt.h"
#include "mail_new_signin.html.h"
#include "mail_new_signin.txt.h"
#include "mail_passkey_added.html.h"
#include "mail_passkey_added.txt.h"
#include "mail_passkey_refused.html.h"
#include "mail_passkey_refused.txt.h"
#include "mail_passkey_removed.html.h"
#include "mail_passkey_removed.txt.h"
#include "mail_payment_failed.html.h"
#include "mail_payment_failed.txt.h"
#include "mail_policy_change.html.h"
#include "mail_policy_change.txt.h"
#include "mail_promise_broken.html.h"
#include "mail_promise_broken.txt.h"
#include "mail_request_answered.html.h"
#include "mail_request_answered.txt.h"
#include "mail_request_extended.html.h"
#include "mail_request_extended.txt.h"
#include "mail_request_refused.html.h"
#include "mail_request_refused.txt.h"
#include "mail_role_changed.html.h"
#include "mail_role_changed.txt.h"
#include "mail_signin_link.html.h"
#include "mail_signin_link.txt.h"
#include "mail_spend_full.html.h"
#include "mail_spend_full.txt.h"
#include "mail_spend_near.html.h"
#include "mail_spend_near.txt.h"
#include "mail_suspended.html.h"
#include "mail_suspended.txt.h"
#include "mail_team_closed.html.h"
#include "mail_team_closed.txt.h"
#include "mail_team_deletion.html.h"
#include "mail_team_deletion.txt.h"
#include "mail_team_kept.html.h"
#include "mail_team_kept.txt.h"
#include "mail_vm_destroyed.html.h"
#include "mail_vm_destroyed.txt.h"
#include "mail_vm_disk_look.html.h"
#include "mail_vm_disk_look.txt.h"
#include "mail_vm_ends_soon.html.h"
#include "mail_vm_ends_soon.txt.h"
#include "mail_vm_look.html.h"
#include "mail_vm_look.txt.h"
#include "mail_vm_stops_soon.html.h"
#include "mail_vm_stops_soon.txt.h"
#include "mail_weekly_summary.html.h"
#include "mail_weekly_summary.txt.h"
#include "main_constants.sql.h"

#include <string.h>

enum { BODY_BYTES = 8 * 1024, HEADERS = 8 };
enum { WORD_BYTES = 42 }; /* 56 characters of base64; below 75 with "=?UTF-8?B?" and "?=" */

/* ---- headers ---- */

static bool is_simple(const char *text)
{
    return !text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789- ")];
}

/* At most WORD_BYTES, never ending inside a character. */
static size_t word_length(const char *text)
{
    size_t length = strnlen(text, WORD_BYTES);

    while (length > 1 && ((unsigned char)text[length] & 0xc0) == 0x80)
        length--;
    return length;
}

const char *mail_header(struct arena *arena, const char *name, const char *text, const char *rest)
{
    struct buf line = buf_new(arena, 256);

    buf_printf(&line, "%s:", name);
    if (is_simple(text) && strlen(text) <= WORD_BYTES) {
        buf_printf(&line, " %s%s", text, rest);
        return line.bytes;
    }
    for (const char *fold = " "; *text; fold = "\r\n ") {
        size_t length = word_length(text);

        buf_printf(&line, "%s=?UTF-8?B?%s?=", fold, crypto_base64(arena, text, length));
        text += length;
    }
    buf_printf(&line, "%s%s", *rest ? "\r\n" : "", rest);
    return line.bytes;
}

/* ---- bodies ---- */

/* Both parts of a kind; each of these templates declares one field, the mail. */
#define WRITERS(kind)                                                                              \
    static void kind##_txt(struct buf *buf, const struct frame *frame,                             \
                           const struct mail_take_row *mail)                                       \
    {                                                                                              \
        const struct mail_##kind##_txt page = { .mail = *mail };                                   \
                                                                                                   \
        txt_mail_##kind(buf, frame, &page);                                                        \
    }                                                                                              \
    static void kind##_html(struct buf *buf, const struct frame *frame,                            \
                            const struct mail_take_row *mail)                                      \
    {                                                                                              \
        const struct mail_##kind##_html page = { .mail = *mail };                                  \
                                                                                                   \
        html_mail_##kind(buf, frame, &page);                                                       \
    }
WRITERS(signin_link)
WRITERS(new_signin)
WRITERS(payment_failed)
WRITERS(suspended)
WRITERS(vm_destroyed)
WRITERS(vm_look)
WRITERS(team_deletion)
WRITERS(vm_disk_look)
WRITERS(account_deletion)
WRITERS(account_closed)
WRITERS(team_closed)
WRITERS(account_kept)
WRITERS(team_kept)
WRITERS(vm_stops_soon)
WRITERS(vm_ends_soon)
WRITERS(policy_change)
WRITERS(email_confirm)
WRITERS(email_approve)
WRITERS(email_taken)
WRITERS(email_changed)
WRITERS(email_former)
WRITERS(request_extended)
WRITERS(request_answered)
WRITERS(request_refused)
WRITERS(invited)
WRITERS(role_changed)
WRITERS(member_removed)
WRITERS(passkey_added)
WRITERS(passkey_removed)
WRITERS(passkey_refused)
WRITERS(access_requested)
WRITERS(account_suspended)
WRITERS(account_restored)
WRITERS(key_added)
WRITERS(key_removed)
WRITERS(copy_downloaded)
WRITERS(spend_near)
WRITERS(spend_full)

/* The one kind whose values are not in the queue. */
static void weekly_txt(struct buf *buf, const struct frame *frame, const struct mail_take_row *mail,
                       const struct weekly *weekly)
{
    txt_mail_weekly_summary(
        buf, frame,
        &(struct mail_weekly_summary_txt){ .mail = *mail,
                                           .teams = weekly->teams,
                                           .more = weekly->more,
                                           .unsubscribe_url = weekly->unsubscribe_url });
}

static void weekly_html(struct buf *buf, const struct frame *frame,
                        const struct mail_take_row *mail, const struct weekly *weekly)
{
    html_mail_weekly_summary(
        buf, frame,
        &(struct mail_weekly_summary_html){ .mail = *mail,
                                            .teams = weekly->teams,
                                            .more = weekly->more,
                                            .unsubscribe_url = weekly->unsubscribe_url });
}

static struct mail_promise_rows promises_of(struct arena *arena, const struct mail_take_row *mail)
{
    const char *rest = mail->promise ? mail->promise : "";
    struct mail_promise_rows rows = {
        .row = arena_array(arena, strlen(rest) + 1, sizeof *rows.row),
    };

    while (*rest) {
        size_t length = strcspn(rest, "#"), anchor = strcspn(rest + length, " ");

        rows.row[rows.count++] = (struct mail_promise){
            .sentence = arena_copy_bytes(arena, rest, length),
            .url = arena_printf(arena, "%s%.*s", mail->url, (int)anchor, rest + length),
        };
        rest += length + anchor;
        rest += strspn(rest, " ");
    }
    return rows;
}

static void promise_broken_txt(struct buf *buf, const struct frame *frame,
                               const struct mail_take_row *mail)
{
    const struct mail_promise_rows rows = promises_of(buf->arena, mail);

    txt_mail_promise_broken(buf, frame,
                            &(struct mail_promise_broken_txt){
                                .mail = *mail, .promises = rows, .are_several = rows.count > 1 });
}

static void promise_broken_html(struct buf *buf, const struct frame *frame,
                                const struct mail_take_row *mail)
{
    const struct mail_promise_rows rows = promises_of(buf->arena, mail);

    html_mail_promise_broken(buf, frame,
                             &(struct mail_promise_broken_html){
                                 .mail = *mail, .promises = rows, .are_several = rows.count > 1 });
}

static const struct kind {
    const char *name;
    void (*txt)(struct buf *buf, const struct frame *frame, const struct mail_take_row *mail);
    void (*html)(struct buf *buf, const struct frame *frame, const struct mail_take_row *mail);
    int64_t expiry_s;
} kinds[] = {
    /* After that the recipient has requested another link or left. */
    { "signin_link", signin_link_txt, signin_link_html, LIMIT_SIGNIN_LINK_S },
    { "new_signin", new_signin_txt, new_signin_html, LIMIT_MAIL_EXPIRY_S },
    { "payment_failed", payment_failed_txt, payment_failed_html, LIMIT_MAIL_EXPIRY_S },
    { "suspended", suspended_txt, suspended_html, LIMIT_MAIL_EXPIRY_S },
    { "vm_destroyed", vm_destroyed_txt, vm_destroyed_html, LIMIT_MAIL_EXPIRY_S },
    { "vm_look", vm_look_txt, vm_look_html, LIMIT_MAIL_EXPIRY_S },
    { "team_deletion", team_deletion_txt, team_deletion_html, LIMIT_MAIL_EXPIRY_S },
    { "vm_disk_look", vm_disk_look_txt, vm_disk_look_html, LIMIT_MAIL_EXPIRY_S },
    { "account_deletion", account_deletion_txt, account_deletion_html, LIMIT_MAIL_EXPIRY_S },
    { "account_closed", account_closed_txt, account_closed_html, LIMIT_MAIL_EXPIRY_S },
    { "team_closed", team_closed_txt, team_closed_html, LIMIT_MAIL_EXPIRY_S },
    { "account_kept", account_kept_txt, account_kept_html, LIMIT_MAIL_EXPIRY_S },
    { "team_kept", team_kept_txt, team_kept_html, LIMIT_MAIL_EXPIRY_S },
    /* Then it has happened. */
    { "vm_stops_soon", vm_stops_soon_txt, vm_stops_soon_html, LIMIT_LIFE_WARN_S },
    { "vm_ends_soon", vm_ends_soon_txt, vm_ends_soon_html, LIMIT_LIFE_WARN_S },
    { "promise_broken", promise_broken_txt, promise_broken_html, LIMIT_MAIL_EXPIRY_S },
    { "policy_change", policy_change_txt, policy_change_html, LIMIT_MAIL_EXPIRY_S },
    { "email_confirm", email_confirm_txt, email_confirm_html, LIMIT_EMAIL_CHANGE_S },
    { "email_approve", email_approve_txt, email_approve_html, LIMIT_EMAIL_CHANGE_S },
    { "email_taken", email_taken_txt, email_taken_html, LIMIT_EMAIL_CHANGE_S },
    { "email_changed", email_changed_txt, email_changed_html, LIMIT_MAIL_EXPIRY_S },
    { "email_former", email_former_txt, email_former_html, LIMIT_MAIL_EXPIRY_S },
    { "request_extended", request_extended_txt, request_extended_html, LIMIT_MAIL_EXPIRY_S },
    { "request_answered", request_answered_txt, request_answered_html, LIMIT_MAIL_EXPIRY_S },
    { "request_refused", request_refused_txt, request_refused_html, LIMIT_MAIL_EXPIRY_S },
    { "invited", invited_txt, invited_html, LIMIT_MAIL_EXPIRY_S },
    { "role_changed", role_changed_txt, role_changed_html, LIMIT_MAIL_EXPIRY_S },
    { "member_removed", member_removed_txt, member_removed_html, LIMIT_MAIL_EXPIRY_S },
    { "passkey_added", passkey_added_txt, passkey_added_html, LIMIT_MAIL_EXPIRY_S },
    { "passkey_removed", passkey_removed_txt, passkey_removed_html, LIMIT_MAIL_EXPIRY_S },
    { "passkey_refused", passkey_refused_txt, passkey_refused_html, LIMIT_MAIL_EXPIRY_S },
    { "access_requested", access_requested_txt, access_requested_html, LIMIT_MAIL_EXPIRY_S },
    { "account_suspended", account_suspended_txt, account_suspended_html, LIMIT_MAIL_EXPIRY_S },
    { "account_restored", account_restored_txt, account_restored_html, LIMIT_MAIL_EXPIRY_S },
    { "key_added", key_added_txt, key_added_html, LIMIT_MAIL_EXPIRY_S },
    { "key_removed", key_removed_txt, key_removed_html, LIMIT_MAIL_EXPIRY_S },
    { "copy_downloaded", copy_downloaded_txt, copy_downloaded_html, LIMIT_MAIL_EXPIRY_S },
    { "spend_near", spend_near_txt, spend_near_html, LIMIT_MAIL_EXPIRY_S },
    { "spend_full", spend_full_txt, spend_full_html, LIMIT_MAIL_EXPIRY_S },
    { MAIL_KIND_WEEKLY_SUMMARY, NULL, NULL, LIMIT_MAIL_EXPIRY_S }, /* weekly_txt(), weekly_html() */
};

static const struct kind *kind_find(const char *name)
{
    for (size_t i = 0; i < COUNT(kinds); i++) {
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    }
    return NULL;
}

int64_t mail_expiry_s(const char *kind)
{
    const struct kind *found = kind_find(kind);

    return found ? found->expiry_s : 0;
}

/* CRLF line ends, as mail requires: libcurl's encoder treats a bare LF as ordinary data. */
static const char *lines_end(struct arena *arena, const char *text)
{
    struct buf out = buf_new(arena, strlen(text) + 256);

    for (; *text; text++) {
        if (*text == '\n')
            buf_char(&out, '\r');
        buf_char(&out, *text);
    }
    return out.bytes;
}

/* Removes the first line, "Subject: ...", and the blank line after it from the text. */
static const char *subject_take(struct arena *arena, const char **text)
{
    static const char start[] = "Subject: ";
    const char *subject = *text + sizeof start - 1;
    size_t length = strcspn(subject, "\n");

    *text = subject + length + strspn(subject + length, "\n");
    return arena_copy_bytes(arena, subject, length);
}

static void headers_fill(struct arena *arena, const struct config *config,
                         const struct mail_take_row *mail, const char *subject,
                         const struct weekly *weekly, struct smtp_message *out)
{
    const char **headers = arena_array(arena, HEADERS, sizeof *headers);
    const char *sender = arena_printf(arena, " <%s>", config->mail_from_email);

    headers[0] = mail_header(arena, "From", config->mail_from_name, sender);
    headers[1] = arena_printf(arena, "To: <%s>", mail->to_email);
    headers[2] = mail_header(arena, "Subject", subject, "");
    headers[3] = arena_printf(arena, "Date: %s", date_mail(arena, mail->created_at));
    /* The same at every attempt, so that most mail programs show duplicates once. */
    headers[4] =
        arena_printf(arena, "Message-ID: <%s%s>", mail->id, strchr(config->mail_from_email, '@'));
    headers[5] = "Auto-Submitted: auto-generated";
    out->headers = headers;
    out->header_count = HEADERS - 2;
    if (!weekly->unsubscribe_url)
        return;
    /* RFC 8058: a mail program turns it off without opening the page. */
    headers[6] = arena_printf(arena, "List-Unsubscribe: <%s>", weekly->unsubscribe_url);
    headers[7] = "List-Unsubscribe-Post: List-Unsubscribe=One-Click";
    out->header_count = HEADERS;
}

/* Who is not content is told by name where to complain (GDPR Art. 12(4)). */
static const char *authority_text(struct arena *arena, const struct config *config)
{
    if (!*config->authority)
        return NULL;
    return *config->authority_url
               ? arena_printf(arena, "%s (%s)", config->authority, config->authority_url)
               : config->authority;
}

struct error *mail_message(struct arena *arena, const struct config *config,
                           const struct mail_take_row *mail, const struct weekly *weekly,
                           struct smtp_message *out)
{
    const struct kind *kind = kind_find(mail->kind);
    struct frame frame = { .server_name = config->server_name,
                           .contact = config->privacy_contact,
                           .authority = authority_text(arena, config),
                           .policy_url = arena_printf(arena, "%s/privacy", config->public_url) };
    struct buf text = buf_new(arena, BODY_BYTES), html = buf_new(arena, BODY_BYTES);
    const char *body;

    if (!kind)
        return error_new(arena, ERROR_INTERNAL, "no template for a mail of kind %s", mail->kind);
    if (kind->txt)
        kind->txt(&text, &frame, mail);
    else
        weekly_txt(&text, &frame, mail, weekly);
    body = text.bytes;
    frame.title = subject_take(arena, &body);
    if (kind->html)
        kind->html(&html, &frame, mail);
    else
        weekly_html(&html, &frame, mail, weekly);
    *out = (struct smtp_message){
        .from = config->mail_from_email,
        .to = mail->to_email,
        .text = lines_end(arena, body),
        .html = lines_end(arena, html.bytes),
    };
    headers_fill(arena, config, mail, frame.title, weekly, out);
    return NULL;
}
