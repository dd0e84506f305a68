/* Requests about personal data that come by mail; see rights_request.h. */
#include "model/rights_request.h"

#include "adapter/crypto.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/limit.h"
#include "main_constants.sql.h"
#include "model/audit.h"
#include "model/erasure.h"
#include "model/export.h"
#include "model/identity.h"
#include "model/mail_queue.h"
#include "model/restriction.h"
#include "model/suspension.h"
#include "model/usage_objection.h"

#include "mail.sql.h"
#include "person.sql.h"
#include "rights_request.sql.h"
#include "team.sql.h"

#include <string.h>
#include <strings.h>

/* ---- the clock ---- */

static int64_t day_start(int64_t at)
{
    return at - at % A_DAY_S;
}

int64_t rights_request_due(int64_t at, int months)
{
    int64_t day_at = date_months_later(at, months);
    int64_t weekday = (day_at - date_week_start(day_at)) / A_DAY_S; /* 0: Monday */

    if (weekday > 4)
        day_at += (7 - weekday) * A_DAY_S;
    return day_at + A_DAY_S - 1;
}

int64_t rights_request_days_left(int64_t due_at, int64_t now_at)
{
    return (day_start(due_at) - day_start(now_at)) / A_DAY_S;
}

bool rights_request_is_urgent(int64_t received_at, int64_t due_at, int64_t extended_at,
                              int64_t now_at)
{
    return extended_at ? due_at < now_at + LIMIT_REQUEST_URGENT_S
                       : received_at + LIMIT_REQUEST_URGENT_AFTER_S <= now_at;
}

/* ---- kinds ---- */

static const struct kind {
    const char *kind, *word, *title;
    const char *asked; /* in mails to the person: "your request ..." */
    const char *done;  /* what the person is told of what was done; NULL: nothing is done here */
    const char *acted; /* the same for the operator, behind "the account" */
} kinds[] = {
    { RIGHTS_REQUEST_KIND_COPY, "copy", "A copy of the data", "for a copy of your data",
      "The copy is being prepared. Sign in and download it on your account page within a day; "
      "later you can prepare another one there.",
      "gets a copy of its data, ready for download in a moment" },
    { RIGHTS_REQUEST_KIND_CORRECTION, "correct", "Correction", "for a correction of your data",
      NULL, NULL },
    { RIGHTS_REQUEST_KIND_RESTRICTION, "restrict", "Restriction",
      "to restrict the use of your data",
      "Your account is restricted: the VMs of your team were stopped, and nothing can be started "
      "or created until you end that. You can do so at any time: sign in and press \u201cEnd "
      "restriction\u201d on your account page.",
      "is restricted and its VMs are stopped" },
    { RIGHTS_REQUEST_KIND_OBJECTION, "object", "Objection", "that objects to the use of your data",
      "Your requests are no longer counted and the VMs of your team no longer measured.",
      "is no longer counted, nor the VMs of its personal team measured" },
    { RIGHTS_REQUEST_KIND_DELETION, "delete", "Deletion", "to delete your data",
      "Your account is closed.", "is closed and will be deleted" },
    { RIGHTS_REQUEST_KIND_OTHER, "other", "Other", "about your data", NULL, NULL },
};

static const struct kind *kind_find(const char *name)
{
    size_t found = COUNT(kinds) - 1; /* other */

    for (size_t i = 0; i < COUNT(kinds); i++) {
        if (strcmp(kinds[i].kind, name) == 0)
            found = i;
    }
    return &kinds[found];
}

const char *rights_request_kind(const char *word)
{
    for (size_t i = 0; word && i < COUNT(kinds); i++) {
        if (strcmp(kinds[i].word, word) == 0)
            return kinds[i].kind;
    }
    return NULL;
}

const char *rights_request_title(const char *kind)
{
    return kind_find(kind)->title;
}

/* ---- what all have in common ---- */

/*
 * The account of an address, rather an open one than one that is closed and not deleted yet; as
 * identity_choose().
 */
static struct error *account_find(const struct context *context, const char *email,
                                  const char *identity, int64_t *out)
{
    struct error *e = identity_choose(context, email, identity, identity != NULL, out);

    return e || *out || identity ? e : identity_choose(context, email, NULL, true, out);
}

/* 0: the address has no account, or several. */
static struct error *person_find(const struct context *context, const char *email, int64_t *out)
{
    struct error *e = account_find(context, email, NULL, out);

    return e && e->kind == ERROR_INPUT ? NULL : e;
}

