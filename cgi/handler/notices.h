/* Email notifications: what a person chose, and the link that turns off the weekly summary. */
#pragma once

#include "web/request.h"

struct error *notices_show(struct request *r);
struct error *notices_post(struct request *r);

/*
 * The link in a summary. It does the same for every secret, so that nobody learns whether there is
 * such a person; the GET does nothing, since mail scanners follow links.
 */
struct error *unsubscribe_show(struct request *r);
struct error *unsubscribe_post(struct request *r);
