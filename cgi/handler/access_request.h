/* Asking for an account, and the admin's list of those who do; see model/access_request.h. */
#pragma once

#include "web/request.h"

struct error *access_request_show(struct request *r);      /* GET /signin/request */
struct error *access_request_post(struct request *r);      /* POST /signin/request */
struct error *access_request_sent_show(struct request *r); /* GET /signin/requested */

struct error *access_requests_respond(struct request *r);     /* GET /operator/access */
struct error *access_request_invite_post(struct request *r);  /* POST /operator/access/:id/invite */
struct error *access_request_decline_post(struct request *r); /* the same, /decline */
