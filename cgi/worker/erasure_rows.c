/* The steps of a deletion that are about the data here: rows, log, files; see erasure.h. */
#include "adapter/json.h"
#include "adapter/subprocess.h"
#include "base/array.h"
#include "base/buf.h"
#include "base/date.h"
#include "base/html.h"
#include "base/limit.h"
#include "model/audit.h"
#include "model/byte_print.h"
#include "model/inventory.h"
#include "worker/erasure_step.h"
#include "worker/export.h"
#include "worker/receipt_sign.h"

#include "person.sql.h"
#include "signed_receipt.sql.h"

#include <string.h>

/* ---- what will be looked for ---- */

static struct error *print_add(struct erasure_work *work, const unsigned char *salt,
                               const char *text)
{
    struct byte_print print = byte_print_of(salt, text, strlen(text));

    return sql_erasure_print_add(work->now.db, work->now.arena, work->row.id, print.head,
                                 print.length, (struct bytes){ print.hash, sizeof print.hash });
}

struct error *erasure_prints_take(struct erasure_work *work)
{
    unsigned char salt[BYTE_PRINT_SALT_BYTES];
    struct erasure_strings_rows strings;
    struct error *e;

    crypto_random(salt, sizeof salt);
    e = sql_erasure_begin(work->now.db, work->now.arena, work->row.id,
                          (struct bytes){ salt, sizeof salt });
    if (!e)
        e = sql_erasure_strings(work->now.db, work->now.arena, work->row.id, &strings);
    for (size_t i = 0; !e && i < strings.count; i++) {
        struct buf encoded = buf_new(work->now.arena, 64);

        html_url_part(&encoded, strings.row[i].text);
        e = print_add(work, salt, strings.row[i].text);
        if (!e)
            e = print_add(work, salt, encoded.bytes);
    }
    return e;
}

/* ---- rows ---- */

/* One generated statement; the rows that it changed are added to `*rows`. */
static struct error *statement_run(struct erasure_work *work, const struct db_statement *statement,
                                   int64_t id, const char *address, int64_t *rows)
{
    struct db_run *run;
    struct error *e;
    bool has_row;

    if (!statement)
        return NULL;
    run = inventory_start(work->now.db, &INVENTORY_MAIN, statement);
    if (address)
        db_bind_text(run, 1, address);
    else
        db_bind_int(run, 1, id);
    e = db_step(run, work->now.arena, &has_row);
    if (!e) {
        *rows += db_changes(work->now.db);
        db_end(run);
    }
    return e;
}

