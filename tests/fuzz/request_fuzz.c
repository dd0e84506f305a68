/*
 * Fuzzes request_read and fastcgi_body_length: the input is an environment, one NAME=VALUE a line,
 * and behind an empty line the body.
 */
#include "fuzz.h"

#include "adapter/crypto.h"
#include "adapter/fastcgi.h"
#include "base/limit.h"
#include "web/request.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct arena *arena = fuzz_arena();
    char *text = arena_copy_bytes(arena, bytes, length);
    char *pairs[LIMIT_ENVIRONMENT + 8] = { NULL };
    struct request r = { .arena = arena };
    size_t count = 0, announced = 0, at = 0;
    struct error *e;

    while (at < length && text[at] != '\n' && count < LIMIT_ENVIRONMENT + 7) {
        pairs[count++] = text + at;
        at += strcspn(text + at, "\n");
        if (at < length)
            text[at++] = '\0';
    }
    e = fastcgi_body_length(arena, pairs, LIMIT_BODY_BYTES, &announced);
    FUZZ_DEMAND(announced <= LIMIT_BODY_BYTES && (!e || announced == 0));
    at += at < length;
    e = request_read(&r, pairs, (const char *)bytes + at, length - at);
    FUZZ_DEMAND(r.method && r.path && r.query && r.body && r.content_type && r.session_token);
    FUZZ_DEMAND(r.origin && r.referer && r.fetch_site && r.user_agent && r.if_none_match);
    FUZZ_DEMAND(r.path[0] == '/' && strlen(r.path) <= LIMIT_PATH_BYTES);
    FUZZ_DEMAND(strlen(r.query) <= LIMIT_QUERY_BYTES);
    for (const char *c = r.path; *c; c++)
        FUZZ_DEMAND(*c > 0x20 && *c < 0x7f && *c != '?');
    FUZZ_DEMAND(!*r.session_token || crypto_is_token(r.session_token));
    FUZZ_DEMAND(!e || (!*r.session_token && strcmp(r.path, "/") == 0));
    FUZZ_DEMAND(e || (r.body_length == length - at && !r.body[r.body_length]));
    return 0;
}
