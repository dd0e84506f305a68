/*
 * What visitors get from our own server: one of each kind of answer is asked for and looked
 * through. See promise.h.
 */
#include "worker/promise_ask.h"

#include "base/array.h"
#include "base/name_list.h"
#include "base/text.h"

#include <string.h>
#include <strings.h>

enum {
    FAULTS_MAX = 64,   /* that are told apart */
    FAULTS_NAMED = 12, /* as evidence */
    NAME_MAX = 64,     /* characters of a cookie's or a host's name */
};

static const char COOKIE[] = "__Host-session";

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
        fetched.arena = arena_new(2 * SAMPLES * (ANSWER_BODY_BYTES + ANSWER_HEADERS_BYTES));
    fetched.is_asked = fetched.is_complete = true;
    for (size_t i = 0; i < SAMPLES; i++) {
        fetched.answers[i] =
            answer_ask(fetched.arena, samples[i].method, answer_url(now, samples[i].path), NULL);
        fetched.is_complete &= fetched.answers[i].status != 0;
    }
}

/* The answers to all samples. NULL without one of them: then nothing is known; no error of ours. */
static const struct answer *samples_ask(const struct context *now, struct promise_reading *out)
{
    if (!fetched.is_asked)
        samples_fetch(now);
    if (!fetched.is_complete)
        answer_unreachable(now, out);
    return fetched.is_complete ? fetched.answers : NULL;
}

/* ---- what is wrong with them ---- */

/* One thing that is wrong, and with which of the samples. */
struct faults {
    const struct context *now;
    size_t count;
    struct {
        const char *what;
        bool is_of[SAMPLES];
    } row[FAULTS_MAX];
};

/* `what`: "X-Frame-Options is missing". */
static void fault_add(struct faults *faults, size_t sample, const char *what)
{
    size_t at = 0;

    while (at < faults->count && strcmp(faults->row[at].what, what) != 0)
        at++;
    if (at == FAULTS_MAX)
        return;
    faults->row[at].what = what;
    faults->row[at].is_of[sample] = true;
    faults->count += at == faults->count;
}

/* "All answers", "200, 404 answers, as to GET /": of a kind of answer, its first sample. */
static const char *answers_text(struct arena *arena, const bool *is_of)
{
    struct buf statuses = buf_new(arena, 64);
    size_t first = SAMPLES, count = 0;

    for (size_t i = 0; i < SAMPLES; i++) {
        const char *status = arena_printf(arena, "%d", fetched.answers[i].status);

        if (!is_of[i])
            continue;
        first = count++ ? first : i;
        name_list_add(&statuses, status, strlen(status));
    }
    return count == SAMPLES ? "All answers"
                            : arena_printf(arena, "%s answers, as to %s %s", statuses.bytes,
                                           samples[first].method, samples[first].path);
}

/* All that is wrong with the same answers as the fault at `at`, unless an earlier one was told. */
static void group_tell(const struct faults *faults, size_t at, struct buf *text)
{
    size_t size = sizeof faults->row[at].is_of;

    for (size_t i = 0; i < at; i++) {
        if (memcmp(faults->row[i].is_of, faults->row[at].is_of, size) == 0)
            return;
    }
    buf_printf(text, " %s: %s", answers_text(faults->now->arena, faults->row[at].is_of),
               faults->row[at].what);
    for (size_t i = at + 1; i < faults->count && i < FAULTS_NAMED; i++) {
        if (memcmp(faults->row[i].is_of, faults->row[at].is_of, size) == 0)
            buf_printf(text, ", %s", faults->row[i].what);
    }
    buf_char(text, '.');
}

/* The figure is how many different things are wrong. */
static void faults_tell(const struct faults *faults, struct promise_reading *out)
{
    struct buf text = buf_new(faults->now->arena, 512);

    buf_printf(&text, "%d kinds of answer were fetched from %s.", SAMPLES,
               faults->now->config->public_url);
    for (size_t i = 0; i < faults->count && i < FAULTS_NAMED; i++)
        group_tell(faults, i, &text);
    if (faults->count > FAULTS_NAMED)
        buf_printf(&text, " And %zu more.", faults->count - FAULTS_NAMED);
    out->figure = (int64_t)faults->count;
    out->evidence = text.bytes;
}

/* A name from an answer, up to one of `ends`; what is no plain text is left out. */
static const char *name_copy(struct arena *arena, const char *text, const char *ends)
{
    struct buf name = buf_new(arena, NAME_MAX + 1);

    for (const char *at = text; *at && !strchr(ends, *at) && name.length < NAME_MAX; at++) {
        if (*at > ' ' && *at <= '~')
            buf_char(&name, *at);
    }
    return name.length ? name.bytes : "without a name";
}

/* ---- cookies ---- */

static bool has_attribute(const char *cookie, const char *end, const char *attribute)
{
    const char *found = strcasestr(cookie, attribute);

    return found && found < end;
}

/* Its name, and what it lacks; never its value. NULL: nothing is wrong with it. */
static const char *cookie_fault(struct arena *arena, const char *cookie)
{
    static const char *const protections[] = { "; Secure", "; HttpOnly", "; Path=/",
                                               "; SameSite=" };
    const char *end = cookie + strcspn(cookie, "\r\n"), *name;
    struct buf lacking = buf_new(arena, 64);
    size_t length = sizeof COOKIE - 1;

    if (strncmp(cookie, COOKIE, length) != 0 || cookie[length] != '=') {
        name = name_copy(arena, cookie, "=;\r\n");
        return arena_printf(arena, "another cookie is set, %s", name);
    }
    for (size_t i = 0; i < COUNT(protections); i++) {
        const char *word = protections[i] + 2;

        if (!has_attribute(cookie, end, protections[i]))
            name_list_add(&lacking, word, strcspn(word, "="));
    }
    return lacking.length ? arena_printf(arena, "%s is set without %s", COOKIE, lacking.bytes)
                          : NULL;
}

