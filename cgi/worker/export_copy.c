/*
 * The content of a copy; see export_copy.h. Rows are written as the statements of the inventory
 * give them, one on each line, so that no table need fit into memory.
 */
#include "worker/export_copy.h"

#include "adapter/archive.h"
#include "adapter/crypto.h"
#include "adapter/json.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/html.h"
#include "base/limit.h"
#include "base/name_list.h"
#include "model/export.h"
#include "model/inventory.h"
#include "model/signing.h"
#include "model/state_path.h"
#include "worker/export_schema.h"

#include "copy_readme.html.h"
#include "export.sql.h"
#include "main_constants.sql.h"
#include "person.sql.h"
#include "signing_key.sql.h"

#include <stdlib.h>
#include <string.h>

struct copy {
    struct worker_context *context; /* its database: the progress */
    struct arena *arena;            /* of the whole copy */
    struct arena *scratch;          /* of one row */
    struct db *db;                  /* one snapshot of what is copied */
    const struct export_order *order;
    struct person_get_row person;
    struct export_teams_rows teams;
    struct signing_key key; /* signs the list of files */
    const char *owned;      /* ids of the person's own teams, as a JSON array */
    int64_t now_at;
    struct archive_file *archive;
    struct crypto_hash *hash; /* of the file that is being written */
    int64_t bytes;            /* of it so far */
    struct export_file_rows files;
    size_t file_capacity;
    int64_t rows; /* so far */
};

/* ---- files of the ZIP ---- */

static struct error *file_begin(struct copy *copy, const char *path)
{
    copy->hash = crypto_hash_begin();
    copy->bytes = 0;
    copy->files.row = array_grow(copy->arena, copy->files.row, copy->files.count,
                                 &copy->file_capacity, sizeof *copy->files.row);
    copy->files.row[copy->files.count++] = (struct export_file){ .path = path };
    return archive_file_begin(copy->archive, copy->arena, path, -1, copy->now_at);
}

static struct error *file_put(struct copy *copy, const char *bytes, size_t length)
{
    crypto_hash_add(copy->hash, bytes, length);
    copy->bytes += (int64_t)length;
    return archive_file_put(copy->archive, copy->arena, bytes, length);
}

static struct error *file_end(struct copy *copy, int64_t rows, struct error *e)
{
    struct export_file *file = &copy->files.row[copy->files.count - 1];
    unsigned char hash[CRYPTO_HASH_BYTES];

    crypto_hash_end(copy->hash, hash);
    file->rows = rows;
    file->bytes = copy->bytes;
    file->sha256 = crypto_hex(copy->arena, hash, sizeof hash);
    return e;
}

static struct error *file_whole(struct copy *copy, const char *path, const char *bytes,
                                size_t length)
{
    struct error *e = file_begin(copy, path);

    return file_end(copy, 0, e ? e : file_put(copy, bytes, length));
}

/* ---- rows ---- */

static struct error *row_put(struct copy *copy, const char *row, bool is_first)
{
    struct error *e = is_first ? NULL : file_put(copy, ",\n", 2);

    if (!e)
        e = file_put(copy, row, strlen(row));
    if (++copy->rows % LIMIT_EXPORT_ROWS_TOLD == 0 && !e)
        e = sql_export_progress(copy->context->db, copy->scratch, copy->order->id, copy->rows);
    arena_reset(copy->scratch);
    return e;
}

/* The rows of a statement that is started and has its parameters. */
static struct error *rows_write(struct copy *copy, const char *path, struct db_run *run)
{
    int64_t before = copy->rows;
    bool has_row = true;
    struct error *e = file_begin(copy, path);

    if (!e)
        e = file_put(copy, "[\n", 2);
    while (!e) {
        e = db_step(run, copy->arena, &has_row);
        if (e)
            return file_end(copy, 0, e);
        if (!has_row)
            break;
        e = row_put(copy, db_column_text(run, 0, copy->scratch), copy->rows == before);
    }
    db_end(run);
    if (!e)
        e = file_put(copy, "\n]\n", 3);
    return file_end(copy, copy->rows - before, e);
}

static bool is_copied(const struct inventory_table *table, enum inventory_owner owner)
{
    return table->owner == owner && table->copy;
}

