/*
 * What visitors get from our own server; see promise.h. It is asked at its public address, as a
 * visitor would, and its answers are read as bytes.
 */
#include "worker/promise.h"

#include "adapter/transfer.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/limit.h"
#include "base/text.h"
#include "base/url.h"

#include <string.h>
#include <strings.h>

enum {
    CONNECT_MS = 5000,
    ANSWER_MS = 20000,
    HEADERS_BYTES = 64 * 1024,
    BODY_BYTES = 1024 * 1024,
};

static const char COOKIE[] = "__Host-session";

/* One answer. */
struct answer {
    int status; /* 0: none */
    int64_t certificate_ends_at;
    struct buf headers; /* "Name: value\n" each, as sent */
    struct buf body;
};

static void header_take(void *listener, bool is_ours, const char *bytes, size_t size)
{
    struct answer *answer = listener;

    if (!is_ours && answer->headers.length + size < HEADERS_BYTES)
        buf_bytes(&answer->headers, bytes, size);
}

static struct answer ask(struct arena *arena, const char *method, const char *url,
                         const char *tls_version)
{
    static const char *const headers[] = { TRANSFER_UNCOUNTED };
    struct answer answer = { .headers = buf_new(arena, 4096), .body = buf_new(arena, 64 * 1024) };
    struct transfer transfer = {
        .url = url,
        .headers = headers,
        .header_count = COUNT(headers),
        .protocols = "https,http",
        .connect_ms = CONNECT_MS,
        .timeout_ms = ANSWER_MS,
        .method = method,
        .is_unverified = true,
        .tls_version = tls_version,
        .listen = header_take,
        .listener = &answer,
        .response_body = &answer.body,
        .response_max = BODY_BYTES,
    };

    transfer_run(&transfer, arena);
    answer.status = transfer.status;
    answer.certificate_ends_at = transfer.certificate_ends_at;
    return answer;
}

static const char *url_of(const struct context *now, const char *path)
{
    return arena_printf(now->arena, "%s%s", now->config->public_url, path);
}

/* One of each kind of answer: a page, a redirection, an error of a program and of nginx, a file. */
static const struct sample {
    const char *method, *path;
} samples[] = {
    { "GET", "/" },        { "GET", "/signin" }, { "GET", "/status" },         { "GET", "/vms" },
    { "GET", "/nothing" }, { "PUT", "/" },       { "GET", "/static/nothing" },
};

enum { SAMPLES = COUNT(samples) };

/* The promises of a round share the answers, which live in an arena of their own. */
static _Thread_local struct {
    struct arena *arena;
    struct answer answers[SAMPLES];
    bool is_asked, is_complete;
} fetched;

void promise_front_forget(void)
{
    if (fetched.arena)
        arena_reset(fetched.arena);
    fetched.is_asked = false;
}

static void samples_fetch(const struct context *now)
{
    if (!fetched.arena)
        fetched.arena = arena_new(2 * SAMPLES * (BODY_BYTES + HEADERS_BYTES));
    fetched.is_asked = fetched.is_complete = true;
    for (size_t i = 0; i < SAMPLES; i++) {
        fetched.answers[i] =
            ask(fetched.arena, samples[i].method, url_of(now, samples[i].path), NULL);
        fetched.is_complete &= fetched.answers[i].status != 0;
    }
}

/* The answers to all samples. NULL without one of them: then nothing is known; no error of ours. */
static const struct answer *samples_ask(const struct context *now, struct promise_reading *out)
{
    if (!fetched.is_asked)
        samples_fetch(now);
    out->is_known = fetched.is_complete;
    out->evidence = fetched.is_complete
                        ? arena_printf(now->arena, "%d kinds of answer were fetched from %s.",
                                       SAMPLES, now->config->public_url)
                        : "This server could not be reached at its own address.";
    return fetched.is_complete ? fetched.answers : NULL;
}

