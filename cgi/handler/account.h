/* The account page: names, theme, sessions, and that changes of the policies were seen. */
#pragma once

#include "web/request.h"

struct error *account_show(struct request *r);               /* GET /account */
struct error *account_rename(struct request *r);             /* POST /account/name */
struct error *account_team_rename(struct request *r);        /* POST /account/team */
struct error *account_theme_set(struct request *r);          /* POST /account/theme */
struct error *account_policy_acknowledge(struct request *r); /* POST /account/policy */
struct error *account_session_end(struct request *r); /* POST /account/sessions/:handle/end */
struct error *account_session_end_others(struct request *r); /* POST /account/end-others */
