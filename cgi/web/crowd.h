/*
 * Says in the log which kinds of request have come from enough teams to be counted
 * (worker/log_count.c). Request lines name no team, so they cannot tell ten requests of ten teams
 * from ten of one. So each process remembers, in memory alone and until the day is over, which
 * teams have made a kind of request, and writes one line when they are LIMIT_CROWD:
 *
 *     event=crowd method=POST route=/vms status_class=3
 *     event=crowd since=2026-11-23
 *
 * The second: so many teams have made requests of any kind since that day, at most since Monday. A
 * process that ends forgets what it knew, and each counts for itself: both can only mean that less
 * is counted.
 */
#pragma once

#include "web/request.h"

/* After the response is known. Does nothing with a request that is not counted. */
void crowd_note(const struct request *r);