static struct error *table_erase(struct erasure_work *work, const struct inventory_table *table,
                                 const char *address, int64_t *rows)
{
    int64_t person_id = work->row.person_id;
    struct error *e = NULL;

    if (table->owner == INVENTORY_ADDRESS)
        return person_id ? statement_run(work, table->erase, 0, address, rows) : NULL;
    if (table->owner == INVENTORY_PERSON)
        return person_id ? statement_run(work, table->erase, person_id, NULL, rows) : NULL;
    for (size_t i = 0; !e && i < work->teams.count; i++)
        e = statement_run(work, table->erase, work->teams.row[i].team_id, NULL, rows);
    if (!e && person_id)
        e = statement_run(work, table->erase_person, person_id, NULL, rows);
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
static struct error *tables_erase(struct erasure_work *work, const char *address, bool is_end,
                                  int64_t *rows)
{
    struct error *e = NULL;

    for (size_t i = INVENTORY_MAIN.table_count; !e && i-- > 0;) {
        const struct inventory_table *table = &INVENTORY_MAIN.tables[i];

        if (is_last(table) == is_end && strcmp(table->name, "erasure_team") != 0)
            e = table_erase(work, table, address, rows);
    }
    return e;
}

static struct error *rest_record(struct erasure_work *work, const struct person_get_row *person)
{
    struct db *db = work->now.db;
    struct error *e = sql_erasure_rest_add(db, work->now.arena, work->row.id, LIMIT_RECORD_KEEP_S);

    if (e || !person->name)
        return e;
    return sql_erasure_receipts_anonymise(db, work->now.arena, person->name, work->row.person_id);
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

struct error *erasure_rows(struct erasure_work *work)
{
    struct person_get_row person = { .name = NULL };
    struct db *db = work->now.db;
    struct arena *arena = work->now.arena;
    int64_t rows = 0;
    struct error *e = NULL;

    if (work->row.person_id)
        e = sql_person_get(db, arena, work->row.person_id, &person);
    if (!e)
        e = rest_record(work, &person);
    if (!e && work->row.person_id)
        e = history_forget(work);
    if (!e)
        e = tables_erase(work, person.email, false, &rows);
    if (!e)
        e = db_begin(db, arena);
    if (!e)
        e = tables_erase(work, person.email, true, &rows);
    if (!e)
        e = db_commit(db, arena);
    db_rollback(db);
    /* Copies that the person had prepared: compressed, so that the search would not find them. */
    if (!e)
        e = export_files_remove(&work->now);
    work->is_done = !e;
    work->answer = arena_printf(arena, "SQLite: %lld rows deleted or emptied", (long long)rows);
    return e;
}

/* ---- the log ---- */

struct error *erasure_log(struct erasure_work *work)
{
    const char *words = "SQLite: database written anew, log truncated";
    struct error *e = db_compact(work->now.db, work->now.arena);
    bool is_empty;

    /* Too large for that; the search tells whether something is left. */
    if (e && e->kind == ERROR_INPUT) {
        words = "SQLite: log truncated";
        e = NULL;
    }
    if (!e)
        e = db_log_empty(work->now.db, work->now.arena, &is_empty);
    if (e)
        return e;
    work->is_done = is_empty;
    work->answer = is_empty ? words : "SQLite: busy";
    return NULL;
}

/* ---- the search ---- */

/* Standard input of helper/state_find.c. */
static struct error *prints_write(struct erasure_work *work, struct buf *out)
{
    struct arena *arena = work->now.arena;
    struct erasure_prints_rows prints;
    struct error *e = sql_erasure_prints(work->now.db, arena, work->row.id, &prints);

    if (e)
        return e;
    if (work->row.salt.length != BYTE_PRINT_SALT_BYTES)
        return error_new(arena, ERROR_INTERNAL, "the salt of the search is lost");
    buf_printf(out, "%s\n", crypto_hex(arena, work->row.salt.bytes, work->row.salt.length));
    for (size_t i = 0; i < prints.count; i++)
        buf_printf(out, "%llx %lld %s\n", (long long)prints.row[i].head,
                   (long long)prints.row[i].length,
                   crypto_hex(arena, prints.row[i].hash.bytes, prints.row[i].hash.length));
    return NULL;
}

static struct error *find(struct erasure_work *work, const struct json **out)
{
    struct arena *arena = work->now.arena;
    const char *const arguments[] = {
        command_beside(arena, "state_find"), work->now.config->state_dir,
        arena_printf(arena, "%.10s", date_iso(arena, work->now.now_at)), NULL
    };
    struct buf input = buf_new(arena, 4096);
    const char *text;
    struct error *e = prints_write(work, &input);

    if (!e)
        e = command_ask(arena, arguments, input.bytes, &text);
    return e ? e : json_read(arena, text, strlen(text), out);
}

struct error *erasure_search(struct erasure_work *work)
{
    struct arena *arena = work->now.arena;
    const struct json *reply;
    struct error *e = sql_erasure_get(work->now.db, arena, work->row.id, &work->row);

    if (!e)
        e = find(work, &reply);
    if (e)
        return e;
    if (json_number_at(reply, "unread"))
        return error_new(arena, ERROR_INTERNAL, "%lld files could not be read",
                         (long long)json_number_at(reply, "unread"));
    work->answer = arena_printf(arena, "%lld strings, %lld files, %lld kB read, %lld found",
                                (long long)json_number_at(reply, "texts"),
                                (long long)json_number_at(reply, "files"),
                                (long long)json_number_at(reply, "bytes") / 1000,
                                (long long)json_number_at(reply, "found"));
    work->is_done = json_number_at(reply, "found") == 0;
    if (work->is_done)
        return NULL;
    /* It may be in a part of a file that nothing refers to any more: the next attempt will tell. */
    e = erasure_log(work);
    work->is_done = false;
    return e ? e
             : error_new(arena, ERROR_CONFLICT, "%lld found, as in %s",
                         (long long)json_number_at(reply, "found"), json_get_text(reply, "path"));
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

struct error *erasure_receipt(struct erasure_work *work)
{
    struct arena *arena = work->now.arena;
    const struct json_field fields[] = {
        json_text("deletion", work->row.id),
        json_text("requested_by", work->row.requested_by),
        json_text("requested_at", date_iso(arena, work->row.requested_at)),
        json_text("ended_at", date_iso(arena, work->now.now_at)),
    };
    struct buf content = buf_new(arena, 4096);
    const char *head;
    struct error *e = json_object_write(arena, fields, COUNT(fields), &head);

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
        e = receipt_sign(&work->now, SIGNED_RECEIPT_KIND_ACCOUNT, work->row.id, NULL,
                         content.bytes);
    return e ? e : sql_erasure_end(work->now.db, arena, work->row.id, work->now.now_at);
}
