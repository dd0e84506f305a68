/*
 * Pages that are the same for every visitor without a session, as this process answered them last:
 * they hold as long as nothing has changed in the database, within the same minute. The policies
 * show 40 measurements; so they cost a fourteenth of that to most visitors.
 */
#pragma once

#include "web/request.h"

/* Responds with what is kept, if it holds. Routes are marked ACCESS_SAME; see route.h. */
bool page_cache_respond(struct request *r);

/* Keeps the response of the handler, if others may get it. */
void page_cache_keep(const struct request *r);
