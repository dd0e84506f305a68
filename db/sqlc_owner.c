/*
 * Whose rows a table's are, and the statements that follow from it and from the inventory: what a
 * copy of somebody's data reads of the table, and what erasure does to it.
 *
 * A table with a `team_id` is the team's, else with a `person_id` the person's, else with an
 * `email` or `to_email` of whoever has that address; the tables `team` and `person` are their own.
 * A team's rows with an `email` are about whoever has it, too.
 * One that holds personal data and has none of these is refused, unless a comment, above its
 * declaration or in the file of its statements, says why: "-- subject of TABLE: none, because ...".
 *
 * A row of a copy names the row that it belongs to: such a column must be exported.
 */
#include "sqlc.h"

#include <stdlib.h>
#include <string.h>

static struct table *find(const struct schema *schema, const char *name, size_t length)
{
    for (size_t i = 0; i < schema->table_count; i++)
        if (strlen(schema->table[i].name) == length &&
            !strncmp(schema->table[i].name, name, length))
            return &schema->table[i];
    return NULL;
}

/* "-- subject of TABLE: none, because ..." on a line of its own. */
static void read_line(const struct schema *schema, const struct source *source, int line,
                      const char *text)
{
    static const char begin[] = "-- subject of ", reason[] = ": none, because ";
    const char *name = text + strlen(begin);
    size_t length = strcspn(name, ": \n");
    struct table *table = find(schema, name, length);

    if (strncmp(name + length, reason, strlen(reason)) != 0)
        refuse(source->path, line, "not understood; write `-- subject of TABLE%s...`", reason);
    else if (!table)
        refuse(source->path, line, "there is no table %.*s; take the line out", (int)length, name);
    else
        table->nobody = (struct place){ source->path, line };
}

static void read_comments(const struct schema *schema, const struct source *source)
{
    int line = 1;

    for (const char *at = source->text; *at; at += *at == '\n', line++) {
        if (!strncmp(at, "-- subject of ", strlen("-- subject of ")))
            read_line(schema, source, line, at);
        at += strcspn(at, "\n");
    }
}

/* ---- the statements ---- */

/* Calls `put` with each column of the table that `is_meant`; the number of them. */
static size_t each(const struct schema *schema, const struct table *table, FILE *out,
                   bool (*is_meant)(const struct inventory *),
                   void (*put)(FILE *out, const struct inventory *))
{
    size_t count = 0;

    for (size_t i = 0; i < schema->inventory_count; i++) {
        const struct inventory *column = &schema->inventory[i];
        if (strcmp(column->table, table->name) != 0 || !is_meant(column))
            continue;
        if (out && count)
            fputs(", ", out);
        if (out)
            put(out, column);
        count++;
    }
    return count;
}

static bool is_exported(const struct inventory *column)
{
    return !strcmp(column->part[3], "export");
}

static bool is_erased(const struct inventory *column)
{
    return strcmp(column->part[4], "keep") != 0;
}

static bool is_kept(const struct inventory *column)
{
    return !is_erased(column);
}

/* JSON has no bytes: they are written in base 16, in lower case as everywhere. hex() would make
 * NULL an empty text. */
static void put_member(FILE *out, const struct inventory *column)
{
    bool is_blob = !sqlite3_stricmp(column->type, "BLOB");

    fprintf(out, "'%s', ", column->column);
    if (is_blob && !column->is_required)
        fprintf(out, "iif(%s IS NULL, NULL, lower(hex(%s)))", column->column, column->column);
    else
        fprintf(out, is_blob ? "lower(hex(%s))" : "%s", column->column);
}

static void put_emptied(FILE *out, const struct inventory *column)
{
    const char *empty = !column->is_required                     ? "NULL"
                        : !sqlite3_stricmp(column->type, "TEXT") ? "''"
                        : !sqlite3_stricmp(column->type, "BLOB") ? "x''"
                                                                 : "0";

    fprintf(out, "%s = %s", column->column, empty);
}

