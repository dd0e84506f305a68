/*
 * Deleting the account or a team, which leads to a page that needs no session, and keeping a team
 * that is about to be deleted. The forms are view/erasure_form.h.
 */
#pragma once

#include "web/request.h"

struct error *deletion_account_post(struct request *r); /* POST /account/delete */
struct error *deletion_team_post(struct request *r);    /* POST /account/team/delete */
struct error *deletion_team_keep(struct request *r);    /* POST /account/team/keep */
