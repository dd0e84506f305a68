/*
 * "domicile-admin account-close": closes an account, which is then deleted by the same sequence as
 * one that its owner deletes. "domicile-admin account-email": changes the address of an account for
 * somebody who cannot read the former one any more. "domicile-admin verify-receipt": whether a
 * receipt is of this server, unchanged, and where it says in the chain.
 */
#include "admin/admin.h"

#include "adapter/archive.h"
#include "adapter/crypto.h"
#include "adapter/json.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"
#include "main_constants.sql.h"
#include "model/email_change.h"
#include "model/erasure.h"
#include "model/identity.h"
#include "model/worker_wakeup.h"

#include "model/signing.h"
#include "signed_receipt.sql.h"
#include "signing_key.sql.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_BYTES = 1024 * 1024 };

/* ---- account-close ---- */

static struct error *person_find(struct admin *admin, int64_t *out)
{
    const struct context context =
        context_at(admin->db, admin->arena, admin->config, clock_now_ms());
    struct error *e = identity_choose(&context, admin->argument, admin->identity, true, out);

    return e || *out ? e
                     : error_new(admin->arena, ERROR_INPUT, "no account has this email address");
}

/*
 * The steps have an address for the operator each time. On one that is closed nothing else changes:
 * its owner keeps the days in which signing in undoes it.
 */
static struct error *account_close(const struct context *context,
                                   const struct erasure_request *request, const char **out_token,
                                   struct erasure_closed *out_closed)
{
    struct error *e = erasure_closed_of(context, request->person_id, out_closed);

    if (e)
        return e;
    return out_closed->id ? erasure_address_add(context, out_closed->id, out_token)
                          : erasure_request(context, request, out_token);
}

struct error *admin_account_close(struct admin *admin)
{
    struct erasure_request request = { .requested_by = ERASURE_REQUESTED_BY_OPERATOR };
    const struct context context =
        context_at(admin->db, admin->arena, admin->config, clock_now_ms());
    struct erasure_closed closed;
    const char *token;
    struct error *e;

    if (strcasecmp(admin->argument, admin->config->operator_email) == 0)
        return error_new(admin->arena, ERROR_INPUT,
                         "this is the operator's account: name another operator in domicile.conf "
                         "first");
    e = person_find(admin, &request.person_id);

    if (!e)
        e = db_begin(admin->db, admin->arena);
    if (!e)
        e = account_close(&context, &request, &token, &closed);
    if (!e)
        e = db_commit(admin->db, admin->arena);
    db_rollback(admin->db);
    if (e)
        return e;
    if (!worker_wakeup_connect(admin->arena, admin->config))
        worker_wakeup_send();
    if (closed.id)
        fprintf(stderr, "%s Nothing was changed.\n", closed.words);
    if (!config_has_mail(admin->config))
        fputs("This server sends no email: give the person this address.\n", stderr);
    printf("%s%s\n", admin->config->public_url, erasure_path(admin->arena, token));
    return NULL;
}

/* ---- account-email ---- */

static struct error *email_change(const struct context *context, int64_t person_id,
                                  const char *email)
{
    const struct audit_entry entry = {
        .team_id = AUDIT_OPERATOR,
        .action = AUDIT_EMAIL_CHANGE,
        .person_id = person_id,
        .by_operator = true,
    };
    struct error *e = email_change_by_operator(context, person_id, email);

    return e ? e : audit_add(context, &entry);
}

struct error *admin_account_email(struct admin *admin)
{
    const struct context context =
        context_at(admin->db, admin->arena, admin->config, clock_now_ms());
    int64_t person_id;
    struct error *e = person_find(admin, &person_id);

    if (!e)
        e = db_begin(admin->db, admin->arena);
    if (!e)
        e = email_change(&context, person_id, admin->second);
    if (!e)
        e = db_commit(admin->db, admin->arena);
    db_rollback(admin->db);
    if (e)
        return e;
    if (!worker_wakeup_connect(admin->arena, admin->config))
        worker_wakeup_send();
    printf("%s signs in as %s from now on.\n", admin->argument, admin->second);
    if (strcasecmp(admin->argument, admin->config->operator_email) == 0)
        puts("This was the operator's address: set \"operator\" in domicile.conf to the new one.");
    return NULL;
}

/* ---- verify-receipt ---- */

/* A folder or a device would be read without end, or not at all. */
static struct error *file_open(struct admin *admin, const char *path, int *out)
{
    struct stat found;

