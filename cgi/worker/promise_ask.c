/* Asks our own server; see promise_ask.h. */
#include "worker/promise_ask.h"

#include "adapter/transfer.h"
#include "base/array.h"

#include <string.h>
#include <strings.h>

enum { CONNECT_MS = 5000, ANSWER_MS = 20000 };

static void header_take(void *listener, bool is_ours, const char *bytes, size_t size)
{
    struct answer *answer = listener;

    if (!is_ours && answer->headers.length + size < ANSWER_HEADERS_BYTES)
        buf_bytes(&answer->headers, bytes, size);
}

struct answer answer_ask(struct arena *arena, const char *method, const char *url,
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
        .response_max = ANSWER_BODY_BYTES,
    };

    transfer_run(&transfer, arena);
    answer.status = transfer.status;
    answer.certificate_ends_at = transfer.certificate_ends_at;
    return answer;
}

const char *answer_url(const struct context *now, const char *path)
{
    return arena_printf(now->arena, "%s%s", now->config->public_url, path);
}

void answer_unreachable(const struct context *now, struct promise_reading *out)
{
    out->is_known = false;
    out->evidence =
        arena_printf(now->arena, "This server could not be reached at its own address, %s.",
                     now->config->public_url);
}

const char *answer_text(const struct buf *buf)
{
    return buf->bytes ? buf->bytes : "";
}

const char *answer_line(const char **at, const char *name)
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
