/*
 * The announcement that a page shows (model/announcement.h). Each process keeps those of now and
 * later, and reads them anew when anything in the database has changed, so a page asks for nothing
 * as long as there are none.
 */
#pragma once

#include "web/request.h"

/* Into r->frame: of those that the signed-in person has not dismissed, a warning first, then the
 * newest. */
struct error *announced_fill(struct request *r);
