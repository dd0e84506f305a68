/* The public address itself: TLS, its certificate, and security.txt; see promise.h. */
#include "worker/promise_ask.h"

#include "base/array.h"
#include "base/date.h"
#include "base/name_list.h"

#include <string.h>

struct error *promise_tls_check(struct worker_context *context, const struct promise *promise,
                                const struct context *now, struct promise_reading *out)
{
    static const char *const old[] = { "1.0", "1.1", "1.2" };
    size_t count = now->config->has_tls13_alone ? COUNT(old) : COUNT(old) - 1;
    struct buf accepted = buf_new(now->arena, 64);

    (void)context;
    (void)promise;
    if (!answer_ask(now->arena, "GET", answer_url(now, "/status"), "1.3").status) {
        answer_unreachable(now, out);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        if (!answer_ask(now->arena, "GET", answer_url(now, "/status"), old[i]).status)
            continue;
        name_list_add(&accepted, old[i], strlen(old[i]));
        out->figure++;
    }
    out->evidence = arena_printf(
        now->arena,
        "TLS %s were tried, as by openssl s_client -connect %s -tls1_1 -cipher "
        "DEFAULT@SECLEVEL=0; accepted: %s.",
        now->config->has_tls13_alone ? "1.0, 1.1 and 1.2" : "1.0 and 1.1",
        now->config->public_url + strlen("https://"), accepted.length ? accepted.bytes : "none");
    return NULL;
}

/* The same address without TLS: a redirection at most, with nothing in it. */
struct error *promise_plain_http_check(struct worker_context *context,
                                       const struct promise *promise, const struct context *now,
                                       struct promise_reading *out)
{
    const char *url =
        arena_printf(now->arena, "http://%s/", now->config->public_url + strlen("https://"));
    struct answer answer = answer_ask(now->arena, "GET", url, NULL);

    (void)context;
    (void)promise;
    out->figure = answer.status >= 200 && answer.status < 300;
    out->evidence = answer.status
                        ? arena_printf(now->arena, "%s was answered with %d.", url, answer.status)
                        : arena_printf(now->arena, "%s was not answered.", url);
    return NULL;
}

struct error *promise_certificate_check(struct worker_context *context,
                                        const struct promise *promise, const struct context *now,
                                        struct promise_reading *out)
{
    struct answer answer = answer_ask(now->arena, "GET", answer_url(now, "/status"), NULL);
    int64_t renew_at = answer.certificate_ends_at - promise->term_s;

    (void)context;
    if (!answer.certificate_ends_at) {
        answer_unreachable(now, out);
        return NULL;
    }
    out->figure = renew_at < now->now_at ? now->now_at - renew_at : 0;
    out->evidence = arena_printf(
        now->arena, "The certificate is valid until %s; it is to be renewed by %s.",
        date_day(now->arena, answer.certificate_ends_at), date_day(now->arena, renew_at));
    return NULL;
}

/* What is wrong with security.txt; NULL: nothing. *until_at: when it expires. */
static const char *contact_fault(const struct context *now, const struct answer *answer,
                                 int64_t *until_at)
{
    const char *contact_at = answer_text(&answer->body), *expires_at = contact_at;
    const char *expires = answer_line(&expires_at, "Expires");
    int64_t until_ms = 0;

    if (expires)
        expires = arena_copy_bytes(now->arena, expires, strcspn(expires, "\r\n"));
    if (answer->status != 200)
        return arena_printf(now->arena, "It was answered with %d", answer->status);
    if (!answer_line(&contact_at, "Contact"))
        return "It has no line \"Contact\"";
    if (!expires || !date_iso_read(expires, &until_ms))
        return "It has no valid line \"Expires\"";
    *until_at = until_ms / 1000;
    return *until_at < now->now_at
               ? arena_printf(now->arena, "It expired on %s", date_day(now->arena, *until_at))
               : NULL;
}

struct error *promise_contact_check(struct worker_context *context, const struct promise *promise,
                                    const struct context *now, struct promise_reading *out)
{
    struct answer answer =
        answer_ask(now->arena, "GET", answer_url(now, "/.well-known/security.txt"), NULL);
    int64_t until_at = 0;
    const char *fault;

    (void)context;
    (void)promise;
    if (!answer.status) {
        answer_unreachable(now, out);
        return NULL;
    }
    fault = contact_fault(now, &answer, &until_at);
    out->figure = fault != NULL;
    out->evidence = arena_printf(now->arena, "%s.",
                                 fault ? fault
                                       : arena_printf(now->arena, "The file is valid until %s",
                                                      date_day(now->arena, until_at)));
    return NULL;
}
