/*
 * "domicile-admin request-add", "request-list", "request-extend", "request-answer" and
 * "request-refuse": the register of requests about personal data that come by mail; see
 * model/rights_request.h.
 */
#include "admin/admin.h"

#include "adapter/json.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/limit.h"
#include "base/text.h"
#include "model/identity.h"
#include "model/rights_request.h"
#include "model/worker_wakeup.h"

#include "rights_request.sql.h"

#include <stdio.h>
#include <string.h>

static struct context now_of(struct admin *admin)
{
    return context_at(admin->db, admin->arena, admin->config, clock_now_ms());
}

static struct error *number_read(struct admin *admin, int64_t *out)
{
    return text_int(admin->argument, out)
               ? NULL
               : error_new(admin->arena, ERROR_INPUT, "%s is no number of a request",
                           admin->argument);
}

/* What goes into a mail: one paragraph. */
static struct error *text_check(struct admin *admin, const char *text, const char *option)
{
    if (!text || !*text_trim(admin->arena, text))
        return error_new(admin->arena, ERROR_INPUT, "this needs %s TEXT", option);
    if (!text_is_line(text) || text_length(text) > LIMIT_REQUEST_TEXT_CHARACTERS)
        return error_new(admin->arena, ERROR_INPUT,
                         "%s takes one line without invisible characters, of %d characters at most",
                         option, LIMIT_REQUEST_TEXT_CHARACTERS);
    return NULL;
}

/* Commit, or roll back and pass `e` on. */
static struct error *transaction_end(struct admin *admin, struct error *e)
{
    if (!e)
        e = db_commit(admin->db, admin->arena);
    db_rollback(admin->db);
    if (!e && !worker_wakeup_connect(admin->arena, admin->config))
        worker_wakeup_send();
    return e;
}

/*
 * One line: which request and account, what became of it, and which mail went out. `end` goes
 * behind the request, `mail` says what is in the mail; NULL: there is none.
 */
static void result_print(struct admin *admin, const struct rights_request_result *result,
                         const char *end, const char *mail)
{
    printf("Request %lld by %s (%s%s%s) %s.", (long long)result->number, result->email,
           text_lower(admin->arena, rights_request_title(result->kind)),
           !result->account ? ""
           : result->closed ? "; closed account "
                            : "; account ",
           result->account ? result->account : "", end);
    if (result->closed)
        printf(" %s", result->closed);
    if (mail && config_has_mail(admin->config))
        printf(" An email with %s is queued for %s.", mail, result->email);
    else if (mail)
        printf(" Mail is off on this server: write to %s yourself, with %s.", result->email, mail);
    putchar('\n');
}

/* ---- request-add ---- */

static struct error *add_read(struct admin *admin, const char **email, const char **kind,
                              int64_t *received_at)
{
    *email = identity_email(admin->arena, admin->argument);
    *kind = rights_request_kind(admin->kind);
    if (!*email)
        return error_new(admin->arena, ERROR_INPUT, "%s is not an email address", admin->argument);
    if (!*kind)
        return error_new(admin->arena, ERROR_INPUT,
                         "this needs --kind copy, correct, restrict, object, delete or other");
    if (!admin->received || !date_day_read(admin->received, received_at))
        return error_new(admin->arena, ERROR_INPUT,
                         "this needs --received DATE, the day on which it was received, like "
                         "2027-01-31");
    return NULL;
}

struct error *admin_request_add(struct admin *admin)
{
    const struct context now = now_of(admin);
    const char *email, *kind;
    struct rights_request_result result;
    int64_t received_at;
    struct error *e = add_read(admin, &email, &kind, &received_at);

    if (!e)
        e = db_begin(admin->db, admin->arena);
    if (e)
        return e;
    e = transaction_end(admin, rights_request_add(&now, email, kind, received_at, &result));
    if (!e)
        result_print(
            admin, &result,
            arena_printf(admin->arena, "is due on %s", date_day(admin->arena, result.due_at)),
            NULL);
    return e;
}

/* ---- request-list ---- */

