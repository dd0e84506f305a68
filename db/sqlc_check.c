/*
 * Checks one statement against the schema and against its own signature: names, parameters,
 * columns, teams, and the query plan of SQLite. Signatures are parsed in sqlc_read.c.
 */
#include "sqlc.h"

#include <stdlib.h>
#include <string.h>

/* Accesses that SQLite reports while compiling a statement. */
struct touched {
    char **table;
    size_t count;
    bool is_refused; /* not a statement allowed in a subject file */
};

static void complain(const struct statement *statement, const char *problem, const char *name,
                     const char *remedy)
{
    refuse(statement->source->path, statement->line, "`%s` %s%s%s%s; %s", statement->name, problem,
           name ? " `" : "", name ? name : "", name ? "`" : "", remedy);
}

static int authorize(void *context, int action, const char *table, const char *column,
                     const char *database, const char *trigger)
{
    struct touched *touched = context;
    bool is_write = action == SQLITE_INSERT || action == SQLITE_UPDATE || action == SQLITE_DELETE;

    (void)column, (void)database, (void)trigger;
    if (action == SQLITE_SELECT || action == SQLITE_FUNCTION || action == SQLITE_RECURSIVE)
        return SQLITE_OK;
    if (!is_write && action != SQLITE_READ) {
        touched->is_refused = true;
        return SQLITE_DENY;
    }
    touched->table = grow(touched->table, touched->count, sizeof *touched->table);
    touched->table[touched->count++] = strdup(table);
    return SQLITE_OK;
}

/* The single statement under the signature, compiled; NULL after a refusal. */
static sqlite3_stmt *compile(sqlite3 *db, struct statement *statement, struct touched *touched)
{
    const char *path = statement->source->path;
    const char *sql = skip_blank(statement->sql);
    int line = line_of(statement->sql, sql, statement->sql_line);
    sqlite3_stmt *compiled = NULL;
    const char *tail = NULL;

    if (!*sql || *sql == ';') {
        complain(statement, "has no SQL", NULL, "write one statement below its signature");
        return NULL;
    }
    /* The authorizer is not called for these two. */
    touched->is_refused =
        !sqlite3_strnicmp(sql, "VACUUM", 6) || !sqlite3_strnicmp(sql, "EXPLAIN", 7);
    sqlite3_set_authorizer(db, authorize, touched);
    int code = sqlite3_prepare_v2(db, statement->sql, -1, &compiled, &tail);
    if (touched->is_refused)
        refuse(path, line,
               "a subject file only reads and writes rows; write a migration for what "
               "changes the schema, and C for transactions");
    else if (code != SQLITE_OK)
        refuse_sql(db, statement->source, statement->sql, statement->sql_line);
    sqlite3_set_authorizer(db, NULL, NULL);
    if (touched->is_refused || code != SQLITE_OK)
        return NULL;

    const char *rest = skip_blank(tail);
    if (*rest) {
        refuse(path, line_of(statement->sql, rest, statement->sql_line),
               "a second statement under `%s`; write a signature of its own above it",
               statement->name);
        return NULL;
    }
    while (tail > sql && strchr(" \t\r\n", tail[-1]))
        tail--;
    statement->sql[tail - statement->sql] = '\0';
    return compiled;
}

/* The line where the SQL names a parameter. */
static int line_of_parameter(const struct statement *statement, const char *parameter)
{
    const char *at = strstr(statement->sql, parameter);

    return at ? line_of(statement->sql, at, statement->sql_line) : statement->sql_line;
}

static void check_parameters(sqlite3_stmt *compiled, struct statement *statement)
{
    static const char *const taken[] = { "db", "arena", "out", "run", "has_row", "capacity", "e" };
    struct fields *parameters = &statement->parameters;

    for (int i = 1; i <= sqlite3_bind_parameter_count(compiled); i++) {
        const char *name = sqlite3_bind_parameter_name(compiled, i);
        struct field *field = name ? field_find(parameters, name + 1) : NULL;
        if (!name || *name != ':')
            refuse(statement->source->path, line_of_parameter(statement, name ? name : "?"),
                   "parameter `%s`; write `:NAME`", name ? name : "?");
        else if (!field)
            refuse(statement->source->path, line_of_parameter(statement, name),
                   "`%s` is not in the signature of `%s`; write `%s TYPE` there", name,
                   statement->name, name + 1);
        else
            field->position = i;
    }
    for (size_t i = 0; i < parameters->count; i++) {
        const struct field *field = &parameters->field[i];
        bool is_taken = !is_plain_name(field->name);
        for (size_t k = 0; k < sizeof taken / sizeof taken[0]; k++)
            is_taken |= !strcmp(field->name, taken[k]);
        if (is_taken)
            complain(statement, "cannot have a parameter", field->name,
                     "write another name, in lower case, that C and sqlc leave free");
        if (!field->position)
            complain(statement, "does not use its parameter", field->name,
                     "use it in the SQL or take it out of the signature");
    }
}

static bool type_of_declared(const char *declared, enum type *out)
{
    static const struct {
        const char *declared;
        enum type type;
    } types[] = {
        { "INT", TYPE_INT },
        { "INTEGER", TYPE_INT },
        { "TEXT", TYPE_TEXT },
        { "BLOB", TYPE_BLOB },
    };

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (!sqlite3_stricmp(declared, types[i].declared)) {
            *out = types[i].type;
            return true;
        }
    }
    return false;
}

