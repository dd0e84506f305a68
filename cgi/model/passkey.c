/* Passkeys; see passkey.h. Keys and signatures are read by adapter/webauthn.c. */
#include "model/passkey.h"

#include "adapter/crypto.h"
#include "adapter/json.h"
#include "adapter/webauthn.h"
#include "base/limit.h"
#include "base/text.h"
#include "base/url.h"
#include "main_constants.sql.h"
#include "model/audit.h"
#include "model/label.h"
#include "model/mail_queue.h"

#include "passkey.sql.h"
#include "passkey_challenge.sql.h"
#include "person.sql.h"

#include <string.h>

/* A challenge: random bytes, when it expires, and a MAC over both with the session's secret. */
enum { RANDOM_BYTES = 16, TIME_BYTES = 8, SIGNED_BYTES = RANDOM_BYTES + TIME_BYTES };
enum { CHALLENGE_BYTES = SIGNED_BYTES + CRYPTO_HASH_BYTES };

static struct error *refuse(const struct context *context, const char *message)
{
    return error_refuse(context->arena, ERROR_INPUT, "passkey", NULL, "%s", message);
}

static struct error *refuse_unverified(const struct context *context)
{
    return refuse(context, "The passkey could not be verified. Try again.");
}

/* ---- who is who ---- */

const char *passkey_site(struct arena *arena, const struct config *config)
{
    return url_host(arena, config->public_url);
}

bool passkey_is_offered(const struct config *config)
{
    const char *host = strstr(config->public_url, "://");

    /* The last label of a name has a letter; of an address it is a number, or "[::1]". */
    if (strcmp(config->identity, "local") != 0 || !host || host[3] == '[')
        return false;
    host += 3;
    return strspn(host, "0123456789.") < strcspn(host, ":/");
}

const char *passkey_user(struct arena *arena, int64_t person_id, int64_t person_at)
{
    const char *text =
        arena_printf(arena, "passkey user %lld %lld", (long long)person_id, (long long)person_at);
    unsigned char hash[CRYPTO_HASH_BYTES];

    crypto_sha256(text, strlen(text), hash);
    return crypto_base64url(arena, hash, sizeof hash);
}

/* ---- challenges ---- */

static void challenge_sign(struct bytes secret, const unsigned char *challenge,
                           unsigned char out[CRYPTO_HASH_BYTES])
{
    static const char purpose[8] = "passkey1";
    unsigned char text[sizeof purpose + SIGNED_BYTES];

    memcpy(text, purpose, sizeof purpose);
    memcpy(text + sizeof purpose, challenge, SIGNED_BYTES);
    crypto_hmac_sha256(secret.bytes, secret.length, text, sizeof text, out);
}

const char *passkey_challenge(const struct context *context, struct bytes secret)
{
    uint64_t expires_at = (uint64_t)(context->now_at + LIMIT_PASSKEY_CHALLENGE_S);
    unsigned char challenge[CHALLENGE_BYTES];

    crypto_random(challenge, RANDOM_BYTES);
    for (int i = 0; i < TIME_BYTES; i++)
        challenge[RANDOM_BYTES + i] = (unsigned char)(expires_at >> (8 * (TIME_BYTES - 1 - i)));
    challenge_sign(secret, challenge, challenge + SIGNED_BYTES);
    return crypto_base64url(context->arena, challenge, sizeof challenge);
}

static struct error *challenge_take(const struct context *context, struct bytes secret,
                                    const char *text)
{
    unsigned char mac[CRYPTO_HASH_BYTES], *challenge, *hash;
    uint64_t expires_at = 0;
    struct error *e;
    size_t length;

    if (!text ||
        !crypto_base64url_decode(context->arena, text, strlen(text), &challenge, &length) ||
        length != CHALLENGE_BYTES)
        return refuse_unverified(context);
    challenge_sign(secret, challenge, mac);
    if (!crypto_equal(mac, challenge + SIGNED_BYTES, sizeof mac))
        return refuse_unverified(context);
    for (int i = 0; i < TIME_BYTES; i++)
        expires_at = expires_at << 8 | challenge[RANDOM_BYTES + i];
    if ((int64_t)expires_at <= context->now_at)
        return refuse(context, "This took too long, so it was not accepted. Try again.");
    hash = arena_alloc(context->arena, CRYPTO_HASH_BYTES);
    crypto_sha256(challenge, length, hash);
    e = sql_passkey_challenge_take(context->db, context->arena,
                                   (struct bytes){ hash, CRYPTO_HASH_BYTES }, (int64_t)expires_at);
    return !e && db_changes(context->db) != 1 ? refuse_unverified(context) : e;
}

