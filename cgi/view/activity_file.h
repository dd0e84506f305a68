/* The activity of a team as a file that anybody can verify: model/audit_file.h. */
#pragma once

#include "web/request.h"

/* Respond with the places behind the one that the query's "after" names, and record that. */
struct error *activity_file_respond(struct request *r);