/* Ids alone: what a person wrote is not in a history that others may keep. */
static struct error *record(const struct context *context, enum audit_action action, int64_t number,
                            int64_t person_id)
{
    struct audit_entry entry = {
        .team_id = AUDIT_OPERATOR,
        .action = action,
        .object = arena_printf(context->arena, "%lld", (long long)number),
        .detail = audit_request_detail(context->arena, number),
        .person_id = person_id,
        .by_operator = true,
    };
    struct error *e = audit_add(context, &entry);

    return e || !person_id ? e : audit_add_personal(context, &entry);
}

/* `url`: in an answer, the page of a deletion; NULL: there is none. Else the authority's. */
static struct error *tell(const struct context *context, const char *kind,
                          const struct rights_request_get_row *row, const char *note,
                          const char *url, int64_t due_at)
{
    const struct config *config = context->config;
    bool is_answer = strcmp(kind, MAIL_KIND_REQUEST_ANSWERED) == 0;
    const struct mail mail = {
        .kind = kind,
        .to = row->email,
        .once = arena_printf(context->arena, "%s/%lld/%s", kind, (long long)row->number,
                             crypto_id(context->arena)),
        .promise = kind_find(row->kind)->asked,
        .note = note,
        .request_number = row->number,
        /* Who is not content is told where to complain, too (GDPR Art. 12(4)). */
        .url = is_answer                ? url
               : *config->authority_url ? config->authority_url
                                        : NULL,
        .at = row->received_at,
        .until_at = due_at,
    };

    return mail_queue(context->db, context->arena, &mail, context->now_at);
}

/* Of a request as it is in the register. */
static struct error *result_fill(const struct context *context,
                                 const struct rights_request_get_row *row, int64_t person_id,
                                 struct rights_request_result *out)
{
    struct person_get_row person;
    struct erasure_closed closed;
    struct error *e = NULL;

    out->number = row->number;
    out->kind = row->kind;
    out->email = row->email;
    out->due_at = row->due_at;
    if (!person_id)
        return NULL;
    e = sql_person_get(context->db, context->arena, person_id, &person);
    if (!e)
        e = erasure_closed_of(context, person_id, &closed);
    if (e)
        return e;
    out->account = person.identity;
    out->closed = closed.words;
    return NULL;
}

static struct error *open_get(const struct context *context, int64_t number,
                              struct rights_request_get_row *out)
{
    struct error *e = sql_rights_request_get(context->db, context->arena, number, out);

    if (e)
        return e->kind == ERROR_NOT_FOUND ? error_new(context->arena, ERROR_NOT_FOUND,
                                                      "there is no request %lld", (long long)number)
                                          : e;
    if (!out->email)
        return error_new(context->arena, ERROR_CONFLICT,
                         "who sent request %lld was deleted: there is nobody to answer",
                         (long long)number);
    return out->ended_at ? error_new(context->arena, ERROR_CONFLICT, "request %lld was %s before",
                                     (long long)number, out->outcome ? out->outcome : "ended")
                         : NULL;
}

static struct error *open_find(const struct context *context, int64_t number,
                               struct rights_request_get_row *out, int64_t *out_person_id)
{
    struct error *e = open_get(context, number, out);

    return e ? e : person_find(context, out->email, out_person_id);
}

struct error *rights_request_add(const struct context *context, const char *email, const char *kind,
                                 int64_t received_at, struct rights_request_result *out)
{
    struct rights_request_add_row row;
    int64_t person_id, day_at = day_start(received_at);
    struct rights_request_get_row request = {
        .kind = kind, .email = email, .due_at = rights_request_due(day_at, RIGHTS_REQUEST_MONTHS)
    };
    struct error *e;

    *out = (struct rights_request_result){ .account = NULL };
    if (day_at > context->now_at)
        return error_new(context->arena, ERROR_INPUT, "this day is in the future");
    e = person_find(context, email, &person_id);
    if (!e)
        e = sql_rights_request_add(context->db, context->arena, email, kind, day_at, request.due_at,
                                   &row);
    if (e)
        return e;
    request.number = row.number;
    e = result_fill(context, &request, person_id, out);
    return e ? e : record(context, AUDIT_REQUEST_ADD, row.number, person_id);
}

struct error *rights_request_extend(const struct context *context, int64_t number, const char *why,
                                    struct rights_request_result *out)
{
    struct rights_request_get_row row;
    int64_t person_id;
    struct error *e = open_find(context, number, &row, &person_id);

