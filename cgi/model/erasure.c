/* Deleting an account; see erasure.h. */
#include "model/erasure.h"

#include "adapter/crypto.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/limit.h"
#include "model/audit.h"
#include "model/billing_status_change.h"
#include "model/email_change.h"
#include "model/erasure_mail.h"
#include "model/vm_request.h"

#include "main_constants.sql.h"

#include "erasure.sql.h"
#include "invite.sql.h"
#include "person.sql.h"
#include "session.sql.h"
#include "team.sql.h"

#include <string.h>

const char *const ERASURE_STEP_NAMES[ERASURE_STEPS] = {
    [ERASURE_BILLING] = ERASURE_STEP_NAME_BILLING, [ERASURE_VMS] = ERASURE_STEP_NAME_VMS,
    [ERASURE_ACCESS] = ERASURE_STEP_NAME_ACCESS,   [ERASURE_SERVICES] = ERASURE_STEP_NAME_SERVICES,
    [ERASURE_ROWS] = ERASURE_STEP_NAME_ROWS,       [ERASURE_LOG] = ERASURE_STEP_NAME_LOG,
    [ERASURE_SEARCH] = ERASURE_STEP_NAME_SEARCH,   [ERASURE_RECEIPT] = ERASURE_STEP_NAME_RECEIPT,
};

const char ERASURE_REST_REASON[] = "Commercial and tax law requires it";

struct word {
    const char *name, *title;
};

static const char *word_find(const struct word *words, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(words[i].name, name) == 0)
            return words[i].title;
    }
    return name;
}

const char *erasure_step_title(const char *name)
{
    static const struct word words[] = {
        { ERASURE_STEP_NAME_BILLING, "Stop billing" },
        { ERASURE_STEP_NAME_VMS, "Destroy VMs and snapshots" },
        { ERASURE_STEP_NAME_ACCESS, "Delete SSH keys, sign-in links and sessions" },
        { ERASURE_STEP_NAME_SERVICES, "Delete records at other services" },
        { ERASURE_STEP_NAME_ROWS, "Delete records" },
        { ERASURE_STEP_NAME_LOG, "Erase remains from the database\u2019s files" },
        { ERASURE_STEP_NAME_SEARCH, "Search the server\u2019s files" },
        { ERASURE_STEP_NAME_RECEIPT, "Sign the receipt" },
    };

    return word_find(words, COUNT(words), name);
}

const char *erasure_rest_title(const char *what)
{
    static const struct word words[] = {
        { ERASURE_REST_WHAT_USAGE, "Usage records, with names of VMs" },
        { ERASURE_REST_WHAT_INVOICES, "Invoices" },
        { ERASURE_REST_WHAT_RECEIPTS, "Receipts of destroyed VMs" },
        { ERASURE_REST_WHAT_SUBSCRIPTIONS, "Subscription history" },
        { ERASURE_REST_WHAT_REPORTS, "Usage reported to Stripe" },
    };

    return word_find(words, COUNT(words), what);
}

const char *erasure_path(struct arena *arena, const char *token)
{
    return arena_printf(arena, "/deletion/%s", token);
}

struct bytes erasure_address_hash(struct arena *arena, const char *token)
{
    unsigned char *hash = arena_alloc(arena, CRYPTO_HASH_BYTES);

    crypto_sha256(token, strlen(token), hash);
    return (struct bytes){ hash, CRYPTO_HASH_BYTES };
}

static struct error *team_end(const struct context *context, int64_t team_id)
{
    const struct actor system = actor_system(team_id, "The account or team is closed");
    struct error *e = sql_team_close(context->db, context->arena, team_id, context->now_at);

    if (!e)
        e = vm_request_all(context, &system, VM_REQUEST_STOP);
    return e ? e : billing_close(context, team_id);
}

/*
 * Memberships stay until the rows are erased: an account that is opened again has them. A change of
 * the address ends, with its mails to one that no other row of the person names, and so do the
 * person's invites.
 */
static struct error *person_end(const struct context *context, int64_t person_id)
{
    struct error *e = sql_person_close(context->db, context->arena, person_id, context->now_at);

    if (!e)
        e = email_change_cancel(context, person_id);
    if (!e)
        e = sql_invite_revoke_all(context->db, context->arena, person_id);
    if (!e)
        e = sql_invite_mails_drop(context->db, context->arena);
    return e ? e : sql_session_delete_of_person(context->db, context->arena, person_id);
}

/*
 * In the history of the person's own team, for as long as that is there; what the operator does
 * also in the operator's.
 */
static struct error *history_add(const struct context *context, enum audit_action action,
                                 int64_t person_id, bool by_operator, int64_t number)
{
    struct audit_entry entry = {
        .action = action,
        .detail = audit_request_detail(context->arena, number),
        .person_id = person_id,
        .by_operator = by_operator,
    };
    struct error *e = person_id ? audit_add_personal(context, &entry) : NULL;

    entry.team_id = AUDIT_OPERATOR;
    return e || !by_operator ? e : audit_add(context, &entry);
}

static bool is_by_operator(const char *requested_by)
{
    return strcmp(requested_by, ERASURE_REQUESTED_BY_OPERATOR) == 0;
}

