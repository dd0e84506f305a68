/*
 * Maps method and path to a handler and the required access. Each program has one route table: what
 * a role may do is defined in model/role.h, and what a page needs nowhere but there.
 */
#pragma once

#include "web/request.h"

enum access {
    ACCESS_PUBLIC,    /* anybody */
    ACCESS_SIGNED_IN, /* any signed-in person */
    ACCESS_VIEWER,    /* who may see what the current team has: RIGHT_SEE (model/role.h) */
    ACCESS_MEMBER,    /* who may change it, and see content: RIGHT_CHANGE */
    ACCESS_OWNER,     /* who may change the team itself: RIGHT_OWN */
    ACCESS_OPERATOR,  /* the operator named in domicile.conf, signed in less than LIMIT_ADMIN_S ago
                       */
    /* Added to one of those: only while billing is on; else NOT_FOUND. */
    ACCESS_IF_BILLING = 8,
    /* Only to ACCESS_PUBLIC: the same page for all visitors without a session; see page_cache.h. */
    ACCESS_SAME = 16,
    /* To all others: signed in less than LIMIT_FRESH_S ago; else STALE, which leads through it. */
    ACCESS_FRESH = 32,
    /*
     * Only to ACCESS_PUBLIC, of a POST whose address has the secret that allows it: mail programs
     * send it, without a session (RFC 8058). Neither origin nor token is checked, nor is the body
     * read.
     */
    ACCESS_ONE_CLICK = 64,
};

struct route {
    const char *method;  /* GET (includes HEAD) or POST */
    const char *pattern; /* "/vms/:id/stop": ":word" matches one segment of [A-Za-z0-9._~-] */
    int access;          /* enum access */
    struct error *(*handler)(struct request *r);
};

/*
 * Sets r->route and r->parameters. NOT_FOUND, or METHOD with r->response.allow if the path exists
 * for other methods.
 */
struct error *route_find(struct request *r, const struct route *routes, size_t count);

/*
 * The page to return to after this request: its own path with the query for a GET; for a POST the
 * page that its form is on. A local path.
 */
const char *route_page(const struct request *r, const struct route *routes, size_t count);

/* SIGNED_OUT, STALE, FORBIDDEN, NOT_FOUND or NULL. */
struct error *route_allow(struct request *r);
