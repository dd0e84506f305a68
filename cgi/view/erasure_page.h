/*
 * Pages of the deletion of an account: what it would delete, and its steps and receipt at an
 * address that only whoever has requested it knows.
 */
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

struct erasure_step_view {
    const char *title;
    const char *label, *chip; /* "Done", "kept" */
    const char *answer;       /* of the system that was asked; NULL: none yet */
    const char *tried;        /* "20 Nov 2026, 12:00:09 UTC"; NULL: not yet */
    int64_t tried_at;
};

struct erasure_step_view_rows {
    struct erasure_step_view *row;
    size_t count;
};

/* What the law keeps. */
struct erasure_rest_view {
    const char *title;
    int64_t total;
    const char *until; /* "1 Jan 2033" */
};

struct erasure_rest_view_rows {
    struct erasure_rest_view *row;
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

/* Handlers of the public pages. NOT_FOUND: no deletion has this address, or there is no receipt. */
struct error *erasure_page_show(struct request *r);
struct error *erasure_file_show(struct request *r); /* receipt.json, receipt.sig, key.pem */
