/* Requests to other services; see http_client.h. The door to libcurl; a handle lives for one try.
 */
#include "adapter/http_client.h"

#include "adapter/crypto.h"
#include "adapter/http_check.h"
#include "base/backoff.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/limit.h"
#include "base/text.h"
#include "base/url.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

enum { FIRST_BODY_BYTES = 16 * 1024, MOST_ID_BYTES = 100 };
enum { FIRST_WAIT_MS = 250, STRIPE_WAIT_MS = 500 };
enum advice { NO_ADVICE, TRY_AGAIN, GIVE_UP };

struct outgoing {
    const char **origins;
    size_t count;
};

/* One try, and what came of it. */
struct attempt {
    struct buf body;
    int status;            /* 0: none */
    int64_t retry_after_s; /* 0: not said */
    enum advice advice;    /* Stripe-Should-Retry */
    const char *request_id;
    CURLcode code;
};

struct error *http_open(struct arena *arena, const char *const *origins, size_t count,
                        struct outgoing **out)
{
    struct outgoing *outgoing = arena_alloc(arena, sizeof *outgoing);

    outgoing->origins = arena_array(arena, count, sizeof *outgoing->origins);
    for (size_t i = 0; i < count; i++) {
        if (!http_is_origin(origins[i]))
            return error_new(arena, ERROR_INPUT,
                             "%s: must be https://HOST (http:// only on this computer)",
                             origins[i]);
        outgoing->origins[outgoing->count++] = arena_copy(arena, origins[i]);
    }
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return error_new(arena, ERROR_INTERNAL, "libcurl cannot be set up");
    *out = outgoing;
    return NULL;
}

static size_t body_take(char *bytes, size_t size, size_t count, void *user)
{
    struct buf *body = user;

    if (size * count > LIMIT_OUTGOING_BYTES - body->length)
        return 0; /* libcurl ends the transfer */
    buf_bytes(body, bytes, size * count);
    return size * count;
}

static bool header_add(struct curl_slist **headers, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*headers, line);

    *headers = longer ? longer : *headers;
    return longer;
}

static bool headers_add(struct curl_slist **headers, struct arena *arena,
                        const struct http_request *request)
{
    /* Without "Expect:" libcurl asks before it sends a longer body, and waits a second for that. */
    bool is_good =
        header_add(headers, "Accept: application/json") && header_add(headers, "Expect:");

    if (request->body)
        is_good = is_good &&
                  header_add(headers, arena_printf(arena, "Content-Type: %s",
                                                   request->content_type ? request->content_type
                                                                         : "application/json"));
    if (request->idempotency_key)
        is_good = is_good && header_add(headers, arena_printf(arena, "Idempotency-Key: %s",
                                                              request->idempotency_key));
    for (size_t i = 0; i < request->header_count; i++)
        is_good =
            is_good && header_add(headers, arena_printf(arena, "%s: %s", request->headers[i].name,
                                                        request->headers[i].value));
    return is_good;
}

/* False: libcurl does not know an option or has no memory. */
static bool options_set(CURL *curl, const struct http_request *request, int64_t timeout_ms,
                        struct buf *body)
{
    bool is_tls = text_starts(request->url, "https:");
    int64_t connect_ms =
        timeout_ms < LIMIT_OUTGOING_CONNECT_MS ? timeout_ms : LIMIT_OUTGOING_CONNECT_MS;
    int failed = 0;

    failed |= curl_easy_setopt(curl, CURLOPT_URL, request->url) != CURLE_OK;
    failed |= curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, is_tls ? "https" : "http") != CURLE_OK;
    failed |= curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) != CURLE_OK;
    /* "" is no proxy; unset would be the one that the environment names. */
    failed |= curl_easy_setopt(curl, CURLOPT_PROXY, "") != CURLE_OK;
    failed |= curl_easy_setopt(curl, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L) != CURLE_OK;
    failed |= curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L) != CURLE_OK;
    failed |= curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L) != CURLE_OK;
    failed |= curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) != CURLE_OK;
    failed |= curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms) != CURLE_OK;
    failed |= curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms) != CURLE_OK;
    failed |= curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) != CURLE_OK;
    failed |= curl_easy_setopt(curl, CURLOPT_USERAGENT, "Domicile") != CURLE_OK;
    failed |= curl_easy_setopt(curl, CURLOPT_MAXFILESIZE, (long)LIMIT_OUTGOING_BYTES) != CURLE_OK;
    failed |= curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, body_take) != CURLE_OK;
    failed |= curl_easy_setopt(curl, CURLOPT_WRITEDATA, (void *)body) != CURLE_OK;
    if (request->body)
        failed |= curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body) != CURLE_OK;
    failed |= curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method) != CURLE_OK;
    return !failed;
}