/* A statement must compile against the schema, as those written by hand. */
static char *statement_end(sqlite3 *db, const struct table *table, FILE *stream, char **text)
{
    sqlite3_stmt *compiled = NULL;

    if (fclose(stream))
        give_up("memory");
    if (sqlite3_prepare_v2(db, *text, -1, &compiled, NULL) != SQLITE_OK)
        refuse(table->place.path, table->place.line,
               "the statement that sqlc makes of %s, `%s`: %s", table->name, *text,
               sqlite3_errmsg(db));
    sqlite3_finalize(compiled);
    return *text;
}

static char *select_text(sqlite3 *db, const struct schema *schema, const struct table *table,
                         const char *where)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);

    if (!out)
        give_up("memory");
    fputs("SELECT json_object(", out);
    each(schema, table, out, is_exported, put_member);
    fprintf(out, ") FROM %s WHERE %s", table->name, where);
    return statement_end(db, table, out, &text);
}

static char *erase_text(sqlite3 *db, const struct schema *schema, const struct table *table)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);

    if (!out)
        give_up("memory");
    if (each(schema, table, NULL, is_kept, NULL)) {
        fprintf(out, "UPDATE %s SET ", table->name);
        each(schema, table, out, is_erased, put_emptied);
    } else {
        fprintf(out, "DELETE FROM %s", table->name);
    }
    fprintf(out, " WHERE %s = :key", table->key);
    return statement_end(db, table, out, &text);
}

#define EXCEPT_TEAMS "team_id NOT IN (SELECT value FROM json_each(:except_teams))"
#define ELSEWHERE    "person_id = :key AND " EXCEPT_TEAMS

/*
 * In a team's table: what a person did, and that it was that person. Where a column says who acted,
 * what others did about the person is apart from it.
 */
static void person_texts(sqlite3 *db, const struct schema *schema, struct table *table)
{
    const struct inventory *column = column_find(schema, table->name, "person_id");
    char *text = NULL;
    size_t length = 0;
    FILE *out;

    if (table->owner != OWNER_TEAM || !column)
        return;
    if (table->select && column_find(schema, table->name, "actor")) {
        table->person_select = select_text(db, schema, table, ELSEWHERE " AND actor = 'person'");
        table->about_select = select_text(db, schema, table, ELSEWHERE " AND actor <> 'person'");
    } else if (table->select) {
        table->person_select = select_text(db, schema, table, ELSEWHERE);
    }
    if (is_kept(column))
        return;
    out = open_memstream(&text, &length);
    if (!out)
        give_up("memory");
    fprintf(out,
            column->is_required ? "DELETE FROM %s WHERE person_id = :key"
                                : "UPDATE %s SET person_id = NULL WHERE person_id = :key",
            table->name);
    table->person_erase = statement_end(db, table, out, &text);
}

/* In a team's table: rows that name the address of somebody, who may have no account here. */
static void address_texts(sqlite3 *db, const struct schema *schema, struct table *table)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out;

    if (table->owner != OWNER_TEAM || !column_find(schema, table->name, "email"))
        return;
    if (table->select)
        table->address_select = select_text(db, schema, table, "email = :key AND " EXCEPT_TEAMS);
    out = open_memstream(&text, &length);
    if (!out)
        give_up("memory");
    fprintf(out, "DELETE FROM %s WHERE email = :key", table->name);
    table->address_erase = statement_end(db, table, out, &text);
}

/* ---- what a row belongs to ---- */

