/* The life of a VM (model/vm_life.h) as text: what ends it, and when. */
#pragma once

#include "model/vm_life.h"
#include "view/option.h"
#include "web/request.h"

struct vm_life_view {
    const char *clock;   /* "Stops in 12 min unless used"; NULL: nothing ends it */
    const char *use;     /* what counts as use in its region */
    bool has_mail;       /* warnings are sent by email, too */
    const char *problem; /* of the choice; NULL: none */
    struct option_rows choices;
    bool is_counting;  /* its clock, with nobody using it */
    bool is_soon;      /* it ends within LIMIT_LIFE_WARN_S */
    bool is_destroyed; /* at its end, not stopped */
    bool is_ephemeral; /* stopping destroys it */
};

/* Of a VM with `region`; NULL if that is not configured any more. */
struct vm_life_view vm_life_view_of(struct request *r, const struct vm_life *vm,
                                    const struct config_region *region);

/* "Stops in 12 min unless used"; NULL while its clock does not count, or it is in use. */
const char *vm_life_view_clock(struct arena *arena, const struct vm_life *vm, int64_t now_at);

/* For a form, with this one chosen; NULL: the profile's. */
struct option_rows vm_life_view_choices(struct request *r, const char *value);

/* What counts as use, in one region or, with NULL, in all. */
const char *vm_life_view_use(struct request *r, const struct config_region *region);