    *out = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (*out < 0)
        return error_new(admin->arena, ERROR_INPUT, "%s: %m", path);
    if (fstat(*out, &found) == 0 && S_ISREG(found.st_mode) && found.st_size <= FILE_BYTES)
        return NULL;
    close(*out);
    return error_new(admin->arena, ERROR_INPUT, "%s: %s", path,
                     S_ISREG(found.st_mode) ? "too large to be a receipt" : "this is no file");
}

static struct error *file_read(struct admin *admin, const char *path, struct buf *out)
{
    struct error *e;
    ssize_t got;
    int file;

    e = file_open(admin, path, &file);
    if (e)
        return e;
    *out = (struct buf){ .arena = admin->arena, .bytes = arena_alloc(admin->arena, FILE_BYTES) };
    got = read(file, out->bytes, FILE_BYTES);
    close(file);
    if (got < 0)
        return error_new(admin->arena, ERROR_INPUT, "%s: %m", path);
    out->length = (size_t)got;
    return NULL;
}

/* By the key that comes with it, which must be one of this server's. */
static struct error *signature_check(struct admin *admin, const struct buf *body,
                                     const struct buf *signature, const struct buf *key)
{
    struct signing_key_list_rows keys;
    struct error *e = sql_signing_key_list(admin->db, admin->arena, &keys);

    if (e)
        return e;
    for (size_t i = 0; signature->length == CRYPTO_SIGNATURE_BYTES && i < keys.count; i++) {
        if (!crypto_ed25519_is_signed(keys.row[i].public_key.bytes, body->bytes, body->length,
                                      (const unsigned char *)signature->bytes))
            continue;
        if (strcmp(signing_key_pem(admin->arena, keys.row[i].public_key.bytes),
                   arena_copy_bytes(admin->arena, key->bytes, key->length)) != 0)
            return error_new(admin->arena, ERROR_INPUT,
                             "the key.pem in it is not the key that has signed it");
        printf("signed with key %s of this server\n", keys.row[i].id);
        return NULL;
    }
    return error_new(admin->arena, ERROR_INPUT, "no key of this server has signed it");
}

static struct error *chain_check(struct admin *admin, const struct buf *body)
{
    struct signed_receipt_by_number_row before;
    const struct json *json;
    const char *format, *previous;
    int64_t number;
    struct error *e = json_read(admin->arena, body->bytes, body->length, &json);

    if (e)
        return e;
    format = json_get_text(json, "format");
    previous = json_get_text(json, "previous");
    number = json_number_at(json, "number");
    if (!format || !text_starts(format, "domicile-receipt-") || number < 1 ||
        (!previous && number != 1))
        return error_new(admin->arena, ERROR_INPUT, "this server has signed it, but as no receipt");
    printf("%s of %s, signed on %s; only receipt.json is signed, README.txt is not\n",
           format + strlen("domicile-receipt-"), json_get_text(json, "server"),
           json_get_text(json, "signed_at"));
    if (!previous) {
        puts("the first receipt of this server");
        return NULL;
    }
    e = sql_signed_receipt_by_number(admin->db, admin->arena, number - 1, &before);
    if (e && e->kind == ERROR_NOT_FOUND) {
        puts("the receipt before it is no longer kept");
        return NULL;
    }
    if (!e && strcmp(previous, crypto_hex(admin->arena, before.hash.bytes, before.hash.length)))
        e = error_new(admin->arena, ERROR_INPUT, "it does not follow receipt %lld of this server",
                      (long long)number - 1);
    if (!e)
        printf("receipt %lld, follows receipt %lld\n", (long long)number, (long long)number - 1);
    return e;
}

/* The ZIP file that its page gives, with nothing else in it. */
struct error *admin_verify_receipt(struct admin *admin)
{
    enum { BODY, SIGNATURE, KEY, README, PARTS };
    struct archive_part parts[PARTS] = { [BODY] = { .name = "receipt.json" },
                                         [SIGNATURE] = { .name = "receipt.sig" },
                                         [KEY] = { .name = "key.pem" },
                                         [README] = { .name = "README.txt" } };
    struct buf archive;
    struct error *e = file_read(admin, admin->argument, &archive);

    if (!e)
        e = archive_read_parts(admin->arena, archive.bytes, archive.length, parts, PARTS,
                               FILE_BYTES);
    if (!e)
        e = signature_check(admin, &parts[BODY].content, &parts[SIGNATURE].content,
                            &parts[KEY].content);
    return e ? e : chain_check(admin, &parts[BODY].content);
}
