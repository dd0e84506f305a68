/*
 * Terms: for how long something is kept. Most are constants of base/limit.h; the operator chooses
 * that of the record of a destroyed VM, for which TERM_VM stands in tables of constants.
 */
#pragma once

#include "adapter/config.h"
#include "base/clock.h"

enum { TERM_VM = -1 };

/* `term` in seconds, by the configuration. */
static inline int64_t term_s(const struct config *config, int64_t term)
{
    return term == TERM_VM ? config->destroyed_vm_days * A_DAY_S : term;
}
