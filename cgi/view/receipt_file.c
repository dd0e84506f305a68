/* Signed receipts as files; see receipt_file.h. */
#include "view/receipt_file.h"

#include "adapter/archive.h"
#include "adapter/crypto.h"
#include "base/array.h"
#include "model/signing.h"
#include "receipt_readme.txt.h"
#include "signed_receipt.sql.h"

#include <string.h>

static const char *readme(struct request *r, const struct signed_receipt_get_row *receipt)
{
    const struct receipt_readme_txt page = {
        .server = r->config->public_url,
        .number = receipt->number,
        .key_id = receipt->key_id,
        .hash = crypto_hex(r->arena, receipt->hash.bytes, receipt->hash.length),
    };
    struct buf text = buf_new(r->arena, 2048);

    txt_receipt_readme(&text, &r->frame, &page);
    return text.bytes;
}

static struct error *all_write(struct archive_file *archive, struct request *r,
                               const struct signed_receipt_get_row *receipt)
{
    const char *key = signing_key_pem(r->arena, receipt->public_key.bytes);
    const char *text = readme(r, receipt);
    const struct {
        const char *name;
        const void *bytes;
        size_t length;
    } files[] = {
        { "README.txt", text, strlen(text) },
        { "receipt.json", receipt->body, strlen(receipt->body) },
        { "receipt.sig", receipt->signature.bytes, receipt->signature.length },
        { "key.pem", key, strlen(key) },
    };
    struct error *e = NULL;

    for (size_t i = 0; !e && i < COUNT(files); i++) {
        e = archive_file_begin(archive, r->arena, files[i].name, (int64_t)files[i].length,
                               receipt->created_at);
        if (!e)
            e = archive_file_put(archive, r->arena, files[i].bytes, files[i].length);
    }
    return e;
}

struct error *receipt_file_respond(struct request *r, const char *kind, const char *subject_id,
                                   const char *name)
{
    struct signed_receipt_get_row receipt;
    struct archive_file *archive;
    struct error *e = sql_signed_receipt_get(r->db, r->arena, kind, subject_id, &receipt);

    if (!e)
        e = archive_buf_open(&r->response.body, ARCHIVE_ZIP, &archive);
    if (e)
        return e;
    r->response.content_type = "application/zip";
    r->response.download = name;
    return archive_file_close(archive, r->arena, all_write(archive, r, &receipt));
}
