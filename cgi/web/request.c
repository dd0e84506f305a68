/*
 * Parses the FastCGI environment into struct request; see request.h. Independent of routes,
 * sessions, pages and libfcgi.
 */
#include "web/request.h"

#include "adapter/crypto.h"
#include "base/array.h"
#include "base/limit.h"
#include "base/text.h"
#include "web/session.h"

#include <string.h>

#define NAME(text) text, sizeof(text) - 1

/* The target field of each parameter, and whether a repeated one is an attack. */
static const struct parameter {
    const char *name;
    size_t length; /* of the name */
    size_t offset;
    size_t max_bytes;
    bool is_single;
} parameters[] = {
    { NAME("REQUEST_METHOD"), offsetof(struct request, method), 16, true },
    { NAME("REQUEST_URI"), offsetof(struct request, path), LIMIT_PATH_BYTES + LIMIT_QUERY_BYTES,
      true },
    { NAME("CONTENT_TYPE"), offsetof(struct request, content_type), 256, true },
    { NAME("HTTP_COOKIE"), offsetof(struct request, session_token), LIMIT_COOKIE_BYTES, true },
    { NAME("HTTP_ORIGIN"), offsetof(struct request, origin), 512, true },
    { NAME("HTTP_REFERER"), offsetof(struct request, referer), 4096, false },
    { NAME("HTTP_SEC_FETCH_SITE"), offsetof(struct request, fetch_site), 64, true },
    { NAME("HTTP_SEC_GPC"), offsetof(struct request, gpc), 8, false },
    { NAME("HTTP_USER_AGENT"), offsetof(struct request, user_agent), 1024, false },
    { NAME("HTTP_STRIPE_SIGNATURE"), offsetof(struct request, stripe_signature),
      LIMIT_SIGNATURE_BYTES, true },
    { NAME("HTTP_WORKOS_SIGNATURE"), offsetof(struct request, workos_signature),
      LIMIT_SIGNATURE_BYTES, true },
    { NAME("HTTP_X_SESSION"), offsetof(struct request, shown_session), 64, false },
    { NAME("HTTP_IF_NONE_MATCH"), offsetof(struct request, if_none_match), 256, false },
};

enum { PARAMETERS = COUNT(parameters) };

static const char **parameter_field(struct request *r, const struct parameter *parameter)
{
    return (const char **)(void *)((char *)r + parameter->offset);
}

/* Lengths first: nearly all names differ in it, and a request has 25 to compare with each of these.
 */
static bool name_is(const char *pair, size_t pair_length, const char *name, size_t length)
{
    return pair_length == length && memcmp(pair, name, length) == 0;
}

static struct error *parameter_take(struct request *r, const char *pair, bool *seen)
{
    const char *equals = strchr(pair, '=');
    size_t length;
    const char *value;

    if (!equals)
        return NULL;
    length = (size_t)(equals - pair);
    value = equals + 1;
    for (size_t i = 0; i < PARAMETERS; i++) {
        const struct parameter *parameter = &parameters[i];

        if (!name_is(pair, length, parameter->name, parameter->length))
            continue;
        if (seen[i] && parameter->is_single)
            return error_new(r->arena, ERROR_MALFORMED, "%s is repeated", parameter->name);
        if (strlen(value) > parameter->max_bytes)
            return error_new(r->arena, ERROR_MALFORMED, "%s is too long", parameter->name);
        if (!seen[i])
            *parameter_field(r, parameter) = arena_copy(r->arena, value);
        seen[i] = true;
        return NULL;
    }
    if (name_is(pair, length, NAME("HTTP_HX_REQUEST")))
        r->is_fragment = true;
    if (name_is(pair, length, NAME("HTTP_CONTENT_ENCODING")) && *value)
        return error_new(r->arena, ERROR_MEDIA, "the body has a Content-Encoding");
    return NULL;
}

/* Our own URLs have no percent escapes, so a path with one is simply unknown. */
static struct error *path_split(struct request *r)
{
    char *path = arena_copy(r->arena, r->path);
    char *question = strchr(path, '?');

    r->query = "";
    r->path = path;
    if (question) {
        *question = '\0';
        r->query = question + 1;
    }
    if (*path != '/' || strlen(path) > LIMIT_PATH_BYTES || strlen(r->query) > LIMIT_QUERY_BYTES)
        return error_new(r->arena, ERROR_MALFORMED, "path missing or too long");
    for (const char *c = path; *c; c++) {
        if ((unsigned char)*c <= 0x20 || (unsigned char)*c >= 0x7f)
            return error_new(r->arena, ERROR_MALFORMED,
                             "the path has bytes that are invalid in a URL");
    }
    return NULL;
}

/*
 * RFC 6265 4.2.1: "name=value; name=value". If there are two cookies with our name, one is forged.
 */
static struct error *cookie_read(struct request *r)
{
    const char *rest = r->session_token;
    const char *found = NULL;

    while (*rest) {
        size_t length = strcspn(rest, ";");
        size_t name_length = sizeof SESSION_COOKIE - 1;

        if (length > name_length && strncmp(rest, SESSION_COOKIE, name_length) == 0 &&
            rest[name_length] == '=') {
            if (found)
                return error_new(r->arena, ERROR_MALFORMED, "the session cookie is repeated");
            found = arena_copy_bytes(r->arena, rest + name_length + 1, length - name_length - 1);
        }
        rest += length;
        rest += strspn(rest, "; ");
    }
    r->session_token = found && crypto_is_token(found) ? found : "";
    return NULL;
}

struct error *request_read(struct request *r, char *const *environment, const char *body,
                           size_t body_length)
{
    bool seen[PARAMETERS] = { false };
    struct error *e = NULL;

    r->method = "GET";
    r->path = "/";
    for (size_t i = 2; i < PARAMETERS; i++)
        *parameter_field(r, &parameters[i]) = "";
    for (size_t i = 0; environment[i] && !e; i++)
        e = i < LIMIT_ENVIRONMENT ? parameter_take(r, environment[i], seen)
                                  : error_new(r->arena, ERROR_MALFORMED, "too many headers");
    r->body = arena_copy_bytes(r->arena, body, body_length);
    r->body_length = body_length;
    if (!e)
        e = path_split(r);
    if (!e)
        e = cookie_read(r);
    if (e) {
        /* Trusted only as the fact that some request was made. */
        r->path = "/";
        r->query = "";
        r->session_token = "";
    }
    return e;
}

struct context request_context(const struct request *request)
{
    return context_at(request->db, request->arena, request->config, request->now_ms);
}