/* A plain column has the type declared in its table; a computed one only that of the signature. */
static void check_column_type(struct statement *statement, struct field *column,
                              const char *declared)
{
    struct field *typed = field_find(&statement->computed, column->name);

    if (!declared && !typed)
        complain(statement, "computes the column", column->name,
                 "write its type in brackets after the shape: `(NAME TYPE)`");
    else if (declared && !type_of_declared(declared, &column->type))
        complain(statement, "gives a column that is neither INTEGER, TEXT nor BLOB:", column->name,
                 "keep it as one of these");
    else if (declared && typed && typed->type != column->type)
        complain(statement, "types its column", column->name,
                 "leave it out of the brackets: the schema gives it another type");
    else if (!declared)
        column->type = typed->type;
}

static void check_columns(sqlite3_stmt *compiled, struct statement *statement)
{
    for (int i = 0; i < sqlite3_column_count(compiled); i++) {
        struct field column = { .name = strdup(sqlite3_column_name(compiled, i)) };
        if (!is_plain_name(column.name))
            complain(statement, "gives a column that C cannot name:", column.name,
                     "write `AS NAME`, in lower case and no word of C");
        else if (field_find(&statement->columns, column.name))
            complain(statement, "gives two columns", column.name,
                     "write `AS NAME` to tell them apart");
        else
            check_column_type(statement, &column, sqlite3_column_decltype(compiled, i));
        field_add(&statement->columns, column);
    }
    for (size_t i = 0; i < statement->computed.count; i++) {
        const char *name = statement->computed.field[i].name;
        if (!field_find(&statement->columns, name))
            complain(statement, "types a column that it does not give:", name,
                     "write the name that stands after AS");
    }
    if (!has_rows(statement) && statement->columns.count)
        complain(statement,
                 statement->shape == SHAPE_ONE ? "gives columns and says one"
                                               : "gives columns and says done",
                 NULL, "write rows or row");
    if (has_rows(statement) && !statement->columns.count)
        complain(statement, "gives no columns", NULL, "write one or done");
}

/* Rows that belong to a team are accessed through that team, unless the signature says
 * otherwise. */
static void check_teams(sqlite3 *db, const struct statement *statement,
                        const struct touched *touched)
{
    const char *team_table = NULL;

    for (size_t i = 0; i < touched->count && !team_table; i++)
        if (sqlite3_table_column_metadata(db, "main", touched->table[i], "team_id", NULL, NULL,
                                          NULL, NULL, NULL) == SQLITE_OK)
            team_table = touched->table[i];
    if (!team_table && statement->is_across_teams)
        complain(statement, "touches no table with a team_id", NULL,
                 "take `across teams` out of its signature");
    if (team_table && !statement->is_across_teams && !field_find(&statement->parameters, "team_id"))
        complain(statement, "has no :team_id and touches", team_table,
                 "hold its team_id against :team_id, or end the signature with `across teams`");
}

/* The name in "SCAN vm USING INDEX ...", or NULL if the plan line scans no table. */
static char *scanned_name(const char *detail)
{
    if (strncmp(detail, "SCAN ", 5) || detail[5] == '(' || strstr(detail, " VIRTUAL TABLE ") ||
        !strcmp(detail, "SCAN CONSTANT ROW"))
        return NULL;
    return strndup(detail + 5, strcspn(detail + 5, " "));
}

/* The name of a subquery or WITH that the plan materializes before scanning the result, or NULL. */
static char *derived_name(const char *detail)
{
    if (!strncmp(detail, "MATERIALIZE ", 12))
        return strdup(detail + 12);
    return strncmp(detail, "CO-ROUTINE ", 11) ? NULL : strdup(detail + 11);
}

static void check_plan(sqlite3 *db, const struct statement *statement)
{
    struct fields derived = { 0 };
    sqlite3_stmt *plan = NULL;
    char *sql = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", statement->sql);

    if (sqlite3_prepare_v2(db, sql, -1, &plan, NULL) != SQLITE_OK)
        refuse_sql(db, statement->source, statement->sql, statement->sql_line);
    while (plan && sqlite3_step(plan) == SQLITE_ROW) {
        const char *detail = (const char *)sqlite3_column_text(plan, 3);
        char *name = derived_name(detail);
        if (name)
            field_add(&derived, (struct field){ .name = name });
        name = scanned_name(detail);
        if (name && !field_find(&derived, name) && !strstr(statement->sql, "/* scan ok */"))
            complain(statement, "reads every row of", name,
                     "add an index, or write /* scan ok */ in the SQL");
        if (!strncmp(detail, "USE TEMP B-TREE", 15) && strstr(detail, "ORDER BY") &&
            !strstr(statement->sql, "/* sort ok */"))
            complain(statement, "sorts without an index", NULL,
                     "add one in this order, or write /* sort ok */ in the SQL");
    }
    sqlite3_finalize(plan);
}

void check_statement(sqlite3 *db, struct statement *statement)
{
    struct touched touched = { 0 };
    sqlite3_stmt *compiled = compile(db, statement, &touched);

    if (!compiled)
        return;
    check_parameters(compiled, statement);
    check_columns(compiled, statement);
    check_teams(db, statement, &touched);
    check_plan(db, statement);
    statement->is_write = !sqlite3_stmt_readonly(compiled);
    sqlite3_finalize(compiled);
}