/* ---- what a browser sends ---- */

static bool bytes_read(const struct context *context, const char *text, struct bytes *out)
{
    unsigned char *bytes;
    size_t length;

    if (!text || !*text ||
        !crypto_base64url_decode(context->arena, text, strlen(text), &bytes, &length))
        return false;
    *out = (struct bytes){ bytes, length };
    return true;
}

/* The browser says what it had signed, for which page, and by which challenge. */
static struct error *client_check(const struct context *context, struct bytes secret,
                                  struct bytes client_data, const char *type)
{
    const struct json *json;
    const char *told_type, *origin;

    if (json_read(context->arena, client_data.bytes, client_data.length, &json))
        return refuse_unverified(context);
    told_type = json_get_text(json, "type");
    origin = json_get_text(json, "origin");
    if (!told_type || strcmp(told_type, type) != 0 || !origin ||
        strcmp(origin, context->config->public_url) != 0 || json_get_flag(json, "crossOrigin"))
        return refuse_unverified(context);
    return challenge_take(context, secret, json_get_text(json, "challenge"));
}

/* ---- what its owner is told ---- */

struct event {
    const char *kind; /* of the mail */
    enum audit_action action;
    const char *id, *name, *browser;
    bool is_refused;
};

static struct error *owner_tell(const struct context *context, int64_t person_id,
                                const struct event *event)
{
    struct arena *arena = context->arena;
    struct person_get_row person;
    struct error *e = sql_person_get(context->db, arena, person_id, &person);

    if (!e)
        e = audit_add_personal(context, &(struct audit_entry){ .action = event->action,
                                                               .object = event->id,
                                                               .person_id = person_id,
                                                               .is_refused = event->is_refused });
    if (e)
        return e;
    return mail_queue(context->db, arena,
                      &(struct mail){
                          .kind = event->kind,
                          .to = person.email,
                          .once = arena_printf(arena, "%s/%s", event->kind, crypto_id(arena)),
                          .promise = label_in_mail(arena, event->name),
                          .browser = event->browser,
                          .url = arena_printf(arena, "%s/account", context->config->public_url),
                          .at = context->now_at,
                      },
                      context->now_at);
}

/* ---- adding, removing ---- */

static struct error *room_check(const struct context *context, int64_t person_id)
{
    struct passkey_list_rows rows;
    struct error *e = sql_passkey_list(context->db, context->arena, person_id, &rows);

    if (e || rows.count < LIMIT_PASSKEYS)
        return e;
    return error_refuse(context->arena, ERROR_INPUT, "too_many_passkeys", NULL,
                        "An account can have %d passkeys. Remove one first.", LIMIT_PASSKEYS);
}

struct error *passkey_add(const struct context *context, struct bytes secret, int64_t person_id,
                          const struct passkey_answer *answer, const char *browser,
                          const char **out_id)
{
    struct bytes client_data, authenticator_data;
    struct webauthn_key key;
    struct error *e;

    *out_id = crypto_id(context->arena);
    if (!bytes_read(context, answer->client_data, &client_data) ||
        !bytes_read(context, answer->authenticator_data, &authenticator_data))
        return refuse_unverified(context);
    e = room_check(context, person_id);
    if (!e)
        e = client_check(context, secret, client_data, "webauthn.create");
    if (!e && !webauthn_read_key(context->arena, passkey_site(context->arena, context->config),
                                 authenticator_data, &key))
        e = refuse_unverified(context);
    if (!e)
        e = sql_passkey_add(context->db, context->arena, *out_id, person_id, key.id, key.algorithm,
                            key.public_key, key.sign_count, browser, context->now_at);
    if (!e && db_changes(context->db) != 1)
        e = refuse(context, "This passkey was added already.");
    return e ? e
             : owner_tell(context, person_id,
                          &(struct event){ .kind = MAIL_KIND_PASSKEY_ADDED,
                                           .action = AUDIT_PASSKEY_ADD,
                                           .id = *out_id,
                                           .name = browser,
                                           .browser = browser });
}

