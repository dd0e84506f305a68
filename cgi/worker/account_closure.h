/*
 * What happens in time to teams that are closed (team.closed_at): their VMs stop, and after
 * LIMIT_CLOSED_KEEP_S they are destroyed.
 */
#pragma once

#include "model/context.h"

/* Ask for what is due; to be called again and again. Errors are the database's. */
struct error *account_closure_run(const struct context *context);
