/* What the team's plan allows the person who asks, and tells its owners. */
#pragma once

#include "model/plan_state.h"
#include "web/request.h"

/* Why it cannot be done, for people, in *problem; NULL when it can, as always with billing = off.
 */
struct error *plan_gate(struct request *r, enum plan_deed deed, const char **problem);

/* What owners must hear on the list of VMs: a late payment, a suspension. NULL: nothing. */
struct error *plan_banner(struct request *r, const char **words);
