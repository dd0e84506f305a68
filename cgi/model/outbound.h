/*
 * The outbound ledger: what this server has sent to other services, in the table "outbound". The
 * adapter for libcurl tells of each transfer; here it is noted in the thread's memory and written
 * soon after, so that writing can neither fail nor hold up what is sent. If the process is killed
 * in between, the notes since the last write are lost: those of one request, job, event, mail or
 * team. What the operator's command sends (`domicile-admin check` and `stripe-setup`: keys, prices
 * and nothing about people) is not in it.
 */
#pragma once

#include "adapter/transfer.h"
#include "model/context.h"

/* For transfer_observe(), once at a program's start. */
void outbound_note(const struct transfer_note *note);

/*
 * From now on nothing is sent to a host that is no recipient of this configuration: what the policy
 * does not list cannot be contacted. Call it at the program's start, with the policy applied.
 */
void outbound_limit(struct arena *arena, const struct config *config);

/* Of which team this thread's notes are that have none yet. */
void outbound_team(int64_t team_id);

/*
 * Write this thread's notes in a transaction of their own, after outbound_team(team_id), 0 for
 * none. Does nothing if there are none. Call it with no transaction open. A failure is logged, and
 * the notes are written the next time.
 */
void outbound_write(const struct context *context, int64_t team_id);
