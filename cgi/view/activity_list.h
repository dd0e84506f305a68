/* The activity of a team, newest first. */
#pragma once

#include "web/request.h"

/* Respond with the page that the query asks for. */
struct error *activity_list_respond(struct request *r);
