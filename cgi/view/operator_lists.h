/* The admin's lists of what could not be explained, sent, applied or added up. */
#pragma once

#include "web/request.h"

/*
 * Each responds with the page that the query asks for (web/list_query.h): orphaned resources,
 * undelivered mail, parked webhook events, and discrepancies in usage and invoices.
 */
struct error *operator_orphans_respond(struct request *r);
struct error *operator_mails_respond(struct request *r);
struct error *operator_events_respond(struct request *r);
struct error *operator_billing_respond(struct request *r);
