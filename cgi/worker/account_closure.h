/*
 * What happens over time to closed teams (team.closed_at): their VMs are stopped, and destroyed
 * after LIMIT_CLOSED_KEEP_S.
 */
#pragma once

#include "model/context.h"

/* Request what is due; to be called periodically. Errors are the database's. */
struct error *account_closure_run(const struct context *context);