struct error *promise_cookie_check(struct worker_context *context, const struct promise *promise,
                                   const struct context *now, struct promise_reading *out)
{
    const struct answer *answers = samples_ask(now, out);
    struct faults faults = { .now = now };

    (void)context;
    (void)promise;
    if (!answers)
        return NULL;
    for (size_t i = 0; i < SAMPLES; i++) {
        const char *at = answer_text(&answers[i].headers);

        for (const char *cookie; (cookie = answer_line(&at, "Set-Cookie"));) {
            const char *fault = cookie_fault(now->arena, cookie);

            if (fault)
                fault_add(&faults, i, fault);
        }
    }
    faults_tell(&faults, out);
    return NULL;
}

/* ---- headers ---- */

/* And what their values begin with in nginx.conf: a policy may differ in its details. */
static const struct {
    const char *name, *value;
} required[] = {
    { "Content-Security-Policy", "default-src 'none';" },
    { "Strict-Transport-Security", "max-age=63072000" },
    { "X-Content-Type-Options", "nosniff" },
    { "X-Frame-Options", "DENY" },
    { "Referrer-Policy", "same-origin" },
    { "Cross-Origin-Opener-Policy", "same-origin" },
    { "Cross-Origin-Embedder-Policy", "require-corp" },
    { "Cross-Origin-Resource-Policy", "same-origin" },
    { "Permissions-Policy", "accelerometer=()" },
};

/* What is wrong with one of them in an answer; NULL: nothing. */
static const char *header_fault(const char *headers, size_t at)
{
    const char *value = answer_line(&headers, required[at].name);

    if (!value)
        return "is missing";
    if (answer_line(&headers, required[at].name))
        return "is sent twice";
    return text_starts(value, required[at].value) ? NULL : "has another value than it should";
}

struct error *promise_headers_check(struct worker_context *context, const struct promise *promise,
                                    const struct context *now, struct promise_reading *out)
{
    const struct answer *answers = samples_ask(now, out);
    struct faults faults = { .now = now };

    (void)context;
    (void)promise;
    if (!answers)
        return NULL;
    for (size_t i = 0; i < SAMPLES * COUNT(required); i++) {
        size_t sample = i / COUNT(required), at = i % COUNT(required);
        const char *fault = header_fault(answer_text(&answers[sample].headers), at);

        if (fault)
            fault_add(&faults, sample, arena_printf(now->arena, "%s %s", required[at].name, fault));
    }
    faults_tell(&faults, out);
    return NULL;
}

/* ---- third parties ---- */

static bool is_address(const char *text)
{
    return text_starts(text, "http:") || text_starts(text, "https:") || text_starts(text, "//");
}

/* Ours begins with our origin, and a path or nothing follows. */
static bool is_foreign(const struct context *now, const char *address)
{
    size_t length = strlen(now->config->public_url);

    return is_address(address) &&
           (!text_starts(address, now->config->public_url) || !strchr("/?#\"') ", address[length]));
}

static const char *host_of(struct arena *arena, const char *address)
{
    const char *host = *address == '/' ? address : strchr(address, ':') + 1;

    return name_copy(arena, host + strspn(host, "/"), "/?#\"') ");
}

/* Addresses of other servers that a page makes a browser load something from, or send to. */
static void page_judge(struct faults *faults, size_t sample, const char *page)
{
    static const char *const attributes[] = { " src=\"", " srcset=\"",    " action=\"",
                                              "url(",    "<link href=\"", " data=\"" };
    struct arena *arena = faults->now->arena;

    for (size_t i = 0; i < COUNT(attributes); i++) {
        for (const char *at = page; (at = strstr(at, attributes[i]));) {
            at += strlen(attributes[i]);
            if (is_foreign(faults->now, at))
                fault_add(faults, sample,
                          arena_printf(arena, "%s is requested", host_of(arena, at)));
        }
    }
}

/* Sources of a Content-Security-Policy are keywords in quotes and "data:", never a host. */
static void policy_judge(struct faults *faults, size_t sample, const char *policy)
{
    struct arena *arena = faults->now->arena;

    for (const char *at = policy; *at && *at != '\r' && *at != '\n';
         at += strcspn(at, " ;\r\n") + strspn(at + strcspn(at, " ;\r\n"), " ;")) {
        if (is_address(at) || *at == '*' || memchr(at, '.', strcspn(at, " ;\r\n")))
            fault_add(faults, sample,
                      arena_printf(arena, "the Content-Security-Policy has %s",
                                   name_copy(arena, at, " ;\r\n")));
    }
}

struct error *promise_third_party_check(struct worker_context *context,
                                        const struct promise *promise, const struct context *now,
                                        struct promise_reading *out)
{
    const struct answer *answers = samples_ask(now, out);
    struct faults faults = { .now = now };

    (void)context;
    (void)promise;
    if (!answers)
        return NULL;
    for (size_t i = 0; i < SAMPLES; i++) {
        const char *at = answer_text(&answers[i].headers);
        const char *policy = answer_line(&at, "Content-Security-Policy");

        page_judge(&faults, i, answer_text(&answers[i].body));
        if (policy)
            policy_judge(&faults, i, policy);
    }
    faults_tell(&faults, out);
    return NULL;
}