static struct error *team_write(struct copy *copy, const struct export_teams_row *team)
{
    struct error *e = NULL;

    for (size_t i = 0; !e && i < INVENTORY_MAIN.table_count; i++) {
        const struct inventory_table *table = &INVENTORY_MAIN.tables[i];
        struct db_run *run;

        if (!is_copied(table, INVENTORY_TEAM))
            continue;
        run = inventory_start(copy->db, &INVENTORY_MAIN, table->copy);
        db_bind_int(run, 1, team->id);
        e = rows_write(
            copy,
            arena_printf(copy->arena, "team-%lld/%s.json", (long long)team->number, table->name),
            run);
    }
    return e;
}

/* Rows of teams that are not the person's own, of the person or of whoever has that `address`. */
static struct error *elsewhere_write(struct copy *copy, const char *folder,
                                     const struct inventory_table *table,
                                     const struct db_statement *statement, const char *address)
{
    struct db_run *run;

    if (!statement)
        return NULL;
    run = inventory_start(copy->db, &INVENTORY_MAIN, statement);
    if (address)
        db_bind_text(run, 1, address);
    else
        db_bind_int(run, 1, copy->person.id);
    db_bind_text(run, 2, copy->owned);
    return rows_write(copy, arena_printf(copy->arena, "%s/%s.json", folder, table->name), run);
}

static struct error *own_write(struct copy *copy, const struct inventory_table *table)
{
    struct db_run *run;

    if (!is_copied(table, INVENTORY_PERSON) && !is_copied(table, INVENTORY_ADDRESS))
        return NULL;
    run = inventory_start(copy->db, &INVENTORY_MAIN, table->copy);
    if (table->owner == INVENTORY_ADDRESS)
        db_bind_text(run, 1, copy->person.email);
    else
        db_bind_int(run, 1, copy->person.id);
    return rows_write(copy, arena_printf(copy->arena, "person/%s.json", table->name), run);
}

/*
 * What is the person's, or of whoever has that address, what the person did in other teams, and,
 * apart from that, what the operator or the server did about the person.
 */
static struct error *person_write(struct copy *copy)
{
    struct error *e = NULL;

    for (size_t i = 0; !e && i < INVENTORY_MAIN.table_count; i++) {
        const struct inventory_table *table = &INVENTORY_MAIN.tables[i];

        e = own_write(copy, table);
        if (!e)
            e = elsewhere_write(copy, "other-teams", table, table->copy_person, NULL);
        if (!e)
            e = elsewhere_write(copy, "about-you", table, table->copy_about, NULL);
        if (!e)
            e = elsewhere_write(copy, "about-you", table, table->copy_address, copy->person.email);
    }
    return e;
}

static struct error *schemas_write(struct copy *copy)
{
    struct error *e = NULL;

    for (size_t i = 0; !e && i < INVENTORY_MAIN.table_count; i++) {
        const struct inventory_table *table = &INVENTORY_MAIN.tables[i];
        struct buf text = { .arena = copy->arena };

        if (!table->copy)
            continue;
        e = export_schema_put(&text, &INVENTORY_MAIN, table->name);
        if (!e)
            e = file_whole(copy, arena_printf(copy->arena, "schema/%s.json", table->name),
                           text.bytes, text.length);
    }
    return e;
}

static struct error *key_write(struct copy *copy, const char *id, const unsigned char *public)
{
    const char *pem = signing_key_pem(copy->arena, public);

    return file_whole(copy, arena_printf(copy->arena, "keys/%s.pem", id), pem, strlen(pem));
}

/* The one that signs this copy, and those that have signed receipts and ends of chains before. */
static struct error *keys_write(struct copy *copy)
{
    struct signing_key_list_rows keys;
    struct error *e = sql_signing_key_list(copy->db, copy->arena, &keys);

    if (!e)
        e = key_write(copy, copy->key.id, copy->key.public);
    for (size_t i = 0; !e && i < keys.count; i++) {
        if (strcmp(keys.row[i].id, copy->key.id) != 0)
            e = key_write(copy, keys.row[i].id, keys.row[i].public_key.bytes);
    }
    return e;
}

