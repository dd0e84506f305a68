/* Pages that say what a deletion would delete, and ask to confirm it. */
#pragma once

#include "web/request.h"

struct account_delete_html;
struct field;

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

/* What would be deleted. `ticked` has the ids of the teams that were chosen. */
struct error *erasure_form_fill(struct request *r, const struct field *ticked,
                                struct account_delete_html *page);

/* GET /account/delete */
struct error *erasure_form_show(struct request *r);

/* Whether it was confirmed with the account's address and each team with others chosen; else the
 * page says what is missing. */
bool erasure_form_check(struct request *r, const char *email, struct account_delete_html *page);