/* "" when it was not sent, or is nothing that one would write down. */
static const char *header_get(CURL *curl, struct arena *arena, const char *name)
{
    struct curl_header *header;

    if (curl_easy_header(curl, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK ||
        strlen(header->value) > MOST_ID_BYTES || !text_is_printable(header->value, '!'))
        return "";
    return arena_copy(arena, header->value);
}

static enum advice advice_get(CURL *curl, struct arena *arena)
{
    const char *text = header_get(curl, arena, "Stripe-Should-Retry");

    return strcmp(text, "true") == 0 ? TRY_AGAIN : strcmp(text, "false") == 0 ? GIVE_UP : NO_ADVICE;
}

static void attempt_make(struct arena *arena, const struct http_request *request,
                         int64_t timeout_ms, struct attempt *attempt)
{
    struct curl_slist *headers = NULL;
    CURL *curl = curl_easy_init();
    curl_off_t retry_after_s = 0;
    long status = 0;

    attempt->body.length = 0;
    attempt->body.bytes[0] = '\0';
    attempt->status = 0;
    attempt->retry_after_s = 0;
    attempt->request_id = "";
    attempt->code = CURLE_FAILED_INIT;
    if (!curl || !headers_add(&headers, arena, request) ||
        !options_set(curl, request, timeout_ms, &attempt->body) ||
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers) != CURLE_OK)
        goto done;
    attempt->code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &retry_after_s);
    attempt->status = (int)status;
    attempt->retry_after_s = retry_after_s;
    attempt->advice = advice_get(curl, arena);
    attempt->request_id = header_get(curl, arena, "Request-Id");
done:
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
}

static bool status_is_passing(const struct attempt *attempt, enum retry_policy habit)
{
    if (habit == OUTGOING_USUAL)
        return attempt->status == 408 || attempt->status == 429 || attempt->status >= 500;
    if (attempt->advice != NO_ADVICE)
        return attempt->advice == TRY_AGAIN;
    return attempt->status == 409 || attempt->status >= 500;
}

/* What may be different a moment later. A wrong certificate or an endless body will not be. */
static bool is_passing(const struct attempt *attempt, enum retry_policy habit)
{
    switch (attempt->code) {
    case CURLE_OK:
        return status_is_passing(attempt, habit);
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_OPERATION_TIMEDOUT:
        return true;
    default:
        return false;
    }
}

/* 250 ms (Stripe: 500 ms), then twice that, ... and up to half as much again, so that many clients
 * do not come back as one. */
static int64_t wait_ms(const struct attempt *attempt, enum retry_policy habit, int tries)
{
    int64_t base_ms = backoff_ms(tries, habit == OUTGOING_STRIPE ? STRIPE_WAIT_MS : FIRST_WAIT_MS,
                                 LIMIT_OUTGOING_MS);
    uint16_t jitter;

    if (attempt->retry_after_s > 0)
        return (attempt->retry_after_s < A_DAY_S ? attempt->retry_after_s : A_DAY_S) * 1000;
    crypto_random(&jitter, sizeof jitter);
    return base_ms + base_ms * jitter / (2 * UINT16_MAX);
}

static void pause_ms(int64_t length_ms)
{
    struct timespec rest = { .tv_sec = length_ms / 1000, .tv_nsec = length_ms % 1000 * 1000000 };

    while (nanosleep(&rest, &rest) != 0 && errno == EINTR)
        continue;
}

