/* Sends one request to Stripe; see stripe_call.h. The only file that uses the API key. */
#include "remote/stripe_call.h"

#include "adapter/http_client.h"
#include "base/array.h"
#include "base/buf.h"
#include "base/html.h"
#include "base/log.h"
#include "base/text.h"

#include <string.h>

enum { MAX_ID_BYTES = 255, MAX_CODE_BYTES = 100 };

struct stripe {
    struct http_client *client;
    const char *url, *api_key, *currency, *return_url;
    int64_t base_cents;
    bool is_live;
};

struct error *stripe_open(struct arena *arena, const struct config *config, struct stripe **out)
{
    struct stripe *stripe = arena_alloc(arena, sizeof *stripe);
    struct config_secret secret;
    struct error *e = config_secret_load(arena, config->state_dir, "stripe-api-key", &secret);

    if (!e && config->trial_days == 1)
        e = error_new(arena, ERROR_INPUT, "trial_days must be 0, or at least 2");
    if (!e)
        e = http_client_open(arena, &config->stripe_url, 1, "billing", &stripe->client);
    if (e)
        return e;
    stripe->url = config->stripe_url;
    stripe->api_key = secret.current;
    stripe->currency = text_lower(arena, config->currency);
    stripe->return_url = arena_printf(arena, "%s/billing", config->public_url);
    stripe->base_cents = config->base_cents;
    stripe->is_live =
        text_starts(stripe->api_key, "sk_live_") || text_starts(stripe->api_key, "rk_live_");
    *out = stripe;
    return NULL;
}

bool stripe_is_live(const struct stripe *stripe)
{
    return stripe->is_live;
}

const char *stripe_currency(const struct stripe *stripe)
{
    return stripe->currency;
}

const char *stripe_return_url(const struct stripe *stripe)
{
    return stripe->return_url;
}

int64_t stripe_base_cents(const struct stripe *stripe)
{
    return stripe->base_cents;
}

bool stripe_is_id(const char *text, const char *prefix)
{
    return text && text_starts(text, prefix) && strlen(text) > strlen(prefix) &&
           strlen(text) <= MAX_ID_BYTES &&
           !text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")];
}

const char *stripe_id_at(const struct json *json, const char *path, const char *prefix)
{
    const struct json *found = json_get(json, path);
    const char *text = json_as_text(found);

    text = text ? text : json_get_text(found, "id");
    return stripe_is_id(text, prefix) ? text : NULL;
}

/* NULL if there are none. Names are ours: letters, digits, '_' and brackets, which need no
 * escaping. */
static const char *fields_encode(struct arena *arena, const struct stripe_field *fields)
{
    struct buf out = buf_new(arena, 1024);

    for (; fields && fields->name; fields++) {
        if (!fields->value)
            continue;
        if (out.length)
            buf_char(&out, '&');
        buf_text(&out, fields->name);
        buf_char(&out, '=');
        html_url_part(&out, fields->value);
    }
    return out.length ? out.bytes : NULL;
}

/* A token from Stripe that is safe to log. */
static const char *code_plain(const char *code)
{
    return code && strlen(code) <= MAX_CODE_BYTES &&
                   !code[strspn(code, "abcdefghijklmnopqrstuvwxyz0123456789_[]")]
               ? code
               : "";
}

static enum error_kind kind_of(int status, const char *type)
{
    if (status == 429)
        return ERROR_RATE;
    if (status == 404)
        return ERROR_NOT_FOUND;
    if (status == 401 || status == 403)
        return ERROR_INTERNAL;
    if (status == 400 && strcmp(type, "idempotency_error") == 0)
        return ERROR_CONFLICT;
    if (status == 409 || status == 424 || status >= 500 || status < 400)
        return ERROR_UPSTREAM;
    return ERROR_INPUT;
}

static struct error *refusal_read(struct arena *arena, const struct stripe_call *call,
                                  const struct http_response *response)
{
    const struct json *reply = NULL;
    const char *type, *code, *param;

    /* A body that is not JSON adds nothing to the status. */
    (void)json_read(arena, response->body, response->body_length, &reply);
    type = code_plain(json_get_text(reply, "error.type"));
    code = code_plain(json_get_text(reply, "error.code"));
    param = code_plain(json_get_text(reply, "error.param"));
    return error_new(arena, kind_of(response->status, type),
                     "Stripe: %s %s: status %d %s %s %s, request %s", call->method, call->path,
                     response->status, type, code, param,
                     *response->request_id ? response->request_id : "without id");
}

struct error *stripe_send(const struct stripe *stripe, struct arena *arena,
                          const struct stripe_call *call, const struct json **out)
{
    const struct http_header headers[] = {
        { "Authorization", arena_printf(arena, "Bearer %s", stripe->api_key) },
        { "Stripe-Version", STRIPE_VERSION },
    };
    const char *fields = fields_encode(arena, call->fields);
    bool is_post = strcmp(call->method, "POST") == 0;
    const struct http_request request = {
        .method = call->method,
        .url = arena_printf(arena, "%s%s%s%s", stripe->url, call->path,
                            fields && !is_post ? "?" : "", fields && !is_post ? fields : ""),
        .headers = headers,
        .header_count = COUNT(headers),
        .body = is_post ? (fields ? fields : "") : NULL,
        .content_type = "application/x-www-form-urlencoded",
        .idempotency_key = call->idempotency_key,
        .retry_policy = RETRY_STRIPE,
    };
    struct http_response response;
    struct error *e = http_client_send(stripe->client, arena, &request, &response);

    if (e)
        return error_in(arena, e, "Stripe");
    log_info("stripe", log_text("method", call->method), log_text("path", call->path),
             log_number("status", response.status), log_text("request", response.request_id));
    if (response.status < 200 || response.status > 299)
        return refusal_read(arena, call, &response);
    e = json_read(arena, response.body, response.body_length, out);
    return e ? error_new(arena, ERROR_UPSTREAM, "Stripe: %s %s: status %d, %s", call->method,
                         call->path, response.status, e->text)
             : NULL;
}
