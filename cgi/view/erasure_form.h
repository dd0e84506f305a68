/* Pages that say what a deletion would delete, and ask to confirm it. */
#pragma once

#include "web/request.h"

/* A team that is deleted with the account. */
struct erasure_team_view {
    int64_t id;
    const char *name;
    int64_t vms, others; /* others: further members, who must be known to lose it */
    bool is_personal;
    bool is_ticked;
};

struct erasure_team_view_rows {
    struct erasure_team_view *row;
    size_t count;
};

/* GET /account/delete */
struct error *erasure_form_show(struct request *r);

/*
 * Whether it was confirmed with the account's address and each team with others chosen, and the
 * teams that are deleted with it; else the page is the response and says what is missing.
 */
struct error *erasure_form_read(struct request *r, const int64_t **out_team_ids, size_t *out_count,
                                bool *out_is_confirmed);

/*
 * The same of the session's team, confirmed with its name. NOT_FOUND: it is somebody's own, and
 * goes with the account alone; CONFLICT: it is closed.
 */
struct error *team_form_show(struct request *r);
struct error *team_form_read(struct request *r, bool *out_is_confirmed);