struct error *smtp_send(const struct outgoing *outgoing, struct arena *arena,
                        const struct http_request *request, struct http_response *out)
{
    bool is_safe = request->idempotency_key || strcmp(request->method, "GET") == 0 ||
                   strcmp(request->method, "DELETE") == 0;
    int64_t end_ms = clock_monotonic_us() / 1000 + LIMIT_OUTGOING_MS;
    struct attempt attempt = { .body = buf_new(arena, FIRST_BODY_BYTES) };
    struct error *e = http_request_check(arena, outgoing->origins, outgoing->count, request);

    if (e)
        return e;
    for (int tries = 1;; tries++) {
        int64_t left_ms = end_ms - clock_monotonic_us() / 1000;
        int64_t next_ms;

        attempt_make(arena, request, left_ms, &attempt);
        next_ms = wait_ms(&attempt, request->habit, tries);
        left_ms = end_ms - clock_monotonic_us() / 1000;
        if (!is_safe || !is_passing(&attempt, request->habit) || tries == LIMIT_OUTGOING_TRIES ||
            next_ms > LIMIT_OUTGOING_WAIT_MS || next_ms >= left_ms)
            break;
        pause_ms(next_ms);
    }
    if (attempt.code != CURLE_OK)
        return error_new(arena, ERROR_UPSTREAM, "%s %.*s: %s", request->method,
                         (int)strcspn(request->url, "?#"), request->url,
                         curl_easy_strerror(attempt.code));
    *out = (struct http_response){
        .status = attempt.status,
        .body = attempt.body.bytes,
        .body_length = attempt.body.length,
        .request_id = attempt.request_id,
    };
    return NULL;
}

/* ---- mail ---- */

enum { ANSWER_BYTES = 200 };

/* What was said on one connection. */
struct smtp_session {
    char answer[ANSWER_BYTES]; /* the server's last line */
    bool is_about_recipient;   /* it answers for the recipient or the letter, not for us */
    bool is_over;              /* we have said QUIT: what follows is courtesy */
};

struct error *smtp_open(struct arena *arena)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return error_new(arena, ERROR_INTERNAL, "libcurl cannot be set up");
    return NULL;
}

/* One printable line of what the server said. */
static void answer_keep(struct smtp_session *talk, const char *bytes, size_t size)
{
    size_t length = 0;

    for (; length < size && length + 1 < sizeof talk->answer; length++) {
        if (bytes[length] == '\r' || bytes[length] == '\n')
            break;
        talk->answer[length] = bytes[length] < ' ' || bytes[length] > '~' ? '?' : bytes[length];
    }
    talk->answer[length] = '\0';
}

/* libcurl tells what it says and hears; the password passes by here and is not looked at. */
static int talk_note(CURL *curl, curl_infotype type, char *bytes, size_t size, void *user)
{
    struct smtp_session *talk = user;

    (void)curl;
    if (type == CURLINFO_HEADER_OUT && size >= 4 && strncmp(bytes, "QUIT", 4) == 0)
        talk->is_over = true;
    if (talk->is_over)
        return 0;
    if (type == CURLINFO_HEADER_OUT && size >= 5)
        talk->is_about_recipient =
            strncmp(bytes, "RCPT ", 5) == 0 || strncmp(bytes, "DATA\r", 5) == 0;
    if (type == CURLINFO_HEADER_IN)
        answer_keep(talk, bytes, size);
    return 0;
}

/* What is common to a mail and a look at the server. False as for options_set. */
static bool smtp_options_set(CURL *curl, const struct smtp_server *smtp, const char *url,
                             struct smtp_session *talk)
{
    bool is_plain = url_is_loopback(smtp->url, "smtp://") && !smtp->ca_file;
    long tls = is_plain ? CURLUSESSL_NONE : CURLUSESSL_ALL;
    int failed = 0;

    failed |= curl_easy_setopt(curl, CURLOPT_URL, url) != CURLE_OK;
    failed |= curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps") != CURLE_OK;
    failed |= curl_easy_setopt(curl, CURLOPT_PROXY, "") != CURLE_OK;
    failed |= curl_easy_setopt(curl, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L) != CURLE_OK;
    failed |= curl_easy_setopt(curl, CURLOPT_USE_SSL, tls) != CURLE_OK;
    failed |= curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L) != CURLE_OK;
    failed |= curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L) != CURLE_OK;
    failed |= curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) != CURLE_OK;
    if (smtp->ca_file) {
        failed |= curl_easy_setopt(curl, CURLOPT_CAINFO, smtp->ca_file) != CURLE_OK;
        failed |= curl_easy_setopt(curl, CURLOPT_CAPATH, NULL) != CURLE_OK;
    }
    if (smtp->user) {
        failed |= curl_easy_setopt(curl, CURLOPT_USERNAME, smtp->user) != CURLE_OK;
        failed |= curl_easy_setopt(curl, CURLOPT_PASSWORD, smtp->password) != CURLE_OK;
    }
    failed |=
        curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)LIMIT_MAIL_CONNECT_MS) != CURLE_OK;
    failed |= curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)LIMIT_MAIL_MS) != CURLE_OK;
    failed |= curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) != CURLE_OK;
    failed |= curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, talk_note) != CURLE_OK;
    failed |= curl_easy_setopt(curl, CURLOPT_DEBUGDATA, (void *)talk) != CURLE_OK;
    failed |= curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L) != CURLE_OK;
    return !failed;
}