/* ---- the page that explains it ---- */

static void transfer_add(struct copy *copy, struct export_transfer_rows *out, size_t *capacity,
                         const struct export_transfer *transfer)
{
    out->row = array_grow(copy->arena, out->row, out->count, capacity, sizeof *out->row);
    out->row[out->count++] = *transfer;
}

/* One line: the mails do not say which server got them, if there was another one meanwhile. */
static struct error *mails_read(struct copy *copy, struct export_transfer_rows *out,
                                size_t *capacity)
{
    struct buf hosts = buf_new(copy->arena, 64), fields = buf_new(copy->arena, 64);
    struct export_mailed_row mailed;
    struct export_mail_servers_rows servers = { .count = 0 };
    struct error *e = sql_export_mailed(copy->db, copy->arena, copy->person.email, &mailed);

    if (!e && mailed.transfers)
        e = sql_export_mail_servers(copy->db, copy->arena, mailed.first_at, &servers);
    if (e || !mailed.transfers)
        return e;
    for (size_t i = 0; i < servers.count; i++) {
        name_list_add(&hosts, servers.row[i].host, strlen(servers.row[i].host));
        name_list_join(&fields, servers.row[i].fields);
    }
    transfer_add(
        copy, out, capacity,
        &(struct export_transfer){ "Emails to you", hosts.length ? hosts.bytes : "The mail server",
                                   OUTBOUND_PURPOSE_MAIL, fields.length ? fields.bytes : "",
                                   mailed.transfers, mailed.first_at, mailed.last_at });
    return NULL;
}

static struct error *transfers_read(struct copy *copy, struct export_transfer_rows *out)
{
    size_t capacity = 0;
    struct error *e;

    *out = (struct export_transfer_rows){ NULL, 0 };
    e = mails_read(copy, out, &capacity);
    for (size_t i = 0; !e && i < copy->teams.count; i++) {
        const struct export_teams_row *team = &copy->teams.row[i];
        struct export_sent_rows sent = { .count = 0 };

        if (strcmp(team->role, MEMBERSHIP_ROLE_OWNER) != 0)
            continue;
        e = sql_export_sent(copy->db, copy->arena, team->id, &sent);
        for (size_t k = 0; !e && k < sent.count; k++) {
            const struct export_sent_row *row = &sent.row[k];
            transfer_add(copy, out, &capacity,
                         &(struct export_transfer){ team->name, row->host, row->purpose,
                                                    row->fields, row->transfers, row->first_at,
                                                    row->last_at });
        }
    }
    return e;
}

static int path_compare(const void *first, const void *second)
{
    const struct export_file *one = first, *other = second;

    return strcmp(one->path, other->path);
}

static struct error *readme_write(struct copy *copy)
{
    const struct config *config = copy->context->config;
    const struct frame frame = {
        .title = "A copy of your data",
        .server_name = config->server_name,
        .now_at = copy->now_at,
    };
    struct copy_readme_html page = {
        .email = copy->person.email,
        .identity = copy->person.identity,
        .number = copy->person.id,
        .key_id = copy->key.id,
        .server_url = config->public_url,
        .made_at = copy->now_at,
        .files = copy->files,
        .teams = copy->teams,
    };
    struct buf text = { .arena = copy->arena };
    struct error *e = transfers_read(copy, &page.transfers);

    qsort(copy->files.row, copy->files.count, sizeof *copy->files.row, path_compare);

    if (e)
        return e;
    html_copy_readme(&text, &frame, &page);
    return file_whole(copy, "README.html", text.bytes, text.length);
}

/* ---- the signed list ---- */

static struct error *manifest_teams_put(const struct copy *copy, struct buf *out)
{
    struct error *e = NULL;
    const char *name;

    for (size_t i = 0; !e && i < copy->teams.count; i++) {
        const struct export_teams_row *team = &copy->teams.row[i];

        e = json_quote(copy->arena, team->name, &name);
        if (!e)
            buf_printf(out,
                       "%s\n    {\"number\": %lld, \"name\": %s, \"role\": \"%s\", \"joined\": "
                       "\"%s\"}",
                       i ? "," : "", (long long)team->number, name, team->role,
                       date_iso(copy->arena, team->created_at));
    }
    return e;
}