/* The line after the next header of that name from *at on; NULL: none left. */
static const char *header_next(const char **at, const char *name)
{
    size_t length = strlen(name);

    for (const char *line = *at; line && *line;) {
        const char *end = strchr(line, '\n');

        *at = end ? end + 1 : line + strlen(line);
        if (strncasecmp(line, name, length) == 0 && line[length] == ':')
            return line + length + 1 + strspn(line + length + 1, " ");
        line = *at;
    }
    return NULL;
}

static const char *text_of(const struct buf *buf)
{
    return buf->bytes ? buf->bytes : "";
}

/* ---- cookies ---- */

static bool has_attribute(const char *cookie, const char *end, const char *attribute)
{
    const char *found = strcasestr(cookie, attribute);

    return found && found < end;
}

static bool is_safe(const char *cookie)
{
    const char *end = cookie + strcspn(cookie, "\r\n");

    return has_attribute(cookie, end, "; Secure") && has_attribute(cookie, end, "; HttpOnly") &&
           has_attribute(cookie, end, "; Path=/") && has_attribute(cookie, end, "; SameSite=");
}

struct error *promise_cookie_check(struct worker_context *context, const struct promise *promise,
                                   const struct context *now, struct promise_reading *out)
{
    const struct answer *answers = samples_ask(now, out);
    size_t length = sizeof COOKIE - 1;

    (void)context;
    (void)promise;
    for (size_t i = 0; answers && i < SAMPLES; i++) {
        const char *at = text_of(&answers[i].headers);

        for (const char *cookie; (cookie = header_next(&at, "Set-Cookie"));) {
            bool is_ours = strncmp(cookie, COOKIE, length) == 0 && cookie[length] == '=';

            out->figure += !is_ours || !is_safe(cookie);
        }
    }
    return NULL;
}

/* ---- headers ---- */

static const char *const required[] = {
    "Content-Security-Policy",
    "Strict-Transport-Security",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "Referrer-Policy",
    "Cross-Origin-Opener-Policy",
    "Cross-Origin-Embedder-Policy",
    "Cross-Origin-Resource-Policy",
    "Permissions-Policy",
};

struct error *promise_headers_check(struct worker_context *context, const struct promise *promise,
                                    const struct context *now, struct promise_reading *out)
{
    const struct answer *answers = samples_ask(now, out);

    (void)context;
    (void)promise;
    for (size_t i = 0; answers && i < SAMPLES; i++) {
        for (size_t j = 0; j < COUNT(required); j++) {
            const char *at = text_of(&answers[i].headers);
            bool is_there = header_next(&at, required[j]) != NULL;

            out->figure += !is_there || header_next(&at, required[j]); /* exactly once */
        }
    }
    return NULL;
}

/* ---- third parties ---- */

/* Addresses of other servers that a page makes a browser load something from, or send to. */
static int64_t foreign_count(const struct context *now, const char *page)
{
    static const char *const attributes[] = { " src=\"", " srcset=\"",    " action=\"",
                                              "url(",    "<link href=\"", " data=\"" };
    int64_t count = 0;

    for (size_t i = 0; i < COUNT(attributes); i++) {
        for (const char *at = page; (at = strstr(at, attributes[i]));) {
            at += strlen(attributes[i]);
            count +=
                (text_starts(at, "http:") || text_starts(at, "https:") || text_starts(at, "//")) &&
                !text_starts(at, now->config->public_url);
        }
    }
    return count;
}

/* Sources of a Content-Security-Policy are keywords in quotes and "data:", never a host. */
static int64_t hosts_in_policy(const char *policy)
{
    int64_t count = 0;

    for (const char *at = policy; *at && *at != '\r' && *at != '\n';
         at += strcspn(at, " ;\r\n") + strspn(at + strcspn(at, " ;\r\n"), " ;"))
        count += text_starts(at, "http:") || text_starts(at, "https:") || *at == '*' ||
                 memchr(at, '.', strcspn(at, " ;\r\n"));
    return count;
}

struct error *promise_third_party_check(struct worker_context *context,
                                        const struct promise *promise, const struct context *now,
                                        struct promise_reading *out)
{
    const struct answer *answers = samples_ask(now, out);

