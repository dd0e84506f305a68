/* The admin's handlers about teams: looks at them, suspensions and quotas. */
#pragma once

#include "web/request.h"

struct error *operator_teams_show(struct request *r);
struct error *operator_team_show(struct request *r);
struct error *operator_team_suspend(struct request *r);
struct error *operator_team_restore(struct request *r);
struct error *operator_team_quota(struct request *r);
