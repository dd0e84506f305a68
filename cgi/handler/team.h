/* The people of the current team, invites into it, and the person's teams. */
#pragma once

#include "web/request.h"

struct error *team_show(struct request *r);           /* GET /team */
struct error *team_invite(struct request *r);         /* POST /team/invites */
struct error *team_invite_revoke(struct request *r);  /* POST /team/invites/:id/revoke */
struct error *team_role_post(struct request *r);      /* POST /team/people/:id/role */
struct error *team_remove_show(struct request *r);    /* GET /team/people/:id/remove */
struct error *team_remove_post(struct request *r);    /* POST /team/people/:id/remove */
struct error *team_leave_show(struct request *r);     /* GET /team/leave */
struct error *team_leave_post(struct request *r);     /* POST /team/leave */
struct error *team_hand_over_show(struct request *r); /* GET /team/hand-over */
struct error *team_hand_over_post(struct request *r); /* POST /team/hand-over */
struct error *teams_show(struct request *r);          /* GET /teams */
struct error *teams_make(struct request *r);          /* POST /teams */
struct error *teams_switch(struct request *r);        /* POST /teams/:id/switch */
