/* The account page: name, identity, sessions, and the copy of the person's data. */
#pragma once

#include "account.html.h"
#include "web/request.h"

/* All of the page but what a form has refused; `page->name` and `page->team` stay if they are
 * set. */
struct error *account_page_fill(struct request *r, struct account_html *page);

/* GET /account/shortcuts */
struct error *account_shortcuts_show(struct request *r);
