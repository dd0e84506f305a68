/* The pages on which the e-mail address is changed; see model/email_change.h. */
#pragma once

#include "web/request.h"

struct error *email_change_show(struct request *r);        /* GET /account/email */
struct error *email_change_post(struct request *r);        /* POST /account/email */
struct error *email_change_cancel_post(struct request *r); /* POST /account/email/cancel */

/* GET and POST /account/email/link: for whoever has the link, signed in or not. */
struct error *email_link_show(struct request *r);
struct error *email_link_post(struct request *r);
