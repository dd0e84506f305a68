/* What may leave at all; see http_check.h. Knows no libcurl. */
#include "adapter/http_check.h"

#include "base/limit.h"
#include "base/text.h"
#include "base/url.h"

#include <string.h>

/* Scheme, host and port: what may follow is a path, and nothing in it can name another host. */
bool http_is_origin(const char *text)
{
    return url_is_origin(text, "https://") ||
           (url_is_origin(text, "http://") && url_is_loopback(text, "http://"));
}

static bool url_is_allowed(const char *const *origins, size_t count, const char *url)
{
    for (size_t i = 0; i < count; i++) {
        /* The '/' behind the origin rules out "https://api.workos.com.evil.example" and "...@evil".
         */
        if (text_starts(url, origins[i]) && url[strlen(origins[i])] == '/')
            return text_is_printable(url, '!');
    }
    return false;
}

struct error *http_request_check(struct arena *arena, const char *const *origins, size_t count,
                                 const struct http_request *request)
{
    if (!url_is_allowed(origins, count, request->url))
        return error_new(arena, ERROR_INTERNAL, "outgoing: a URL that is not on the list");
    for (size_t i = 0; i < request->header_count; i++) {
        if (!text_is_printable(request->headers[i].value, ' '))
            return error_new(arena, ERROR_INTERNAL, "outgoing: header %s is not printable",
                             request->headers[i].name);
    }
    return NULL;
}

/* Printable ASCII; a new line only as a fold, which goes on with a blank. */
static bool is_header(const char *line)
{
    for (; *line; line++) {
        if (strncmp(line, "\r\n ", 3) == 0)
            line += 2;
        if (*line < ' ' || *line > '~')
            return false;
    }
    return true;
}

struct error *smtp_message_check(struct arena *arena, const struct smtp_message *letter)
{
    if (!text_is_email(letter->from) || !text_is_email(letter->to))
        return error_new(arena, ERROR_INPUT, "not an address that mail can go to or from");
    for (size_t i = 0; i < letter->header_count; i++) {
        if (!is_header(letter->headers[i]))
            return error_new(arena, ERROR_INPUT, "the header %.*s is not printable",
                             (int)strcspn(letter->headers[i], ":\r\n"), letter->headers[i]);
    }
    if (strlen(letter->text) + strlen(letter->html) > LIMIT_MAIL_BYTES)
        return error_new(arena, ERROR_INPUT, "larger than a mail of ours can be");
    return NULL;
}
