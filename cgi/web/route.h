/*
 * Which handler answers which method and path, and who may ask. A program's routes are one table; a
 * permission is written nowhere else.
 */
#pragma once

#include "web/request.h"

enum access {
    ACCESS_PUBLIC,    /* anybody */
    ACCESS_SIGNED_IN, /* a person, whatever the team */
    ACCESS_MEMBER,    /* a person with a current team */
    ACCESS_OWNER,     /* an owner of the current team */
    ACCESS_OPERATOR,  /* the operator named in domicile.conf */
};

struct route {
    const char *method;  /* GET (answers HEAD as well) or POST */
    const char *pattern; /* "/vms/:id/stop": ":word" matches one segment of [A-Za-z0-9._~-] */
    enum access access;
    struct error *(*handler)(struct request *r);
};

/*
 * Sets r->route and r->parameters. NOT_FOUND, or METHOD with r->response.allow when the path exists
 * for other methods.
 */
struct error *route_find(struct request *r, const struct route *routes, size_t count);

/* SIGNED_OUT, FORBIDDEN or NULL. */
struct error *route_allow(struct request *r);