/* In a copy a row names what it belongs to, and that is named there, too. */
static void check_parent(const struct schema *schema, const struct table *table, const char *column,
                         const char *parent, const char *parent_column)
{
    const struct inventory *from = column_find(schema, table->name, column);
    const struct inventory *to = column_find(schema, parent, parent_column);
    const struct table *owner = find(schema, parent, strlen(parent));

    if (!strcmp(parent, "team") || !strcmp(parent, "person"))
        return;
    if (from && !is_exported(from))
        refuse(table->place.path, table->place.line,
               "rows of %s belong to one of %s, which a copy does not say; export %s.%s",
               table->name, parent, table->name, column);
    if (owner && owner->select && to && !is_exported(to))
        refuse(owner->place.path, owner->place.line,
               "rows of %s name one of %s, which a copy does not show; export %s.%s", table->name,
               parent, parent, parent_column);
}

static void check_parents(sqlite3 *db, const struct schema *schema, const struct table *table)
{
    sqlite3_stmt *keys = NULL;

    if (sqlite3_prepare_v2(db, "SELECT \"from\", \"table\", \"to\" FROM pragma_foreign_key_list(?)",
                           -1, &keys, NULL) != SQLITE_OK)
        give_up(sqlite3_errmsg(db));
    sqlite3_bind_text(keys, 1, table->name, -1, SQLITE_STATIC);
    while (sqlite3_step(keys) == SQLITE_ROW)
        check_parent(schema, table, (const char *)sqlite3_column_text(keys, 0),
                     (const char *)sqlite3_column_text(keys, 1),
                     (const char *)sqlite3_column_text(keys, 2));
    sqlite3_finalize(keys);
}

/* ---- whose ---- */

static bool has_column(const struct schema *schema, const struct table *table, const char *column)
{
    return column_find(schema, table->name, column);
}

static void find_owner(const struct schema *schema, struct table *table)
{
    static const struct {
        const char *column;
        enum owner owner;
    } keys[] = {
        { "team_id", OWNER_TEAM },
        { "person_id", OWNER_PERSON },
        { "to_email", OWNER_ADDRESS },
        { "email", OWNER_ADDRESS },
    };

    if (!strcmp(table->name, "team") || !strcmp(table->name, "person")) {
        table->owner = *table->name == 't' ? OWNER_TEAM : OWNER_PERSON;
        table->key = "id";
        return;
    }
    for (size_t i = 0; i < sizeof keys / sizeof keys[0] && !table->key; i++) {
        if (has_column(schema, table, keys[i].column)) {
            table->owner = keys[i].owner;
            table->key = keys[i].column;
        }
    }
}

static void check_table(sqlite3 *db, const struct schema *schema, struct table *table)
{
    size_t exported = each(schema, table, NULL, is_exported, NULL);
    size_t erased = each(schema, table, NULL, is_erased, NULL);
    char where[64];

    find_owner(schema, table);
    if (table->nobody.path && (table->key || (!exported && !erased)))
        refuse(table->nobody.path, table->nobody.line, "%s %s; take the line out", table->name,
               table->key ? "has an owner, by its columns" : "holds no personal data");
    if (!table->key) {
        if (!table->nobody.path && (exported || erased))
            refuse(table->place.path, table->place.line,
                   "table %s holds personal data and does not say whose; add a team_id or a "
                   "person_id, or write above it `-- subject of %s: none, because ...`",
                   table->name, table->name);
        return;
    }
    snprintf(where, sizeof where, "%s = :key", table->key);
    if (exported)
        table->select = select_text(db, schema, table, where);
    if (erased)
        table->erase = erase_text(db, schema, table);
    person_texts(db, schema, table);
    address_texts(db, schema, table);
}

void owners_check(sqlite3 *db, struct schema *schema, const struct subject *subjects, size_t count)
{
    for (size_t i = 0; i < schema->migration_count; i++)
        read_comments(schema, &schema->migration[i]);
    for (size_t i = 0; i < count; i++)
        read_comments(schema, &subjects[i].source);
    for (size_t i = 0; i < schema->table_count; i++)
        check_table(db, schema, &schema->table[i]);
    for (size_t i = 0; i < schema->table_count; i++)
        if (schema->table[i].select)
            check_parents(db, schema, &schema->table[i]);
}