/* Ask for what the options say, and put into words what came of it. */
static struct error *smtp_perform(CURL *curl, const struct smtp_server *smtp, struct arena *arena,
                                  struct smtp_session *talk, const char **answer)
{
    CURLcode code = curl_easy_perform(curl);
    enum error_kind kind = ERROR_UPSTREAM;
    long status = 0;

    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_OK)
        return NULL;
    /* Before that a 5xx is about our password or our address: the operator can mend it. */
    if (status >= 500 && talk->is_about_recipient)
        kind = ERROR_INPUT;
    if (status < 400)
        return error_new(arena, kind, "%s: %s", smtp->url, curl_easy_strerror(code));
    /* Behind the number, which stands in our text already. */
    *answer = arena_copy(arena, talk->answer + strnlen(talk->answer, 4));
    return error_new(arena, kind, "%s: answered %ld", smtp->url, status);
}

static bool part_add(curl_mime *mime, const char *type, const char *body)
{
    curl_mimepart *part = curl_mime_addpart(mime);

    return part && curl_mime_type(part, type) == CURLE_OK &&
           curl_mime_encoder(part, "quoted-printable") == CURLE_OK &&
           curl_mime_data(part, body, CURL_ZERO_TERMINATED) == CURLE_OK;
}

static bool letter_set(CURL *curl, curl_mime *mime, struct curl_slist **headers,
                       struct curl_slist **recipients, struct arena *arena,
                       const struct smtp_message *letter)
{
    /* libcurl adds the boundary; without this line it would write multipart/mixed. */
    bool is_good = mime && header_add(headers, "Content-Type: multipart/alternative");

    for (size_t i = 0; i < letter->header_count; i++)
        is_good = is_good && header_add(headers, letter->headers[i]);
    return is_good && header_add(recipients, arena_printf(arena, "<%s>", letter->to)) &&
           part_add(mime, "text/plain; charset=utf-8", letter->text) &&
           part_add(mime, "text/html; charset=utf-8", letter->html) &&
           curl_easy_setopt(curl, CURLOPT_MAIL_FROM, arena_printf(arena, "<%s>", letter->from)) ==
               CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, *recipients) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_HTTPHEADER, *headers) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_MIMEPOST, mime) == CURLE_OK;
}

struct error *smtp_client(const struct smtp_server *smtp, struct arena *arena,
                          const struct smtp_message *letter, const char **answer)
{
    struct smtp_session talk = { .answer = "" };
    struct curl_slist *headers = NULL, *recipients = NULL;
    const char *url = arena_printf(arena, "%s/%s", smtp->url, smtp->name);
    CURL *curl = curl_easy_init();
    curl_mime *mime = curl ? curl_mime_init(curl) : NULL;
    struct error *e = smtp_message_check(arena, letter);

    *answer = NULL;
    if (e)
        goto done;
    if (curl && smtp_options_set(curl, smtp, url, &talk) &&
        letter_set(curl, mime, &headers, &recipients, arena, letter))
        e = smtp_perform(curl, smtp, arena, &talk, answer);
    else
        e = error_new(arena, ERROR_UPSTREAM, "libcurl has no memory, or lacks an option");
done:
    curl_easy_cleanup(curl);
    curl_mime_free(mime);
    curl_slist_free_all(headers);
    curl_slist_free_all(recipients);
    return e;
}

struct error *smtp_check(const struct smtp_server *smtp, struct arena *arena, const char **answer)
{
    struct smtp_session talk = { .answer = "" };
    const char *url = arena_printf(arena, "%s/%s", smtp->url, smtp->name);
    CURL *curl = curl_easy_init();
    struct error *e;

    *answer = NULL;
    if (curl && smtp_options_set(curl, smtp, url, &talk) &&
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, "NOOP") == CURLE_OK)
        e = smtp_perform(curl, smtp, arena, &talk, answer);
    else
        e = error_new(arena, ERROR_UPSTREAM, "libcurl has no memory, or lacks an option");
    curl_easy_cleanup(curl);
    return e;
}
