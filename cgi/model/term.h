/*
 * Terms: for how long something is kept. Most are constants of base/limit.h; for those that the
 * operator chooses, these stand in tables of constants.
 */
#pragma once

#include "adapter/config.h"
#include "base/clock.h"
#include "base/limit.h"

#include <string.h>

enum {
    TERM_VM = -1,     /* of the record of a destroyed VM */
    TERM_LOG = -2,    /* of logs */
    TERM_CLOSED = -3, /* of what has been closed, until it is deleted */
    TERM_MONTH = -4,  /* of what is counted by the month, from the month's end */
};

/* `term` in seconds, by the configuration. */
static inline int64_t term_s(const struct config *config, int64_t term)
{
    switch (term) {
    case TERM_VM:
        return config->destroyed_vm_days * A_DAY_S;
    case TERM_LOG:
        return config->log_days * A_DAY_S;
    case TERM_CLOSED:
        return config->closed_days * A_DAY_S;
    case TERM_MONTH:
        return LIMIT_RECORD_KEEP_S;
    default:
        return term;
    }
}

/* How long a session stays without use. An organization at WorkOS may take somebody's account away,
 * so people sign in there more often. */
static inline int64_t term_session_idle_s(const struct config *config)
{
    return strcmp(config->identity, "workos") == 0 ? LIMIT_WORKOS_SESSION_IDLE_S
                                                   : LIMIT_SESSION_IDLE_S;
}