/* NULL: there is none. */
static struct error *known_find(const struct context *context,
                                const struct erasure_request *request, const char **out)
{
    struct erasure_of_person_row of_person = { .id = NULL };
    struct erasure_of_team_row of_team = { .id = NULL };
    struct error *e =
        request->person_id
            ? sql_erasure_of_person(context->db, context->arena, request->person_id, &of_person)
            : sql_erasure_of_team(context->db, context->arena, request->team_ids[0], &of_team);

    *out = request->person_id ? of_person.id : of_team.id;
    return e && e->kind == ERROR_NOT_FOUND ? NULL : e;
}

static struct error *sequence_add(const struct context *context,
                                  const struct erasure_request *request, const char **out_token)
{
    struct db *db = context->db;
    struct arena *arena = context->arena;
    const char *id = crypto_id(arena);
    struct error *e;

    *out_token = crypto_token(arena);
    e = sql_erasure_add(db, arena, id,
                        request->person_id ? ERASURE_SUBJECT_ACCOUNT : ERASURE_SUBJECT_TEAM,
                        erasure_address_hash(arena, *out_token),
                        request->person_id ? &request->person_id : NULL, request->requested_by,
                        context->now_at, context->now_at + context->config->closed_days * A_DAY_S);
    for (int i = 0; !e && i < ERASURE_STEPS; i++)
        e = sql_erasure_add_step(db, arena, id, i, ERASURE_STEP_NAMES[i]);
    for (size_t i = 0; !e && i < request->team_count; i++)
        e = sql_erasure_add_team(db, arena, id, request->team_ids[i]);
    return e;
}

/* The personal team, and those that nobody else is in. */
static struct error *own_teams_find(const struct context *context, struct erasure_request *all)
{
    struct erasure_lost_teams_rows lost;
    struct error *e = sql_erasure_lost_teams(context->db, context->arena, all->person_id, &lost);
    int64_t *ids;

    if (e)
        return e;
    ids = arena_array(context->arena, lost.count, sizeof *ids);
    for (size_t i = 0; i < lost.count; i++) {
        if (lost.row[i].is_personal || !lost.row[i].others)
            ids[all->team_count++] = lost.row[i].id;
    }
    all->team_ids = ids;
    return NULL;
}

struct error *erasure_address_add(const struct context *context, const char *id,
                                  const char **out_token)
{
    *out_token = crypto_token(context->arena);
    return sql_erasure_add_address(context->db, context->arena,
                                   erasure_address_hash(context->arena, *out_token), id);
}

/*
 * Whose act that was, and when, for the receipt, which outlives the person's own history: it is in
 * the operator's, also if the identity provider did it.
 */
static struct error *final_note(const struct context *context,
                                const struct erasure_request *request, const char *id)
{
    struct audit_entry entry = {
        .team_id = AUDIT_OPERATOR,
        .action = AUDIT_DELETION_FINAL,
        .object = id,
        .detail = audit_request_detail(context->arena, request->number),
        .person_id = request->person_id,
        .by_operator = is_by_operator(request->requested_by),
        .by_system = !is_by_operator(request->requested_by),
    };
    struct error *e = audit_add(context, &entry);

    return e || !request->person_id ? e : audit_add_personal(context, &entry);
}

/* It was closed before, and from now on its owner cannot undo that. */
static struct error *closed_keep(const struct context *context,
                                 const struct erasure_request *request, const char *id)
{
    struct error *e =
        sql_erasure_keep_closed(context->db, context->arena, id, request->requested_by);

    if (e || !db_changes(context->db))
        return e;
    e = final_note(context, request, id);
    return e ? e : erasure_tell(context, request, NULL);
}

struct error *erasure_request(const struct context *context, const struct erasure_request *request,
                              const char **out_token)
{
    struct erasure_request all = *request;
    const char *known;
    struct error *e = known_find(context, request, &known);

    *out_token = NULL;
    if (e)
        return e;
    if (known)
        return closed_keep(context, request, known);
    if (!all.team_count)
        e = own_teams_find(context, &all);
    if (!e && all.person_id)
        e = person_end(context, all.person_id);
    for (size_t i = 0; !e && i < all.team_count; i++)
        e = team_end(context, all.team_ids[i]);
    if (!e)
        e = history_add(context, AUDIT_DELETION, all.person_id, is_by_operator(all.requested_by),
                        all.number);
    if (!e)
        e = sequence_add(context, &all, out_token);
    return e ? e : erasure_tell(context, &all, *out_token);
}

/* ---- undone ---- */

static bool is_undoable(const struct context *context, const char *state, const char *requested_by,
                        int64_t due_at)
{
    return strcmp(state, ERASURE_STATE_WAITING) == 0 && due_at > context->now_at &&
           strcmp(requested_by, ERASURE_REQUESTED_BY_PERSON) == 0;
}

bool erasure_can_undo(const struct context *context, const struct erasure_of_team_row *row)
{
    return strcmp(row->subject, ERASURE_SUBJECT_TEAM) == 0 &&
           is_undoable(context, row->state, row->requested_by, row->due_at);
}