static struct error *json_line(struct admin *admin, const struct rights_request_list_row *row)
{
    struct arena *arena = admin->arena;
    const struct json_field fields[] = {
        json_number("number", row->number),
        json_text("email", row->email),
        json_text("kind", row->kind),
        json_text("received", date_day_iso(arena, row->received_at)),
        json_text("due", date_day_iso(arena, row->due_at)),
        json_text("extended_at", row->extended_at ? date_iso(arena, row->extended_at) : NULL),
        json_text("outcome", row->outcome),
        json_text("ended_at", row->ended_at ? date_iso(arena, row->ended_at) : NULL),
    };
    const char *text;
    struct error *e = json_object_write(arena, fields, COUNT(fields), &text);

    if (!e)
        puts(text);
    return e;
}

static const char *left_text(struct admin *admin, const struct rights_request_list_row *row,
                             int64_t now_at)
{
    int64_t days = rights_request_days_left(row->due_at, now_at);

    if (row->ended_at)
        return row->outcome ? row->outcome : "ended";
    return days < 0 ? arena_printf(admin->arena, "%lld days overdue", (long long)-days)
                    : arena_printf(admin->arena, "%lld days left", (long long)days);
}

struct error *admin_request_list(struct admin *admin)
{
    const struct context now = now_of(admin);
    struct rights_request_list_rows rows;
    struct error *e = sql_rights_request_list(admin->db, admin->arena, &rows);

    for (size_t i = 0; !e && i < rows.count; i++) {
        const struct rights_request_list_row *row = &rows.row[i];

        if (admin->is_json)
            e = json_line(admin, row);
        else
            printf("%4lld  %-12s  received %s  due %s  %-16s  %s\n", (long long)row->number,
                   row->kind, date_day_iso(admin->arena, row->received_at),
                   date_day_iso(admin->arena, row->due_at), left_text(admin, row, now.now_at),
                   row->email ? row->email : "(erased)");
    }
    if (!e && !rows.count && !admin->is_json)
        puts("No requests.");
    return e;
}

/* ---- the end of one ---- */

struct error *admin_request_extend(struct admin *admin)
{
    const struct context now = now_of(admin);
    struct rights_request_result result;
    int64_t number;
    struct error *e = number_read(admin, &number);

    if (!e)
        e = text_check(admin, admin->reason, "--reason");
    if (!e)
        e = db_begin(admin->db, admin->arena);
    if (e)
        return e;
    e = transaction_end(admin, rights_request_extend(&now, number, admin->reason, &result));
    if (!e)
        result_print(
            admin, &result,
            arena_printf(admin->arena, "is now due on %s", date_day(admin->arena, result.due_at)),
            "the new day and the reason");
    return e;
}

static const char *answer_text(struct admin *admin, const struct rights_request_result *result)
{
    if (!result->acted)
        return "is answered, and nothing was done to an account";
    return arena_printf(admin->arena, "is answered: the account %s%s%s%s", result->acted,
                        result->path ? ", which the person sees at " : "",
                        result->path ? admin->config->public_url : "",
                        result->path ? result->path : "");
}

struct error *admin_request_answer(struct admin *admin)
{
    const struct context now = now_of(admin);
    struct rights_request_result result;
    int64_t number;
    struct error *e = number_read(admin, &number);

    if (!e)
        e = text_check(admin, admin->how, "--how");
    if (!e)
        e = db_begin(admin->db, admin->arena);
    if (e)
        return e;
    e = transaction_end(admin,
                        rights_request_answer(&now, number, admin->identity, admin->how, &result));
    if (!e)
        result_print(admin, &result, answer_text(admin, &result), "the answer");
    return e;
}

struct error *admin_request_refuse(struct admin *admin)
{
    const struct context now = now_of(admin);
    struct rights_request_result result;
    int64_t number;
    struct error *e = number_read(admin, &number);

    if (!e)
        e = text_check(admin, admin->reason, "--reason");
    if (!e)
        e = db_begin(admin->db, admin->arena);
    if (e)
        return e;
    e = transaction_end(admin, rights_request_refuse(&now, number, admin->reason, &result));
    if (!e)
        result_print(admin, &result, "is refused, and nothing was done to an account",
                     "the reason and where to complain");
    return e;
}
