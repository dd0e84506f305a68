/* WorkOS AuthKit client; see workos.h. Handles its URLs and JSON; sign-in itself is in signin.c. */
#include "remote/workos.h"

#include "adapter/crypto.h"
#include "adapter/http_client.h"
#include "adapter/json.h"
#include "base/buf.h"
#include "base/date.h"
#include "base/html.h"
#include "base/limit.h"
#include "base/text.h"

#include <string.h>

enum { MAX_ID_BYTES = 64, MAX_CODE_BYTES = 64 };

struct workos {
    struct http_client *client;
    const char *url;
    const char *client_id;
    const char *api_key;
    const char *callback_url;
    const char *signed_out_url;
};

struct error *workos_open(struct arena *arena, const struct config *config, struct workos **out)
{
    struct workos *workos = arena_alloc(arena, sizeof *workos);
    struct config_secret secret;
    struct error *e;

    if (!*config->workos_client_id)
        return error_new(arena, ERROR_INPUT,
                         "identity = workos needs client_id in [workos]: see the WorkOS dashboard");
    e = config_secret_load(arena, config->state_dir, "workos-api-key", &secret);
    if (!e)
        e = http_client_open(arena, &config->workos_url, 1, "identity", &workos->client);
    if (e)
        return e;
    workos->url = config->workos_url;
    workos->client_id = config->workos_client_id;
    workos->api_key = secret.current;
    workos->callback_url = arena_printf(arena, "%s/auth/callback", config->public_url);
    workos->signed_out_url = arena_printf(arena, "%s/signed-out", config->public_url);
    *out = workos;
    return NULL;
}

static void query_add(struct buf *url, const char *name, const char *value)
{
    buf_char(url, strchr(url->bytes, '?') ? '&' : '?');
    buf_text(url, name);
    buf_char(url, '=');
    html_url_part(url, value);
}

const char *workos_authorize_url(const struct workos *workos, struct arena *arena,
                                 const char *state, const char *verifier,
                                 const char *invitation_token, bool is_again)
{
    struct buf url = buf_new(arena, 1024);
    unsigned char challenge[CRYPTO_HASH_BYTES];

    crypto_sha256(verifier, strlen(verifier), challenge);
    buf_printf(&url, "%s/user_management/authorize", workos->url);
    query_add(&url, "response_type", "code");
    query_add(&url, "client_id", workos->client_id);
    query_add(&url, "redirect_uri", workos->callback_url);
    query_add(&url, "provider", "authkit");
    query_add(&url, "state", state);
    query_add(&url, "code_challenge", crypto_base64url(arena, challenge, sizeof challenge));
    query_add(&url, "code_challenge_method", "S256");
    if (invitation_token)
        query_add(&url, "invitation_token", invitation_token);
    query_add(&url, "max_age", is_again ? "0" : arena_printf(arena, "%d", LIMIT_FRESH_S));
    return url.bytes;
}

const char *workos_logout_url(const struct workos *workos, struct arena *arena,
                              const char *session_id)
{
    struct buf url = buf_new(arena, 512);

    buf_printf(&url, "%s/user_management/sessions/logout", workos->url);
    query_add(&url, "session_id", session_id);
    query_add(&url, "return_to", workos->signed_out_url);
    return url.bytes;
}

const char *workos_code(struct arena *arena, const char *code)
{
    size_t length = code ? strlen(code) : 0;

    if (!length || length > MAX_CODE_BYTES ||
        code[strspn(code, "abcdefghijklmnopqrstuvwxyz0123456789_.")])
        return "other";
    return arena_copy(arena, code);
}

/* Ids are prefixed ULIDs and are used in URLs, so nothing else is accepted. */
static bool is_id(const char *text, const char *prefix)
{
    return text && text_starts(text, prefix) && strlen(text) > strlen(prefix) &&
           strlen(text) <= MAX_ID_BYTES &&
           !text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")];
}