static struct error *manifest_text(const struct copy *copy, struct buf *out)
{
    struct error *e;

    buf_printf(out,
               "{\n  \"format\": \"domicile-copy-1\",\n  \"server\": \"%s\",\n"
               "  \"made\": \"%s\",\n  \"key\": \"%s\",\n  \"teams\": [",
               copy->context->config->public_url, date_iso(copy->arena, copy->now_at),
               copy->key.id);
    e = manifest_teams_put(copy, out);
    buf_literal(out, "\n  ],\n  \"files\": [");
    for (size_t i = 0; i < copy->files.count; i++) {
        const struct export_file *file = &copy->files.row[i];
        buf_printf(out,
                   "%s\n    {\"path\": \"%s\", \"bytes\": %lld, \"rows\": %lld, "
                   "\"sha256\": \"%s\"}",
                   i ? "," : "", file->path, (long long)file->bytes, (long long)file->rows,
                   file->sha256);
    }
    buf_literal(out, "\n  ],\n  \"withheld\": [");
    if (!e)
        e = export_withheld_put(out, &INVENTORY_MAIN);
    buf_literal(out, "\n  ]\n}\n");
    return e;
}

static struct error *manifest_write(struct copy *copy)
{
    unsigned char signature[CRYPTO_SIGNATURE_BYTES];
    struct buf text = { .arena = copy->arena };
    struct error *e = manifest_text(copy, &text);

    if (!e)
        e = file_whole(copy, "manifest.json", text.bytes, text.length);
    if (e)
        return e;
    crypto_ed25519_sign(copy->key.seed, text.bytes, text.length, signature);
    return file_whole(copy, "manifest.sig", (const char *)signature, sizeof signature);
}

/* ---- all of it ---- */

static struct error *whose(struct copy *copy)
{
    struct buf owned = { .arena = copy->arena };
    struct error *e = signing_key_load(copy->arena, copy->context->config->state_dir, &copy->key);

    if (!e)
        e = db_read(copy->db, copy->arena);
    if (!e)
        e = sql_person_get(copy->db, copy->arena, copy->order->person_id, &copy->person);
    if (!e)
        e = sql_export_teams(copy->db, copy->arena, copy->order->person_id, &copy->teams);
    buf_char(&owned, '[');
    for (size_t i = 0; !e && i < copy->teams.count; i++) {
        const struct export_teams_row *team = &copy->teams.row[i];
        if (strcmp(team->role, MEMBERSHIP_ROLE_OWNER) == 0)
            buf_printf(&owned, "%s%lld", owned.length > 1 ? "," : "", (long long)team->id);
    }
    buf_char(&owned, ']');
    copy->owned = owned.bytes;
    return e;
}

static struct error *all_write(struct copy *copy)
{
    struct error *e = whose(copy);

    if (!e)
        e = person_write(copy);
    for (size_t i = 0; !e && i < copy->teams.count; i++) {
        if (strcmp(copy->teams.row[i].role, MEMBERSHIP_ROLE_OWNER) == 0)
            e = team_write(copy, &copy->teams.row[i]);
    }
    if (!e)
        e = keys_write(copy);
    if (!e)
        e = schemas_write(copy);
    if (!e)
        e = readme_write(copy);
    return e ? e : manifest_write(copy);
}

struct error *export_copy_write(struct worker_context *context, const struct export_order *order,
                                int file, int64_t *out_rows)
{
    struct copy copy = {
        .context = context,
        .arena = context->arena,
        .scratch = context->scratch,
        .order = order,
        .now_at = clock_now(),
    };
    struct error *e =
        db_open(context->arena, &DB_MAIN, main_db_path(context->arena, context->config->state_dir),
                DB_READ_ONLY, &copy.db);

    if (e)
        return e;
    e = archive_file_open(context->arena, file, ARCHIVE_ZIP, &copy.archive);
    if (!e)
        e = archive_file_close(copy.archive, context->arena, all_write(&copy));
    db_rollback(copy.db);
    db_close(copy.db);
    *out_rows = copy.rows;
    return e;
}
