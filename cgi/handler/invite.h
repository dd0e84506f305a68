/* The page that the link of an invite opens. */
#pragma once

#include "web/request.h"

struct error *invite_show(struct request *r); /* GET /signin/invite */
struct error *invite_post(struct request *r); /* POST /signin/invite */
