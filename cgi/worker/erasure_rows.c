/* The steps of a deletion that are about the data here: rows, log, files; see erasure.h. */
#include "adapter/json.h"
#include "base/array.h"
#include "base/buf.h"
#include "base/date.h"
#include "base/limit.h"
#include "base/text.h"
#include "model/audit.h"
#include "model/inventory.h"
#include "worker/erasure_step.h"
#include "worker/export.h"
#include "worker/receipt_sign.h"

#include "main_constants.sql.h"

#include "activity.sql.h"
#include "mail.sql.h"
#include "person.sql.h"
#include "rights_request.sql.h"
#include "signed_receipt.sql.h"

#include <string.h>

/* ---- rows ---- */

/* One generated statement, counted in its transaction. */
static struct error *statement_run(struct erasure_work *work, const struct db_statement *statement,
                                   int64_t id, const char *address)
{
    struct db_run *run;
    struct error *e;
    bool has_row;
    int64_t rows;

    if (!statement)
        return NULL;
    run = inventory_start(work->now.db, &INVENTORY_MAIN, statement);
    if (address)
        db_bind_text(run, 1, address);
    else
        db_bind_int(run, 1, id);
    e = db_step(run, work->now.arena, &has_row);
    if (e)
        return e;
    rows = db_changes(work->now.db);
    db_end(run);
    return sql_erasure_step_count(work->now.db, work->now.arena, work->row.id, ERASURE_ROWS, rows);
}

static struct error *table_erase(struct erasure_work *work, const struct inventory_table *table,
                                 const char *address)
{
    int64_t person_id = work->row.person_id;
    struct error *e = NULL;

    if (table->owner == INVENTORY_ADDRESS)
        return person_id ? statement_run(work, table->erase, 0, address) : NULL;
    if (table->owner == INVENTORY_PERSON)
        return person_id ? statement_run(work, table->erase, person_id, NULL) : NULL;
    for (size_t i = 0; !e && i < work->teams.count; i++)
        e = statement_run(work, table->erase, work->teams.row[i].team_id, NULL);
    if (!e && person_id)
        e = statement_run(work, table->erase_person, person_id, NULL);
    if (!e && person_id)
        e = statement_run(work, table->erase_address, 0, address);
    return e;
}

static struct error *table_erase_alone(struct erasure_work *work,
                                       const struct inventory_table *table, const char *address)
{
    struct error *e = db_begin(work->now.db, work->now.arena);

    if (!e)
        e = table_erase(work, table, address);
    if (!e)
        e = db_commit(work->now.db, work->now.arena);
    db_rollback(work->now.db);
    return e;
}

/*
 * What says whose rows there are goes last, with the teams and the person: it is needed until all
 * others are gone.
 */
static bool is_last(const struct inventory_table *table)
{
    static const char *const names[] = { "person", "team", "erasure", "erasure_team" };

    for (size_t i = 0; i < COUNT(names); i++) {
        if (strcmp(table->name, names[i]) == 0)
            return true;
    }
    return false;
}

/* Tables that were created later refer to earlier ones: from the last to the first. */
static struct error *tables_erase(struct erasure_work *work, const char *address, bool is_end)
{
    struct error *e = NULL;

    for (size_t i = INVENTORY_MAIN.table_count; !e && i-- > 0;) {
        const struct inventory_table *table = &INVENTORY_MAIN.tables[i];

        if (is_last(table) != is_end || strcmp(table->name, "erasure_team") == 0)
            continue;
        e = is_end ? table_erase(work, table, address) : table_erase_alone(work, table, address);
    }
    return e;
}

/* Before the person's number is gone: what ties it to the chains of other teams. */
static struct error *history_forget(struct erasure_work *work)
{
    struct error *e = db_begin(work->now.db, work->now.arena);

    if (!e)
        e = audit_forget_person(&work->now, work->row.person_id);
    if (!e)
        e = db_commit(work->now.db, work->now.arena);
    db_rollback(work->now.db);
    return e;
}

/* Whose account it is is told first, or that was tried, or the answer to a request has expired. */
static struct error *mail_wait(struct erasure_work *work, const char *email, bool *out)
{
    struct mail_waiting_row row;
    struct error *e = sql_mail_waiting(work->now.db, work->now.arena, email, &row);

    *out = !e && row.total;
    work->answer = "the person is told by mail first";
    return e;
}

struct error *erasure_rows(struct erasure_work *work)
{
    struct person_get_row person = { .name = NULL };
    struct db *db = work->now.db;
    struct arena *arena = work->now.arena;
    struct erasure_step_deleted_row rows;
    bool is_waiting = false;
    struct error *e = NULL;

