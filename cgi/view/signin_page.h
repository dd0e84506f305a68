/* The sign-in page, as it is opened and as a form of it that was refused shows it again. */
#pragma once

#include "model/invite.h"
#include "signin.html.h"
#include "web/request.h"

/* Whether links are sent by mail (identity = local). */
bool signin_page_has_mail(const struct request *r);

/* The invite that this browser has opened and not accepted; without a team if there is none. */
struct error *signin_page_invite(struct request *r, struct invite *out);

/* All of the page but what a form has refused, or how it was come to. Begins a session, if its
 * forms need one. */
struct error *signin_page_show(struct request *r, struct signin_html *page);
