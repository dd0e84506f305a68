/*
 * Whether the guest agent of a VM may change its SSH keys while it runs. Takes effect at the VM's
 * next start, which opens or closes the way to the agent.
 */
#pragma once

#include "model/actor.h"
#include "model/context.h"

/*
 * In an open write transaction. NOT_FOUND: the actor's team has no such VM; CONFLICT: it is
 * destroyed; INPUT "agent_unsupported", field "agent": its image has none.
 */
struct error *vm_agent_change(const struct context *context, const struct actor *actor,
                              const char *vm_id, bool is_on);
