/* What of a request may be counted; see counted.h. */
#include "web/counted.h"

#include "base/limit.h"
#include "base/text.h"
#include "base/url.h"
#include "web/route.h"
#include "web/session.h"

#include <string.h>

enum counted counted_as(const struct request *r)
{
    if (!r->config->has_counts || strcmp(r->gpc, "1") == 0)
        return COUNTED_NOT;
    if (!r->session || !r->session->team_id)
        return COUNTED_VISITOR;
    return r->session->is_uncounted ? COUNTED_NOT : COUNTED_TEAM;
}

const char *counted_name(enum counted counted)
{
    static const char *const names[] = { "no", "visitor", "team" };

    return names[counted];
}

/* A name of several parts whose last one begins with a letter: addresses and "localhost" do not. */
static bool is_name(const char *host)
{
    const char *last = strrchr(host, '.');

    return last && last[1] >= 'a' && last[1] <= 'z' && strlen(host) <= LIMIT_SOURCE_BYTES &&
           strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789.-") == strlen(host);
}

const char *counted_source(const struct request *r)
{
    const char *host = strstr(r->referer, "://");

    if (!r->config->has_referrers || counted_as(r) != COUNTED_VISITOR || r->is_fragment ||
        !r->route || strcmp(r->route->method, "GET") != 0 || r->response.status != 200)
        return NULL;
    if (!text_starts(r->referer, "https://") && !text_starts(r->referer, "http://"))
        return NULL;
    /* Who is named before the host is nobody's business. */
    if (memchr(host + 3, '@', strcspn(host + 3, "/?#")))
        return NULL;
    host = text_lower(r->arena, url_host(r->arena, r->referer));
    return is_name(host) && strcmp(host, url_host(r->arena, r->config->public_url)) != 0 ? host
                                                                                         : NULL;
}
