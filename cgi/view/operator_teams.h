/* The admin's pages of teams: the list, and a team. */
#pragma once

#include "operator_team.html.h"
#include "operator_teams.html.h"
#include "web/request.h"

struct error *operator_teams_respond(struct request *r);

/* What is typed and what is wrong with it is in `page`; the rest is filled from the database. */
struct error *operator_team_respond(struct request *r, int64_t team_id,
                                    struct operator_team_html page);