/* A response that is an object, whatever its status. */
static struct error *workos_send(const struct workos *workos, struct arena *arena,
                                 const struct http_request *request, int *status,
                                 const struct json **out)
{
    struct http_response response;
    struct error *e = http_client_send(workos->client, arena, request, &response);

    if (e)
        return error_in(arena, e, "WorkOS");
    *status = response.status;
    /* 408, 429 and 5xx say nothing about the user, whatever the body contains. */
    if (response.status == 408 || response.status == 429 || response.status >= 500)
        return error_new(arena, ERROR_UPSTREAM, "WorkOS: status %d", response.status);
    e = json_read(arena, response.body, response.body_length, out);
    return e ? error_new(arena, ERROR_UPSTREAM, "WorkOS: status %d, %s", response.status, e->text)
             : NULL;
}

/*
 * The claims of the access token. Its signature is not checked: it was just received from WorkOS
 * itself over TLS in response to our secret, and is discarded afterwards. Tokens from any other
 * source must not be read with this function.
 */
static bool claims_read(struct arena *arena, const char *token, const struct json **out)
{
    const char *payload = strchr(token, '.');
    const char *end = payload ? strchr(payload + 1, '.') : NULL;
    unsigned char *bytes;
    size_t length;

    return end && !strchr(end + 1, '.') &&
           crypto_base64url_decode(arena, payload + 1, (size_t)(end - payload - 1), &bytes,
                                   &length) &&
           !json_read(arena, (const char *)bytes, length, out);
}

bool workos_role_is_owner(const char *slug)
{
    return slug && (strcmp(slug, "admin") == 0 || strcmp(slug, "owner") == 0);
}

bool workos_user_read(struct arena *arena, const struct json *json, struct workos_user *out)
{
    const char *first = json_get_text(json, "first_name");
    const char *last = json_get_text(json, "last_name");

    *out = (struct workos_user){
        .id = json_get_text(json, "id"),
        .email = json_get_text(json, "email"),
        .name = arena_printf(arena, "%s%s%s", first ? first : "", first && last ? " " : "",
                             last ? last : ""),
        .is_email_verified = json_get_flag(json, "email_verified"),
    };
    return is_id(out->id, "user_") && out->email;
}

static bool person_read(struct arena *arena, const struct json *reply, struct workos_person *out)
{
    const char *token = json_get_text(reply, "access_token");
    const struct json *claims;
    const char *subject, *organization_id;
    struct workos_user user;

    if (!token || !claims_read(arena, token, &claims) ||
        !workos_user_read(arena, json_get(reply, "user"), &user))
        return false;
    subject = json_get_text(claims, "sub");
    organization_id = json_get_text(claims, "org_id");
    *out = (struct workos_person){
        .user_id = user.id,
        .session_id = json_get_text(claims, "sid"),
        .authenticated_at = json_number_at(claims, "auth_time"),
        .email = user.email,
        .name = user.name,
        .is_email_verified = user.is_email_verified,
        .is_impersonated = json_get_text(reply, "impersonator.email") || json_get(claims, "act"),
        .organization_id = json_get_text(reply, "organization_id"),
        .is_owner = organization_id && workos_role_is_owner(json_get_text(claims, "role")),
    };
    return subject && strcmp(subject, out->user_id) == 0 && is_id(out->session_id, "session_") &&
           (!out->organization_id || is_id(out->organization_id, "org_")) &&
           /* The role applies to the token's organisation, which must match the response's. */
           (!organization_id ||
            (out->organization_id && strcmp(organization_id, out->organization_id) == 0));
}

struct error *workos_exchange(const struct workos *workos, struct arena *arena, const char *code,
                              const char *verifier, const char *user_agent,
                              struct workos_person *out)
{
    bool has_agent = *user_agent && text_is_utf8(user_agent, strlen(user_agent));
    const struct json_field fields[] = {
        json_text("client_id", workos->client_id),
        json_text("client_secret", workos->api_key),
        json_text("grant_type", "authorization_code"),
        json_text("code", code),
        json_text("code_verifier", verifier),
        json_text("user_agent", user_agent), /* last, so that it can be omitted */
    };
    struct http_request request = {
        .method = "POST",
        .url = arena_printf(arena, "%s/user_management/authenticate", workos->url),
        .idempotency_key = crypto_token(arena),
    };
    const struct json *reply = NULL;
    const char *refusal;
    int status = 0;
    struct error *e = json_object_write(arena, fields, has_agent ? 6 : 5, &request.body);