    if (work->row.person_id)
        e = sql_person_get(db, arena, work->row.person_id, &person);
    if (!e && work->row.person_id)
        e = mail_wait(work, person.email, &is_waiting);
    if (e || is_waiting)
        return e;
    e = sql_erasure_rest_add(db, arena, work->row.id, LIMIT_RECORD_KEEP_S + LIMIT_PROMISE_SWEEP_S);
    if (!e && work->row.person_id)
        e = sql_rights_request_end_erased(db, arena, person.email, work->now.now_at);
    if (!e && work->row.person_id)
        e = history_forget(work);
    if (!e)
        e = tables_erase(work, person.email, false);
    if (!e)
        e = db_begin(db, arena);
    if (!e)
        e = tables_erase(work, person.email, true);
    if (!e)
        e = db_commit(db, arena);
    db_rollback(db);
    /* Copies that the person had prepared: compressed, so that the search would not find them. */
    if (!e)
        e = export_files_remove(&work->now);
    if (!e)
        e = sql_erasure_step_deleted(db, arena, work->row.id, ERASURE_ROWS, &rows);
    if (e)
        return e;
    work->is_done = true;
    work->answer = arena_printf(arena, "SQLite: %s deleted or emptied",
                                text_counted(arena, rows.deleted, "row"));
    return NULL;
}

/* ---- the receipt ---- */

static struct error *steps_write(struct erasure_work *work, struct buf *out)
{
    struct arena *arena = work->now.arena;
    struct erasure_steps_rows steps;
    struct error *e = sql_erasure_steps(work->now.db, arena, work->row.id, &steps);

    for (size_t i = 0; !e && i < steps.count && steps.row[i].position < ERASURE_RECEIPT; i++) {
        const struct json_field fields[] = {
            json_text("step", steps.row[i].name),
            json_text("what", erasure_step_title(steps.row[i].name)),
            json_text("answer", steps.row[i].answer),
            json_text("at", date_iso(arena, steps.row[i].at)),
            json_number("attempts", steps.row[i].attempts),
        };
        const char *text;

        e = json_object_write(arena, fields, COUNT(fields), &text);
        if (!e)
            buf_printf(out, "%s%s", i ? "," : "", text);
    }
    return e;
}

static struct error *rest_write(struct erasure_work *work, struct buf *out)
{
    struct arena *arena = work->now.arena;
    struct erasure_rest_rows rest;
    struct error *e = sql_erasure_rest(work->now.db, arena, work->row.id, &rest);

    for (size_t i = 0; !e && i < rest.count; i++) {
        const struct json_field fields[] = {
            json_text("what", erasure_rest_title(rest.row[i].what)),
            json_number("records", rest.row[i].total),
            json_text("why", ERASURE_REST_REASON),
            json_text("until", date_iso(arena, rest.row[i].until_at)),
        };
        const char *text;

        e = json_object_write(arena, fields, COUNT(fields), &text);
        if (!e)
            buf_printf(out, "%s%s", i ? "," : "", text);
    }
    return e;
}

/* Once others have made an owner's request final, the row says who they are. */
static struct error *head_write(struct erasure_work *work, const char **out)
{
    enum { FINAL_FIELDS = 2 };
    struct arena *arena = work->now.arena;
    struct activity_final_row final = { .at_ms = 0 };
    struct error *e = sql_activity_final(work->now.db, arena, AUDIT_OPERATOR, work->row.id, &final);
    const struct json_field fields[] = {
        json_text("deletion", work->row.id),
        json_text("requested_by",
                  final.at_ms ? ERASURE_REQUESTED_BY_PERSON : work->row.requested_by),
        json_text("requested_at", date_iso(arena, work->row.requested_at)),
        json_text("ended_at", date_iso(arena, work->now.now_at)),
        json_text("made_final_by", work->row.requested_by),
        json_text("made_final_at", date_iso(arena, final.at_ms / 1000)),
    };

    if (e && e->kind != ERROR_NOT_FOUND)
        return e;
    return json_object_write(arena, fields, COUNT(fields) - (e ? FINAL_FIELDS : 0), out);
}

struct error *erasure_receipt(struct erasure_work *work)
{
    struct arena *arena = work->now.arena;
    struct buf content = buf_new(arena, 4096);
    const char *head;
    struct error *e = head_write(work, &head);

    if (e)
        return e;
    buf_bytes(&content, head, strlen(head) - 1); /* the lists follow in the same object */
    buf_literal(&content, ",\"steps\":[");
    e = steps_write(work, &content);
    buf_literal(&content, "],\"remains\":[");
    if (!e)
        e = rest_write(work, &content);
    buf_literal(&content, "]}");
    if (!e)
        e = receipt_sign(&work->now, work->row.subject, work->row.id, NULL, content.bytes);
    return e ? e : sql_erasure_end(work->now.db, arena, work->row.id, work->now.now_at);
}
