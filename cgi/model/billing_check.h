/* What the team's status allows the person who asks, and tells its owners. */
#pragma once

#include "model/billing_status.h"
#include "web/request.h"

/* Why it cannot be done, for people, in *problem; NULL when it can, as always with billing = off.
 */
struct error *billing_check(struct request *r, enum billing_operation deed, const char **problem);

/* What owners must hear on the list of VMs: a late payment, a suspension. NULL: nothing. */
struct error *billing_banner(struct request *r, const char **words);
