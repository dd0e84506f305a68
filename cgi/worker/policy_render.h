/* Policies as they are published: the documents of a profile and the facts as canonical JSON. */
#pragma once

#include "model/policy_fact.h"
#include "worker/worker_context.h"

/*
 * {"documents":[...],"facts":[...]}: keys in order, no blanks. A document is {"blocks":[...],
 * "name","title"}; a block {"kind"} with what it has of "command", "id", "note", "parameters",
 * "rows", "table" (rows of cells, the first is the head) and "text": an array of texts and of
 * {"code"}, {"strong"} or {"href","text"}. A fact is [name,member,number]. Both are without a time,
 * so that the same policy has the same bytes. In the arena.
 */
struct error *policy_render(struct arena *arena, const struct config *config,
                            const struct policy_facts *facts, const char **out);

/* The facts of the configuration, and the terms of what is promised. */
void policy_facts_all(struct arena *arena, const struct config *config, struct policy_facts *out);
