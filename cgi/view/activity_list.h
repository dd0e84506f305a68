/* The activity of a team, newest first. */
#pragma once

#include "view/activity_day.h"

/* Respond with the page that the query asks for. */
struct error *activity_list_respond(struct request *r);

/* The latest entries about VMs, at most `max`, by day. Needs a read transaction. */
struct error *activity_list_recent(struct request *r, int64_t max, struct activity_day_rows *out);