struct error *passkey_remove(const struct context *context, int64_t person_id, const char *id,
                             const char *browser)
{
    struct passkey_get_row row;
    struct error *e = sql_passkey_get(context->db, context->arena, person_id, id, &row);

    if (!e)
        e = sql_passkey_remove(context->db, context->arena, person_id, id);
    return e ? e
             : owner_tell(context, person_id,
                          &(struct event){ .kind = MAIL_KIND_PASSKEY_REMOVED,
                                           .action = AUDIT_PASSKEY_REMOVE,
                                           .id = id,
                                           .name = row.name,
                                           .browser = browser });
}

/* ---- signing in ---- */

/* A device that counts, counts upwards: a count that was told before is a copy's, or its
 * original's. */
static bool is_copied(const struct passkey_find_row *row, int64_t sign_count)
{
    return (row->sign_count || sign_count) && sign_count <= row->sign_count;
}

static struct error *use(const struct context *context, const struct passkey_find_row *row,
                         int64_t sign_count)
{
    struct error *e;

    if (!is_copied(row, sign_count))
        return sql_passkey_used(context->db, context->arena, row->id, sign_count, context->now_at);
    e = owner_tell(context, row->person_id,
                   &(struct event){ .kind = MAIL_KIND_PASSKEY_REFUSED,
                                    .action = AUDIT_PASSKEY_COPIED,
                                    .id = row->id,
                                    .name = row->name,
                                    .is_refused = true });
    return e ? e
             : error_refuse(context->arena, ERROR_CONFLICT, PASSKEY_COPIED, NULL,
                            "This passkey may have been copied, so it was not accepted. Sign in "
                            "another way, and remove it on your account page.");
}

static struct error *signature_check(const struct context *context,
                                     const struct passkey_answer *answer, struct bytes client_data,
                                     const struct passkey_find_row *row, int64_t *out_count)
{
    const struct webauthn_key key = { .algorithm = row->algorithm, .public_key = row->public_key };
    const char *user = passkey_user(context->arena, row->person_id, row->person_at);
    struct bytes authenticator_data, signature;

    if (!answer->user || strcmp(answer->user, user) != 0 ||
        !bytes_read(context, answer->authenticator_data, &authenticator_data) ||
        !bytes_read(context, answer->signature, &signature) ||
        !webauthn_is_signed(&key, passkey_site(context->arena, context->config), client_data,
                            authenticator_data, signature, out_count))
        return refuse_unverified(context);
    return NULL;
}

struct error *passkey_verify(const struct context *context, struct bytes secret,
                             const struct passkey_answer *answer, struct passkey_owner *out)
{
    struct passkey_find_row row;
    struct bytes id, client_data;
    int64_t sign_count;
    struct error *e;

    if (!bytes_read(context, answer->id, &id) ||
        !bytes_read(context, answer->client_data, &client_data))
        return refuse_unverified(context);
    e = client_check(context, secret, client_data, "webauthn.get");
    if (!e)
        e = sql_passkey_find(context->db, context->arena, id, &row);
    if (e && e->kind == ERROR_NOT_FOUND)
        return refuse(context, "This passkey is not known here; it may have been removed. Delete "
                               "it from your device, and sign in another way.");
    if (!e)
        e = signature_check(context, answer, client_data, &row, &sign_count);
    if (e)
        return e;
    *out = (struct passkey_owner){
        .person_id = row.person_id,
        .identity = { .key = row.identity, .email = row.email, .name = row.person_name },
    };
    return use(context, &row, sign_count);
}
