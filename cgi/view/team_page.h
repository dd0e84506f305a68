/* The pages of a team's people, and of the teams of a person. */
#pragma once

#include "team.html.h"
#include "team_remove.html.h"
#include "teams.html.h"
#include "web/request.h"

/* What a form was sent with, and its problems, are in `page` already. */
struct error *team_page_fill(struct request *r, struct team_html *page);
struct error *teams_page_fill(struct request *r, struct teams_html *page);

/* Before `person_id` leaves the team, or is removed: what stays, and the VMs with their keys. */
struct error *team_remove_fill(struct request *r, int64_t person_id, struct team_remove_html *page);
