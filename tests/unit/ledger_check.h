/* The sums of the ledger, held against its intervals. */
#pragma once

#include "world.h"

/*
 * Fails unless a team's month, as pages read it from the sums, is what a walk through all of its
 * intervals adds up to: each VM, the total, each day. Returns the number of VMs.
 */
size_t ledger_check_month(struct world *world, struct arena *arena, int64_t team_id,
                          int64_t month_at);

/* Fails unless both tables of sums are what the views reckon from all intervals. */
void ledger_check_tables(struct world *world);
