/*
 * Sign-in by a link (identity = local). Of a closed account it undoes the deletion or, where that
 * can no longer be undone, leads to its page.
 */
#pragma once

#include "web/request.h"

struct error *signin_link_show(struct request *r); /* GET /signin/link: what the link does */
struct error *signin_link_use(struct request *r);  /* POST /signin/link */
