/* The mail queue; see mail_queue.h. Templates and the purpose of each kind: mail_message.c. */
#include "model/mail_queue.h"

#include "adapter/crypto.h"
#include "mail.sql.h"
#include "model/identity.h"

struct error *mail_queue(struct db *db, struct arena *arena, const struct mail *mail,
                         int64_t now_at)
{
    const char *to = identity_email(arena, mail->to);

    if (!to)
        return error_new(arena, ERROR_INPUT, "mail of kind %s: invalid recipient address",
                         mail->kind);
    return sql_mail_add(db, arena, crypto_id(arena), mail->kind, to, mail->once, mail->amount,
                        mail->vm_name, mail->browser, mail->promise, mail->url, mail->note,
                        mail->request_number ? &mail->request_number : NULL, mail->change_id,
                        mail->is_transient, mail->at ? &mail->at : NULL,
                        mail->until_at ? &mail->until_at : NULL, now_at);
}
