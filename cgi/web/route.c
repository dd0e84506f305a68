/* Finds the route for a method and path; see route.h. */
#include "web/route.h"

#include "base/limit.h"
#include "base/text.h"
#include "model/role.h"
#include "web/session.h"

#include <string.h>

/* Whether `path` matches `pattern`; the segments that match ":word" are stored in `parameters`. */
static bool pattern_fits(struct arena *arena, const char *pattern, const char *path,
                         const char **parameters)
{
    size_t count = 0;

    memset(parameters, 0, ROUTE_PARAMETERS * sizeof *parameters);
    while (*pattern) {
        if (*pattern == ':' && count < ROUTE_PARAMETERS) {
            size_t length = strspn(path, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                         "0123456789._~-");

            if (!length)
                return false;
            parameters[count++] = arena_copy_bytes(arena, path, length);
            path += length;
            pattern += strcspn(pattern, "/");
            continue;
        }
        if (*pattern++ != *path++)
            return false;
    }
    return !*path;
}

struct error *route_find(struct request *r, const struct route *routes, size_t count)
{
    const char *wanted = strcmp(r->method, "HEAD") == 0 ? "GET" : r->method;
    const char *allow = NULL;

    for (size_t i = 0; i < count; i++) {
        if (!pattern_fits(r->arena, routes[i].pattern, r->path, r->parameters))
            continue;
        if (strcmp(routes[i].method, wanted) == 0) {
            r->route = &routes[i];
            r->response.allow = NULL;
            return NULL;
        }
        allow = arena_printf(r->arena, "%s%s%s", allow ? allow : "", allow ? ", " : "",
                             strcmp(routes[i].method, "GET") == 0 ? "GET, HEAD" : routes[i].method);
    }
    r->response.allow = allow;
    return allow ? error_new(r->arena, ERROR_METHOD, "method %s", r->method)
                 : error_new(r->arena, ERROR_NOT_FOUND, "no such path");
}

static bool has_page(const struct request *r, const char *path, const struct route *routes,
                     size_t count)
{
    const char *parameters[ROUTE_PARAMETERS];

    for (size_t i = 0; i < count; i++) {
        if (strcmp(routes[i].method, "GET") == 0 &&
            pattern_fits(r->arena, routes[i].pattern, path, parameters))
            return true;
    }
    return false;
}

/*
 * The page that the browser says the form is on. A form that is shown again with its problems is at
 * the address of its POST: then that, or the nearest page above it.
 */
static const char *form_page(const struct request *r, const struct route *routes, size_t count)
{
    size_t length = strlen(r->path);
    bool is_ours = text_starts(r->referer, r->config->public_url);
    const char *page = is_ours ? r->referer + strlen(r->config->public_url) : "";
    char *path = arena_copy(r->arena, r->path);

    if (text_is_local_path(page) &&
        !(strncmp(page, r->path, length) == 0 && (!page[length] || page[length] == '?')))
        return page;
    while (*path && !has_page(r, path, routes, count))
        *strrchr(path, '/') = '\0';
    return *path ? path : "/";
}

const char *route_page(const struct request *r, const struct route *routes, size_t count)
{
    const char *page;

    if (strcmp(r->method, "POST") == 0)
        return form_page(r, routes, count);
    page = *r->query ? arena_printf(r->arena, "%s?%s", r->path, r->query) : r->path;
    return text_is_local_path(page) ? page : r->path;
}

/* Says what is missing: a reload would not help. */
static struct error *role_refuse(const struct request *r)
{
    const struct session *session = r->session;

    if (!session->role)
        return error_refuse(r->arena, ERROR_FORBIDDEN, "role", NULL, "You are not in this team.");
    return error_refuse(r->arena, ERROR_FORBIDDEN, "role", NULL,
                        "You are a %s of %s, which doesn\u2019t allow this. Nothing was changed.",
                        session->role, session->team_name);
}

static struct error *access_check(struct request *r)
{
    const struct session *session = r->session;
    int access =
        r->route->access & ~(ACCESS_IF_BILLING | ACCESS_SAME | ACCESS_FRESH | ACCESS_ONE_CLICK);

    if (access == ACCESS_PUBLIC)
        return NULL;
    if (!session || !session->person_id)
        return error_new(r->arena, ERROR_SIGNED_OUT, "not signed in");
    if ((access == ACCESS_VIEWER && !role_may(session->role, RIGHT_SEE)) ||
        (access == ACCESS_MEMBER && !role_may(session->role, RIGHT_CHANGE)) ||
        (access == ACCESS_OWNER && !role_may(session->role, RIGHT_OWN)))
        return role_refuse(r);
    if (access == ACCESS_OPERATOR && !session->is_operator)
        return error_new(r->arena, ERROR_FORBIDDEN, "not the operator");
    if (((r->route->access & ACCESS_FRESH) &&
         session->authenticated_at + LIMIT_FRESH_S <= r->now_at) ||
        (access == ACCESS_OPERATOR && session->authenticated_at + LIMIT_ADMIN_S <= r->now_at))
        return error_new(r->arena, ERROR_STALE, "signed in too long ago");
    return NULL;
}

struct error *route_allow(struct request *r)
{
    if ((r->route->access & ACCESS_IF_BILLING) && !config_has_billing(r->config))
        return error_new(r->arena, ERROR_NOT_FOUND, "billing = off in domicile.conf");
    return access_check(r);
}