    *out = (struct rights_request_result){ .account = NULL };
    if (e)
        return e;
    if (row.extended_at)
        return error_new(context->arena, ERROR_CONFLICT, "request %lld was extended before",
                         (long long)number);
    if (row.due_at < context->now_at)
        return error_new(context->arena, ERROR_CONFLICT,
                         "the first month of request %lld is over: it can no longer be extended",
                         (long long)number);
    row.due_at = rights_request_due(row.received_at, RIGHTS_REQUEST_MONTHS_EXTENDED);
    e = sql_rights_request_extend(context->db, context->arena, number, row.due_at, why,
                                  context->now_at);
    if (!e)
        e = tell(context, MAIL_KIND_REQUEST_EXTENDED, &row, why, NULL, row.due_at);
    if (!e)
        e = result_fill(context, &row, person_id, out);
    return e ? e : record(context, AUDIT_REQUEST_EXTEND, number, person_id);
}

/* ---- the answer ---- */

/* In the person's history as what it is; a copy and a deletion write that themselves. */
static struct error *done_note(const struct context *context, enum audit_action action,
                               int64_t person_id, int64_t number)
{
    return audit_add_personal(
        context, &(struct audit_entry){ .action = action,
                                        .detail = audit_request_detail(context->arena, number),
                                        .person_id = person_id,
                                        .by_operator = true });
}

static struct error *objection_note(const struct context *context, int64_t person_id,
                                    int64_t number)
{
    struct team_personal_row team;
    struct error *e = sql_person_set_uncounted(context->db, context->arena, person_id, true);

    if (!e)
        e = sql_team_personal(context->db, context->arena, person_id, &team);
    if (!e)
        e = usage_objection_set(context, team.id, true);
    if (!e)
        e = done_note(context, AUDIT_STATISTICS_OFF, person_id, number);
    return e ? e : done_note(context, AUDIT_CHARTS_OFF, person_id, number);
}

static struct error *restrict_note(const struct context *context, int64_t person_id, int64_t number)
{
    struct error *e = restriction_begin(context, person_id);

    return e ? e : done_note(context, AUDIT_RESTRICTION, person_id, number);
}

/* What is done, as the person and the operator are told; NULL: nothing is, by itself. */
struct result_text {
    const char *done, *acted;
    const char *path; /* of the page of a deletion; NULL: there is none */
};

/* One that its owner has closed can then no longer be opened. */
static struct error *account_close(const struct context *context, int64_t person_id,
                                   const struct rights_request_get_row *row,
                                   struct result_text *text)
{
    const struct erasure_request request = { .person_id = person_id,
                                             .requested_by = ERASURE_REQUESTED_BY_OPERATOR,
                                             .number = row->number };
    struct erasure_closed closed;
    const char *token;
    struct error *e;

    if (strcasecmp(row->email, context->config->operator_email) == 0)
        return error_new(context->arena, ERROR_INPUT,
                         "this is the operator's account: name another operator in domicile.conf "
                         "first");
    e = erasure_request(context, &request, &token);
    if (!e)
        e = erasure_closed_of(context, person_id, &closed);
    if (!e && !token)
        e = erasure_address_add(context, closed.id, &token);
    if (e)
        return e;
    text->path = erasure_path(context->arena, token);
    text->done = closed.is_begun
                     ? "Your account is closed. The deletion has begun and can\u2019t be undone."
                     : arena_printf(context->arena,
                                    "Your account is closed. It is deleted for good on %s, and "
                                    "signing in does not undo that.",
                                    date_plain(context->arena, closed.due_at));
    return NULL;
}

static struct error *copy_make(const struct context *context, int64_t person_id, int64_t number,
                               struct result_text *text)
{
    int64_t refused_until;
    struct error *e = export_request(context, person_id, number, &refused_until);

    if (!e && suspension_check_sign_in(context, person_id))
        text->done = "The copy is being prepared. As your account is suspended, we send it to you.";
    if (e || !refused_until)
        return e;
    return error_new(context->arena, ERROR_CONFLICT,
                     "the limit is %d copies and %d attempts in 24 hours: answer from %s UTC",
                     LIMIT_EXPORTS, LIMIT_EXPORT_ATTEMPTS,
                     date_minute(context->arena, refused_until));
}

/* Why something is not done to an account that is closed; NULL: it is done. */
static const char *closed_refuse(const struct context *context, const char *kind,
                                 const struct erasure_closed *closed)
{
    if (!closed->words || strcmp(kind, RIGHTS_REQUEST_KIND_DELETION) == 0)
        return NULL;
    if (closed->is_begun)
        return "Nothing was done to your account, as its deletion has begun.";
    if (strcmp(kind, RIGHTS_REQUEST_KIND_COPY) != 0)
        return NULL;
    if (!closed->can_undo)
        return "No copy was prepared, as your account is closed: nobody can sign in to download "
               "it.";
    return arena_printf(context->arena,
                        "No copy was prepared, as your account is closed: it would be downloaded "
                        "after signing in. Until %s you can sign in, which undoes the deletion, "
                        "and prepare one on your account page.",
                        date_plain(context->arena, closed->due_at));
}

