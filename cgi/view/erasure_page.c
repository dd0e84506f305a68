/* The deletion of an account; see erasure_page.h. */
#include "view/erasure_page.h"

#include "adapter/crypto.h"
#include "base/date.h"
#include "deletion.html.h"
#include "erasure.sql.h"
#include "main_constants.sql.h"
#include "model/erasure.h"
#include "view/receipt_file.h"
#include "view/receipt_signature.h"

#include <string.h>

enum { RELOAD_S = 5 };

static struct error *erasure_find(struct request *r, struct erasure_by_address_row *out)
{
    if (!crypto_is_token(r->parameters[0]))
        return error_new(r->arena, ERROR_NOT_FOUND, "no such deletion");
    return sql_erasure_by_address(r->db, r->arena, erasure_address_hash(r->arena, r->parameters[0]),
                                  out);
}

/* `is_over`: what is not done will not be. */
static struct erasure_step_view step_of(struct arena *arena, const struct erasure_steps_row *row,
                                        bool is_over)
{
    bool is_done = strcmp(row->state, ERASURE_STEP_STATE_DONE) == 0;
    bool is_failed = strcmp(row->state, ERASURE_STEP_STATE_FAILED) == 0;

    return (struct erasure_step_view){
        .title = erasure_step_title(row->name),
        .label = is_done         ? "Done"
                 : is_over       ? "Not done"
                 : is_failed     ? "Failed, retrying"
                 : row->attempts ? "In progress"
                                 : "Waiting",
        .chip = is_done         ? "kept"
                : is_over       ? "off"
                : is_failed     ? "bad"
                : row->attempts ? "work"
                                : "off",
        .answer = row->answer,
        .tried = row->at ? date_exact(arena, row->at) : NULL,
        .tried_at = row->at,
    };
}

static void times_fill(struct request *r, const struct erasure_by_address_row *row,
                       struct deletion_html *page)
{
    page->requested = date_exact(r->arena, row->requested_at);
    page->requested_at = row->requested_at;
    page->due = date_plain(r->arena, row->due_at);
    page->due_at = row->due_at;
    page->undone = row->undone_at ? date_exact(r->arena, row->undone_at) : NULL;
    page->undone_at = row->undone_at;
    if (row->undone_at)
        return;
    page->ended = row->ended_at ? date_exact(r->arena, row->ended_at) : NULL;
    page->ended_at = row->ended_at;
}

static struct error *steps_fill(struct request *r, const char *id, struct deletion_html *page)
{
    struct erasure_steps_rows steps;
    struct erasure_rest_rows rest;
    struct error *e = sql_erasure_steps(r->db, r->arena, id, &steps);

    if (!e)
        e = sql_erasure_rest(r->db, r->arena, id, &rest);
    if (e)
        return e;
    page->steps.count = steps.count;
    page->steps.row = arena_array(r->arena, steps.count, sizeof *page->steps.row);
    for (size_t i = 0; i < steps.count; i++)
        page->steps.row[i] = step_of(r->arena, &steps.row[i], page->undone != NULL);
    page->rest.count = rest.count;
    page->rest.row = arena_array(r->arena, rest.count, sizeof *page->rest.row);
    for (size_t i = 0; i < rest.count; i++)
        page->rest.row[i] = (struct erasure_rest_view){
            .title = erasure_rest_title(rest.row[i].what),
            .total = rest.row[i].total,
            .until = date_day(r->arena, rest.row[i].until_at),
        };
    return NULL;
}

/*
 * Of an account that others have closed: by whom, that signing in does not undo it, and whom to
 * write to. Its header does not offer to sign in either.
 */
static struct error *closed_fill(struct request *r, const struct erasure_by_address_row *row,
                                 struct deletion_html *page)
{
    const struct context context = request_context(r);
    struct erasure_closed closed;
    struct error *e;

    if (page->is_requested || !row->person_id)
        return NULL;
    e = erasure_closed_of(&context, row->person_id, &closed);
    page->closed = closed.told;
    r->frame.section = "signin";
    return e;
}

struct error *erasure_page_show(struct request *r)
{
    struct deletion_html page = { .reason = ERASURE_REST_REASON };
    struct erasure_by_address_row row;
    struct error *e = erasure_find(r, &row);

    if (e)
        return e;
    times_fill(r, &row, &page);
    e = steps_fill(r, row.id, &page);
    if (!e)
        e = receipt_signature_fill(r, row.subject, row.id, &page.signature);
    if (e)
        return e;
    page.is_requested = strcmp(row.requested_by, ERASURE_REQUESTED_BY_PERSON) == 0;
    e = closed_fill(r, &row, &page);
    if (e)
        return e;
    page.id = row.id;
    page.path = erasure_path(r->arena, r->parameters[0]);
    page.server = r->config->public_url;
    page.is_waiting = strcmp(row.state, ERASURE_STATE_WAITING) == 0 && row.due_at > r->now_at;
    if (!page.is_waiting && !page.ended && !page.undone) {
        r->response.refresh_url = page.path;
        r->response.refresh_s = RELOAD_S;
    }
    page.is_team = strcmp(row.subject, ERASURE_SUBJECT_TEAM) == 0;
    page.can_undo = page.is_waiting && page.is_requested;
    r->frame.title = page.ended     ? "Receipt of deletion"
                     : page.undone  ? "Deletion undone"
                     : page.is_team ? "Team deletion"
                                    : "Account deletion";
    html_deletion(&r->response.body, &r->frame, &page);
    return NULL;
}

struct error *erasure_file_show(struct request *r)
{
    struct erasure_by_address_row row;
    struct error *e = erasure_find(r, &row);

    return e ? e : receipt_file_respond(r, row.subject, row.id, "receipt.zip");
}
