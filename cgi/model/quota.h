/*
 * What a team may have: the admin gives it a quota of its own, part by part, and what they leave
 * empty is the server's default (domicile.conf, [quota]).
 */
#pragma once

#include "model/context.h"
#include "team.sql.h"

struct quota {
    int64_t vms, vcpus, memory_mb, disk_gb;
    bool is_own; /* at least one part is the team's own */
};

/* What its existing VMs and their snapshots hold, and the most that they may. */
struct quota_used {
    int64_t vms, vcpus, memory_mb, disk_gb;
    struct quota most;
};

/* Read both of a team. */
struct error *quota_read(const struct context *context, int64_t team_id, struct quota_used *out);

/* The quota of a team whose own is `own`. */
struct quota quota_of(const struct config *config, const struct team_quota_row *own);

/* A part that is NULL is the server's default. Needs an open write transaction. */
struct quota_change {
    const int64_t *vms, *vcpus, *memory_mb, *disk_gb;
};
struct error *quota_set(const struct context *context, int64_t team_id,
                        const struct quota_change *change);