/* The same as the button of the account page. */
static struct error *act(const struct context *context, const struct rights_request_get_row *row,
                         int64_t person_id, struct result_text *text)
{
    struct erasure_closed closed;
    const char *refused;
    struct error *e = erasure_closed_of(context, person_id, &closed);

    if (e || !text->done)
        return e;
    refused = closed_refuse(context, row->kind, &closed);
    if (refused) {
        *text = (struct result_text){ .done = refused };
        return NULL;
    }
    if (strcmp(row->kind, RIGHTS_REQUEST_KIND_COPY) == 0)
        return copy_make(context, person_id, row->number, text);
    if (strcmp(row->kind, RIGHTS_REQUEST_KIND_RESTRICTION) == 0)
        return restrict_note(context, person_id, row->number);
    if (strcmp(row->kind, RIGHTS_REQUEST_KIND_OBJECTION) == 0)
        return objection_note(context, person_id, row->number);
    return account_close(context, person_id, row, text);
}

static struct result_text result_text_of(const struct context *context, const char *kind)
{
    const struct kind *found = kind_find(kind);

    if (strcmp(kind, RIGHTS_REQUEST_KIND_OBJECTION) == 0 && !context->config->has_counts)
        return (struct result_text){
            .done = "Usage charts are off: the VMs of your team are no longer measured. This "
                    "server counts no requests; if that changes, yours are left out.",
            .acted = "has no usage charts any more: the VMs of its personal team are not measured",
        };
    return (struct result_text){ .done = found->done, .acted = found->acted };
}

/* The request, and the mails to its address: that of the answer once it was sent. */
static struct error *forget(const struct context *context, const struct rights_request_get_row *row)
{
    struct error *e = sql_rights_request_forget(context->db, context->arena, row->number);

    if (!e)
        e = sql_mail_forget(context->db, context->arena, row->email);
    return e ? e : sql_mail_forget_later(context->db, context->arena, row->email);
}

/* Without an account nothing else names the address, once a deletion is answered. */
static struct error *end(const struct context *context, const struct rights_request_get_row *row,
                         const char *outcome, const char *why, int64_t person_id)
{
    bool is_forgotten = !person_id && strcmp(outcome, RIGHTS_REQUEST_OUTCOME_ANSWERED) == 0 &&
                        strcmp(row->kind, RIGHTS_REQUEST_KIND_DELETION) == 0;
    struct error *e = sql_rights_request_end(context->db, context->arena, row->number, outcome, why,
                                             context->now_at);

    return e || !is_forgotten ? e : forget(context, row);
}

struct error *rights_request_answer(const struct context *context, int64_t number,
                                    const char *identity, const char *how,
                                    struct rights_request_result *out)
{
    struct rights_request_get_row row;
    struct result_text text = { .done = NULL };
    int64_t person_id = 0;
    struct error *e = open_get(context, number, &row);

    *out = (struct rights_request_result){ .path = NULL };
    if (!e)
        text = result_text_of(context, row.kind);
    /* What is done to an account must say to which. */
    if (!e)
        e = text.done || identity ? account_find(context, row.email, identity, &person_id)
                                  : person_find(context, row.email, &person_id);
    if (e)
        return e;
    if (!person_id)
        text = (struct result_text){ .done = NULL };
    else
        e = act(context, &row, person_id, &text);
    out->acted = text.acted;
    out->path = text.path;
    if (!e)
        e = tell(context, MAIL_KIND_REQUEST_ANSWERED, &row,
                 text.done ? arena_printf(context->arena, "%s %s", text.done, how) : how,
                 text.path
                     ? arena_printf(context->arena, "%s%s", context->config->public_url, text.path)
                     : NULL,
                 0);
    if (!e)
        e = record(context, AUDIT_REQUEST_ANSWER, number, person_id);
    if (!e)
        e = end(context, &row, RIGHTS_REQUEST_OUTCOME_ANSWERED, how, person_id);
    return e ? e : result_fill(context, &row, person_id, out);
}

struct error *rights_request_refuse(const struct context *context, int64_t number, const char *why,
                                    struct rights_request_result *out)
{
    struct rights_request_get_row row;
    int64_t person_id;
    struct error *e = open_find(context, number, &row, &person_id);

    *out = (struct rights_request_result){ .account = NULL };
    if (!e)
        e = tell(context, MAIL_KIND_REQUEST_REFUSED, &row, why, NULL, 0);
    if (!e)
        e = result_fill(context, &row, person_id, out);
    if (!e)
        e = record(context, AUDIT_REQUEST_REFUSE, number, person_id);
    return e ? e : end(context, &row, RIGHTS_REQUEST_OUTCOME_REFUSED, why, person_id);
}
