/* Scheme, host and port of a URL; see url.h. */
#include "base/url.h"

#include "base/array.h"
#include "base/text.h"

#include <string.h>

bool url_is_origin(const char *text, const char *scheme)
{
    const char *host = text + strlen(scheme);

    return text_starts(text, scheme) && *host &&
           !host[strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789.-:[]")];
}

/* Length of the host after "://", with the brackets of an IPv6 address. */
static size_t host_length(const char *host)
{
    return host[0] == '[' ? strcspn(host, "]") + (strchr(host, ']') != NULL)
                          : strcspn(host, ":/?#");
}

/* Length of a port with its colon; 0: none. */
static size_t port_length(const char *port)
{
    return *port == ':' ? 1 + strspn(port + 1, "0123456789") : 0;
}

bool url_is_loopback(const char *url, const char *scheme)
{
    static const char *const hosts[] = { "127.0.0.1", "localhost", "[::1]" };
    const char *host = url + strlen(scheme);

    for (size_t i = 0; text_starts(url, scheme) && i < COUNT(hosts); i++) {
        const char *end = host + strlen(hosts[i]);

        if (!text_starts(host, hosts[i]))
            continue;
        end += port_length(end);
        /* A user name would precede an '@': "http://localhost:80@example.org". */
        return !*end || *end == '/';
    }
    return false;
}

const char *url_host(struct arena *arena, const char *url)
{
    const char *host = strstr(url, "://") + 3;

    return arena_copy_bytes(arena, host, host_length(host));
}

/* Mail is submitted at 587 as often as at 25. */
static bool is_usual_port(const char *url, const char *port, size_t length)
{
    static const char *const usual[][2] = { { "http:", ":80" },
                                            { "https:", ":443" },
                                            { "smtp:", ":25" },
                                            { "smtp:", ":587" },
                                            { "smtps:", ":465" } };

    for (size_t i = 0; i < COUNT(usual); i++) {
        if (text_starts(url, usual[i][0]) && strlen(usual[i][1]) == length &&
            memcmp(port, usual[i][1], length) == 0)
            return true;
    }
    return length <= 1;
}

const char *url_service(struct arena *arena, const char *url)
{
    const char *host = strstr(url, "://") + 3;
    const char *port = host + host_length(host);
    size_t length = port_length(port);

    if (is_usual_port(url, port, length))
        length = 0;
    return text_lower(arena, arena_copy_bytes(arena, host, (size_t)(port - host) + length));
}

bool url_is_reserved(struct arena *arena, const char *url)
{
    static const char *const ends[] = { ".example",     ".test",        ".invalid",    ".localhost",
                                        ".example.com", ".example.net", ".example.org" };
    const char *host = arena_printf(arena, ".%s", text_lower(arena, url_host(arena, url)));
    size_t length = strlen(host);

    for (size_t i = 0; i < COUNT(ends); i++) {
        size_t end = strlen(ends[i]);

        if (length >= end && strcmp(host + length - end, ends[i]) == 0)
            return true;
    }
    return false;
}
