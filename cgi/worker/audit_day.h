/*
 * What is done with the chains of the history each day: their ends are signed and published, and
 * what is erased at their fronts is cut off (model/audit_head.h).
 */
#pragma once

#include "model/context.h"

/* Read the key, before the worker gives up access to it. Without one no end is signed. */
void audit_day_open(struct arena *arena, const struct config *config);

/* Once a day; until then only chains begin that are new. */
struct error *audit_day_run(const struct context *context);