    if (!e)
        e = workos_send(workos, arena, &request, &status, &reply);
    if (e)
        return e;
    if (status >= 400) {
        refusal = json_get_text(reply, "error");
        refusal = refusal ? refusal : json_get_text(reply, "code");
        *out = (struct workos_person){ .refusal = workos_code(arena, refusal) };
        return NULL;
    }
    if (status != 200 || !person_read(arena, reply, out))
        return error_new(arena, ERROR_UPSTREAM, "WorkOS: authenticate: unexpected response");
    return NULL;
}

/* GET with our API key; any status other than 200 and 404 is an upstream error. */
static struct error *workos_get(const struct workos *workos, struct arena *arena, const char *url,
                                const struct json **out)
{
    const struct http_header headers[] = {
        { "Authorization", arena_printf(arena, "Bearer %s", workos->api_key) },
    };
    const struct http_request request = {
        .method = "GET",
        .url = url,
        .headers = headers,
        .header_count = 1,
    };
    int status;
    struct error *e = workos_send(workos, arena, &request, &status, out);

    if (e)
        return e;
    if (status == 404)
        return error_new(arena, ERROR_NOT_FOUND, "WorkOS: no such object");
    if (status != 200)
        return error_new(arena, ERROR_UPSTREAM, "WorkOS: status %d", status);
    return NULL;
}

struct error *workos_organization_name(const struct workos *workos, struct arena *arena,
                                       const char *organization_id, const char **out)
{
    const struct json *reply;
    struct error *e;

    if (!is_id(organization_id, "org_"))
        return error_new(arena, ERROR_INPUT, "invalid organization id");
    e = workos_get(workos, arena,
                   arena_printf(arena, "%s/organizations/%s", workos->url, organization_id),
                   &reply);
    *out = e ? NULL : json_get_text(reply, "name");
    if (!e && !*out)
        e = error_new(arena, ERROR_UPSTREAM, "WorkOS: organization without a name");
    return e;
}

struct error *workos_user_get(const struct workos *workos, struct arena *arena, const char *user_id,
                              const struct json **out)
{
    if (!is_id(user_id, "user_"))
        return error_new(arena, ERROR_INPUT, "invalid user id");
    return workos_get(workos, arena,
                      arena_printf(arena, "%s/user_management/users/%s", workos->url, user_id),
                      out);
}

/* https://workos.com/docs/reference/authkit/user/delete: the answer may have no body. */
struct error *workos_user_delete(const struct workos *workos, struct arena *arena,
                                 const char *user_id, int *out_status)
{
    const struct http_header headers[] = {
        { "Authorization", arena_printf(arena, "Bearer %s", workos->api_key) },
    };
    const struct http_request request = {
        .method = "DELETE",
        .url = arena_printf(arena, "%s/user_management/users/%s", workos->url, user_id),
        .headers = headers,
        .header_count = 1,
    };
    struct http_response response;
    struct error *e;

    if (!is_id(user_id, "user_"))
        return error_new(arena, ERROR_INPUT, "invalid user id");
    e = http_client_send(workos->client, arena, &request, &response);
    if (e)
        return error_new(arena, ERROR_UPSTREAM, "WorkOS did not answer");
    *out_status = response.status;
    if (response.status / 100 != 2 && response.status != 404)
        return error_new(arena, ERROR_UPSTREAM, "WorkOS: status %d", response.status);
    return NULL;
}

struct error *workos_events(const struct workos *workos, struct arena *arena, const char *types,
                            const char *after, int64_t from_at, const struct json **out)
{
    struct buf url = buf_new(arena, 1024);
    const struct json *reply;
    struct error *e;

    buf_printf(&url, "%s/events?order=asc&limit=100", workos->url);
    query_add(&url, "events", types);
    /* The two are mutually exclusive. */
    query_add(&url, after ? "after" : "range_start", after ? after : date_iso(arena, from_at));
    e = workos_get(workos, arena, url.bytes, &reply);
    if (e)
        return e;
    *out = json_get(reply, "data");
    if (!*out)
        return error_new(arena, ERROR_UPSTREAM, "WorkOS: list of events without data");
    return NULL;
}
