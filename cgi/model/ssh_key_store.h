/* The keys of a team. */
#pragma once

#include "model/actor.h"
#include "model/context.h"
#include "model/ssh_key.h"

struct ssh_key_stored {
    const char *id;
    const char *name;
    bool is_known; /* the team had it before, under this name */
};

/*
 * Give `keys` to the actor's team, unless it has them; `*out` is one row for each, in their order.
 * They are called `name`, numbered if there are several; if it is "", each as its comment says.
 * INPUT, field "key" and code key_limit_reached, if the team would have too many. Who adds keys is
 * told by mail. `project` is what they are for; NULL: nothing. Needs an open write transaction.
 */
struct error *ssh_keys_store(const struct context *context, const struct actor *actor,
                             const struct ssh_keys *keys, const char *name, const char *project,
                             struct ssh_key_stored **out);