    (void)context;
    (void)promise;
    for (size_t i = 0; answers && i < SAMPLES; i++) {
        const char *at = text_of(&answers[i].headers);
        const char *policy = header_next(&at, "Content-Security-Policy");

        out->figure += foreign_count(now, text_of(&answers[i].body));
        out->figure += policy ? hosts_in_policy(policy) : 0;
    }
    return NULL;
}

/* ---- TLS ---- */

struct error *promise_tls_check(struct worker_context *context, const struct promise *promise,
                                const struct context *now, struct promise_reading *out)
{
    static const char *const old[] = { "1.0", "1.1", "1.2" };
    size_t count = now->config->has_tls13_alone ? COUNT(old) : COUNT(old) - 1;

    (void)context;
    (void)promise;
    if (!ask(now->arena, "GET", url_of(now, "/status"), "1.3").status) {
        out->is_known = false;
        out->evidence = "This server could not be reached at its own address.";
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        out->figure += ask(now->arena, "GET", url_of(now, "/status"), old[i]).status != 0;
    out->evidence =
        arena_printf(now->arena,
                     "TLS %s were tried. To repeat: openssl s_client -connect %s -tls1_1 -cipher "
                     "DEFAULT@SECLEVEL=0",
                     now->config->has_tls13_alone ? "1.0, 1.1 and 1.2" : "1.0 and 1.1",
                     now->config->public_url + strlen("https://"));
    return NULL;
}

/* The same address without TLS: a redirection at most, with nothing in it. */
struct error *promise_plain_http_check(struct worker_context *context,
                                       const struct promise *promise, const struct context *now,
                                       struct promise_reading *out)
{
    const char *url =
        arena_printf(now->arena, "http://%s/", now->config->public_url + strlen("https://"));
    struct answer answer = ask(now->arena, "GET", url, NULL);

    (void)context;
    (void)promise;
    out->figure = answer.status >= 200 && answer.status < 300;
    out->evidence =
        answer.status ? arena_printf(now->arena, "Plain HTTP was answered with %d.", answer.status)
                      : "Plain HTTP was not answered.";
    return NULL;
}

struct error *promise_certificate_check(struct worker_context *context,
                                        const struct promise *promise, const struct context *now,
                                        struct promise_reading *out)
{
    struct answer answer = ask(now->arena, "GET", url_of(now, "/status"), NULL);
    int64_t renew_at = answer.certificate_ends_at - promise->term_s;

    (void)context;
    out->is_known = answer.certificate_ends_at != 0;
    if (!out->is_known) {
        out->evidence = "This server could not be reached at its own address.";
        return NULL;
    }
    out->figure = renew_at < now->now_at ? now->now_at - renew_at : 0;
    out->evidence = arena_printf(now->arena, "The certificate is valid until %s.",
                                 date_day(now->arena, answer.certificate_ends_at));
    return NULL;
}

struct error *promise_contact_check(struct worker_context *context, const struct promise *promise,
                                    const struct context *now, struct promise_reading *out)
{
    struct answer answer = ask(now->arena, "GET", url_of(now, "/.well-known/security.txt"), NULL);
    const char *contact_at = text_of(&answer.body), *expires_at = contact_at;
    const char *contact = header_next(&contact_at, "Contact");
    const char *expires = header_next(&expires_at, "Expires");
    int64_t until_ms = 0;

    (void)context;
    (void)promise;
    if (expires)
        expires = arena_copy_bytes(now->arena, expires, strcspn(expires, "\r\n"));
    out->is_known = answer.status != 0;
    out->figure = answer.status != 200 || !contact || !expires ||
                  !date_iso_read(expires, &until_ms) || until_ms / 1000 < now->now_at;
    out->evidence = !out->is_known ? "This server could not be reached at its own address."
                    : until_ms     ? arena_printf(now->arena, "The file is valid until %s.",
                                                  date_day(now->arena, until_ms / 1000))
                                   : "The file is missing or incomplete.";
    return NULL;
}