/* Its page stays and says so, and whoever was told of the deletion is told of that. */
static struct error *undone_end(const struct context *context, const char *id, int64_t person_id)
{
    struct db *db = context->db;
    struct error *e = sql_erasure_reopen(db, context->arena, id);

    if (!e)
        e = erasure_tell_undone(context, id, person_id);
    if (!e)
        e = sql_erasure_forget_teams(db, context->arena, id);
    return e ? e : sql_erasure_end_undone(db, context->arena, id, context->now_at);
}

struct error *erasure_undo(const struct context *context, int64_t person_id, bool *out_is_undone)
{
    struct db *db = context->db;
    struct erasure_of_person_row row;
    struct error *e = sql_erasure_of_person(db, context->arena, person_id, &row);

    *out_is_undone = false;
    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    if (!is_undoable(context, row.state, row.requested_by, row.due_at))
        return NULL;
    *out_is_undone = true;
    e = undone_end(context, row.id, person_id);
    if (!e)
        e = sql_person_open(db, context->arena, person_id);
    return e ? e : history_add(context, AUDIT_DELETION_UNDO, person_id, false, 0);
}

struct error *erasure_undo_team(const struct context *context, int64_t team_id)
{
    struct erasure_of_team_row row;
    struct error *e = sql_erasure_of_team(context->db, context->arena, team_id, &row);

    if (e && e->kind != ERROR_NOT_FOUND)
        return e;
    if (e || !erasure_can_undo(context, &row))
        return error_refuse(context->arena, ERROR_CONFLICT, "deletion_begun", NULL,
                            "The deletion of this team can\u2019t be undone.");
    return undone_end(context, row.id, 0);
}

/* ---- in words ---- */

/* Who closed an account before a request by email made that final is no longer recorded. */
static const char *closed_by(const struct erasure_of_person_row *row)
{
    if (strcmp(row->requested_by, ERASURE_REQUESTED_BY_PERSON) == 0)
        return " by its owner";
    if (strcmp(row->requested_by, ERASURE_REQUESTED_BY_IDENTITY) == 0)
        return " at the identity provider";
    return !row->asked_at                       ? " by the admin"
           : row->asked_at == row->requested_at ? " by the admin, as its owner requested by email"
                                                : ". Its owner requested its deletion by email";
}

static const char *closed_words(const struct context *context,
                                const struct erasure_of_person_row *row,
                                const struct erasure_closed *closed)
{
    struct arena *arena = context->arena;
    const char *since = date_plain(arena, row->requested_at), *by = closed_by(row);
    const char *until = date_plain(arena, row->due_at);

    if (closed->is_begun)
        return arena_printf(arena,
                            "This account was closed on %s%s. Its deletion began on %s and can "
                            "no longer be undone.",
                            since, by, until);
    return arena_printf(arena, "This account was closed on %s%s. It is deleted for good on %s. %s",
                        since, by, until,
                        closed->can_undo ? "Until then, signing in undoes that."
                                         : "Signing in does not undo that.");
}

/* Whom to write to, if signing in changes nothing. */
static const char *closed_told(const struct context *context, const struct erasure_closed *closed)
{
    if (closed->can_undo)
        return closed->words;
    return arena_printf(context->arena, "%s %s write to %s%s.", closed->words,
                        closed->is_begun ? "For questions," : "To object,",
                        context->config->privacy_contact, closed->is_begun ? "" : " before then");
}

static struct error *action_fill(const struct context *context, struct erasure_closed *out)
{
    struct erasure_address_count_row addresses = { .total = 0 };
    struct error *e = sql_erasure_address_count(context->db, context->arena, out->id, &addresses);

    if (out->can_undo)
        out->action = "Undo the deletion";
    else if (addresses.total < LIMIT_ERASURE_ADDRESSES)
        out->action = "See the deletion";
    return e;
}

struct error *erasure_closed_of(const struct context *context, int64_t person_id,
                                struct erasure_closed *out)
{
    struct person_get_row person;
    struct erasure_of_person_row row;
    struct error *e = sql_person_get(context->db, context->arena, person_id, &person);

    *out = (struct erasure_closed){ .words = NULL };
    if (e || !person.closed_at)
        return e;
    out->words = out->told = "This account is closed.";
    e = sql_erasure_of_person(context->db, context->arena, person_id, &row);
    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    out->id = row.id;
    out->due_at = row.due_at;
    out->is_begun = strcmp(row.state, ERASURE_STATE_WAITING) != 0 || row.due_at <= context->now_at;
    /* Who is suspended cannot sign in: the admin lets them by ending that. */
    out->can_undo =
        !person.suspended_at && is_undoable(context, row.state, row.requested_by, row.due_at);
    out->words = closed_words(context, &row, out);
    out->told = closed_told(context, out);
    return action_fill(context, out);
}

struct error *erasure_closed(const struct context *context, const char *identity_key,
                             struct erasure_closed *out)
{
    struct person_by_identity_row person;
    struct error *e = sql_person_by_identity(context->db, context->arena, identity_key, &person);

    *out = (struct erasure_closed){ .words = NULL };
    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    return erasure_closed_of(context, person.id, out);
}
