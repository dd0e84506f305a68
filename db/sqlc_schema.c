/*
 * The schema: runs the migrations in an in-memory database, asks SQLite for the resulting tables
 * and columns, and finds for each column the comment that declares it for the data inventory.
 *
 * Only SQLite decides what exists. The migrations are read a second time, line by line, only to
 * find those comments; so each column needs a line of its own.
 */
#include "sqlc.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *const FORM =
    "-- WHY | contract, legal, interest, consent or none | account, vm, session, forever or "
    "N minutes, hours, days, years | export or withhold | delete, anonymise or keep";

/* A line that declares a column, or a table (then `column` is ""). */
struct declaration {
    char *table;
    char *column;
    const struct source *source;
    int line;
    char *comment; /* or NULL */
};

struct declarations {
    struct declaration *declaration;
    size_t count;
};

/* ---- running the migrations ---- */

void refuse_sql(sqlite3 *db, const struct source *source, const char *sql, int line)
{
    const char *message = sqlite3_errmsg(db);
    const char *last_word = strrchr(message, ' ');
    int offset = sqlite3_error_offset(db);
    const char *at = offset < 0 ? NULL : sql + offset;

    /* SQLite gives no position for "no such table: x", but its message ends with the missing
     * name. */
    if (!at && last_word)
        at = strstr(sql, last_word + 1);
    refuse(source->path, line_of(sql, at ? at : skip_blank(sql), line),
           "%s; write SQL that fits the schema", message);
}

/*
 * db_migrate runs each file in a transaction, in which these would fail or break its guarantees.
 * Virtual tables cannot be STRICT.
 */
static int authorize(void *context, int action, const char *first, const char *second,
                     const char *database, const char *trigger)
{
    bool *is_refused = context;
    bool is_allowed = true;

    (void)second, (void)database, (void)trigger;
    /* ALTER TABLE itself runs quick_check. */
    if (action == SQLITE_PRAGMA)
        is_allowed = !strcmp(first, "quick_check") || !strcmp(first, "defer_foreign_keys");
    else if (action == SQLITE_TRANSACTION || action == SQLITE_SAVEPOINT ||
             action == SQLITE_ATTACH || action == SQLITE_DETACH || action == SQLITE_CREATE_VTABLE)
        is_allowed = false;
    *is_refused |= !is_allowed;
    return is_allowed ? SQLITE_OK : SQLITE_DENY;
}

static bool apply_one(sqlite3 *db, const struct source *source)
{
    bool is_refused = false;

    sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
    sqlite3_set_authorizer(db, authorize, &is_refused);
    for (const char *sql = skip_blank(source->text); *sql; sql = skip_blank(sql)) {
        int line = line_of(source->text, sql, 1);
        sqlite3_stmt *compiled = NULL;
        const char *tail = NULL;
        int code = sqlite3_prepare_v2(db, sql, -1, &compiled, &tail);
        while (compiled && (code = sqlite3_step(compiled)) == SQLITE_ROW)
            continue;
        if (is_refused)
            refuse(source->path, line,
                   "a migration runs in one transaction of its own; take out "
                   "PRAGMA, ATTACH, BEGIN, COMMIT and virtual tables");
        else if (code != SQLITE_OK && code != SQLITE_DONE)
            refuse_sql(db, source, sql, line);
        if (is_refused || (code != SQLITE_OK && code != SQLITE_DONE))
            return false;
        sqlite3_finalize(compiled);
        sql = tail;
    }
    sqlite3_set_authorizer(db, NULL, NULL);
    sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    if (sqlite3_exec(db, "PRAGMA foreign_key_check", NULL, NULL, NULL) == SQLITE_OK)
        return true;
    refuse(source->path, 1, "%s; give the column that is pointed at a UNIQUE index",
           sqlite3_errmsg(db));
    return false;
}

bool schema_apply(sqlite3 *db, const struct schema *schema)
{
    for (size_t i = 0; i < schema->migration_count; i++)
        if (!apply_one(db, &schema->migration[i]))
            return false;
    return true;
}

/* ---- reading the declarations ---- */

/* The next word of SQL, without quotes, or "" for anything else. */
static char *take_word(const char **at)
{
    const char *from = *at + strspn(*at, " \t");
    const char *to = from;

    if (*from && strchr("\"`[", *from)) {
        to = ++from;
        to += strcspn(to, "\"`]\n");
        *at = *to ? to + 1 : to;
    } else {
        while (isalnum((unsigned char)*to) || *to == '_')
            to++;
        *at = to;
    }
    return strndup(from, (size_t)(to - from));
}

static bool take(const char **at, const char *expected)
{
    const char *after = *at;

    if (sqlite3_stricmp(take_word(&after), expected))
        return false;
    *at = after;
    return true;
}

static bool take_both(const char **at, const char *first, const char *second)
{
    const char *after = *at;

    if (!take(&after, first) || !take(&after, second))
        return false;
    *at = after;
    return true;
}

/* Count the brackets of a line and return the comment at its end, or NULL. */
static const char *scan_line(const char *line, int *depth)
{
    char quote = '\0';

    for (const char *at = line; *at && *at != '\n'; at++) {
        if (quote)
            quote = *at == quote ? '\0' : quote;
        else if (strchr("'\"`", *at))
            quote = *at;
        else if (!strncmp(at, "--", 2))
            return at + 2;
        else
            *depth += (*at == '(') - (*at == ')');
    }
    return NULL;
}

static void declare(struct declarations *all, struct declaration declaration, const char *comment)
{
    if (comment)
        declaration.comment = strndup(comment, strcspn(comment, "\r\n"));
    all->declaration = grow(all->declaration, all->count, sizeof declaration);
    all->declaration[all->count++] = declaration;
}

static struct declaration *find(const struct declarations *all, const char *table,
                                const char *column)
{
    for (size_t i = 0; i < all->count; i++) {
        struct declaration *declaration = &all->declaration[i];
        if (!sqlite3_stricmp(declaration->table, table) &&
            !sqlite3_stricmp(declaration->column, column))
            return declaration;
    }
    return NULL;
}

static void forget(struct declarations *all, const char *table)
{
    size_t kept = 0;

    for (size_t i = 0; i < all->count; i++)
        if (sqlite3_stricmp(all->declaration[i].table, table))
            all->declaration[kept++] = all->declaration[i];
    all->count = kept;
}

/* The rest of a line that starts with ALTER TABLE. */
static void read_alter(struct declarations *all, const char *at, struct declaration here,
                       const char *comment)
{
    here.table = take_word(&at);
    if (take(&at, "ADD")) {
        take(&at, "COLUMN");
        here.column = take_word(&at);
        declare(all, here, comment);
    } else if (take_both(&at, "RENAME", "TO")) {
        char *name = take_word(&at);
        forget(all, name);
        for (size_t i = 0; i < all->count; i++)
            if (!sqlite3_stricmp(all->declaration[i].table, here.table))
                all->declaration[i].table = name;
    } else if (take(&at, "RENAME")) {
        take(&at, "COLUMN");
        struct declaration *renamed = find(all, here.table, take_word(&at));
        if (renamed && take(&at, "TO"))
            renamed->column = take_word(&at);
    } else if (take(&at, "DROP")) {
        take(&at, "COLUMN");
        struct declaration *dropped = find(all, here.table, take_word(&at));
        if (dropped)
            *dropped = all->declaration[--all->count];
    }
}

static void read_declarations(struct declarations *all, const struct source *source)
{
    char *table = NULL;
    int depth = 0;
    int line = 1;

    for (const char *at = source->text; *at; at += *at == '\n', line++) {
        struct declaration here = { .source = source, .line = line, .column = "" };
        const char *text = at;
        int depth_before = depth;
        const char *comment = scan_line(at, &depth);

        if (take_both(&text, "CREATE", "TABLE")) {
            (void)(take_both(&text, "IF", "NOT") && take(&text, "EXISTS"));
            table = here.table = take_word(&text);
            forget(all, table);
            declare(all, here, NULL);
        } else if (take_both(&text, "ALTER", "TABLE")) {
            read_alter(all, text, here, comment);
        } else if (take_both(&text, "DROP", "TABLE")) {
            (void)take_both(&text, "IF", "EXISTS");
            forget(all, take_word(&text));
        } else if (table && depth_before == 1) {
            here.table = table;
            here.column = take_word(&text);
            if (*here.column)
                declare(all, here, comment);
        }
        if (depth == 0)
            table = NULL;
        at += strcspn(at, "\n");
    }
}

/* ---- checking the columns against their declarations ---- */

static bool is_one_of(const char *word, const char *const *words)
{
    while (*words && strcmp(word, *words))
        words++;
    return *words;
}

static bool is_term(const char *term)
{
    static const char *const fixed[] = { "account", "vm", "session", "forever", NULL };
    static const char *const units[] = { " minutes", " hours", " days", " years", NULL };
    size_t digits = strspn(term, "0123456789");

    return is_one_of(term, fixed) ||
           (digits && digits < 5 && *term != '0' && is_one_of(term + digits, units));
}

/* Split the comment at its bars; false unless there are five non-empty parts. */
static bool split(char *comment, char *part[5])
{
    size_t count = 0;

    for (char *at = comment; at; count++) {
        char *bar = strchr(at, '|');
        if (bar)
            *bar++ = '\0';
        at += strspn(at, " \t");
        for (char *end = at + strlen(at); end > at && strchr(" \t", end[-1]); end--)
            end[-1] = '\0';
        if (count == 5 || !*at)
            return false;
        part[count] = at;
        at = bar;
    }
    return count == 5;
}

/* The line that starts a table, or that of the first migration if none is found. */
static struct declaration place_of_table(const struct schema *schema,
                                         const struct declarations *all, const char *table)
{
    const struct declaration *found = find(all, table, "");

    return found ? *found : (struct declaration){ .source = &schema->migration[0], .line = 1 };
}

/* "see model/vm_state.c": not ".conf". */
static bool names_source(const char *why)
{
    for (const char *at = why; (at = strchr(at, '.')); at++)
        if ((at[1] == 'c' || at[1] == 'h') && !isalnum((unsigned char)at[2]))
            return true;
    return false;
}

static void check_column(struct schema *schema, const struct declarations *all,
                         struct inventory entry)
{
    static const char *const bases[] = { "contract", "legal", "interest", "consent", "none", NULL };
    static const char *const exports[] = { "export", "withhold", NULL };
    static const char *const erasures[] = { "delete", "anonymise", "keep", NULL };
    const char *table = entry.table, *column = entry.column;
    const struct declaration *declaration = find(all, table, column);
    char **part = entry.part;
    const char *problem = NULL;

    if (!declaration) {
        struct declaration place = place_of_table(schema, all, table);
        refuse(place.source->path, place.line,
               "%s.%s has no line of its own; begin one with its name and end it with %s", table,
               column, FORM);
        return;
    }
    if (!declaration->comment)
        problem = "declares nothing for the data inventory";
    else if (!split(declaration->comment, part))
        problem = "does not declare five parts";
    else if (!is_one_of(part[1], bases))
        problem = "declares no known basis (second part)";
    else if (!is_term(part[2]))
        problem = "declares no known term (third part)";
    else if (!is_one_of(part[3], exports))
        problem = "does not declare its export (fourth part)";
    else if (!is_one_of(part[4], erasures))
        problem = "does not declare its erasure (fifth part)";
    else if (names_source(part[0]))
        problem = "names a file of the source, which those who read it do not have (first part)";
    if (problem)
        refuse(declaration->source->path, declaration->line, "%s.%s %s; end its line with %s",
               table, column, problem, FORM);
    schema->inventory = grow(schema->inventory, schema->inventory_count, sizeof entry);
    schema->inventory[schema->inventory_count++] = entry;
}

static void add_table(struct schema *schema, const struct declarations *all, const char *name,
                      bool is_strict)
{
    struct declaration place = place_of_table(schema, all, name);
    struct table table = { .name = name, .place = { place.source->path, place.line } };

    if (!is_strict)
        refuse(place.source->path, place.line,
               "table %s is not STRICT; end its declaration with `) STRICT;`", name);
    schema->table = grow(schema->table, schema->table_count, sizeof table);
    schema->table[schema->table_count++] = table;
}

void schema_check(sqlite3 *db, struct schema *schema)
{
    static const char *const sql =
        "SELECT t.name, t.strict, c.cid, c.name, c.type, c.\"notnull\" OR c.pk FROM "
        "pragma_table_list AS t"
        " JOIN sqlite_schema AS s ON s.type = 'table' AND s.name = t.name"
        " JOIN pragma_table_xinfo(t.name) AS c"
        " WHERE t.schema = 'main' AND t.type IN ('table', 'virtual')"
        " AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND c.hidden <> 1 ORDER BY s.rowid, c.cid";
    struct declarations all = { 0 };
    sqlite3_stmt *columns = NULL;

    for (size_t i = 0; i < schema->migration_count; i++)
        read_declarations(&all, &schema->migration[i]);
    if (sqlite3_prepare_v2(db, sql, -1, &columns, NULL) != SQLITE_OK)
        give_up(sqlite3_errmsg(db));
    while (sqlite3_step(columns) == SQLITE_ROW) {
        const char *table = strdup((const char *)sqlite3_column_text(columns, 0));
        if (sqlite3_column_int(columns, 2) == 0)
            add_table(schema, &all, table, sqlite3_column_int(columns, 1));
        check_column(schema, &all,
                     (struct inventory){
                         .table = table,
                         .column = strdup((const char *)sqlite3_column_text(columns, 3)),
                         .type = strdup((const char *)sqlite3_column_text(columns, 4)),
                         .is_required = sqlite3_column_int(columns, 5),
                     });
    }
    sqlite3_finalize(columns);
}

const struct inventory *column_find(const struct schema *schema, const char *table,
                                    const char *column)
{
    for (size_t i = 0; i < schema->inventory_count; i++) {
        const struct inventory *entry = &schema->inventory[i];
        if (!strcmp(entry->table, table) && !strcmp(entry->column, column))
            return entry;
    }
    return NULL;
}

/* ---- the values that columns may hold ---- */

static bool take_sign(const char **at, char sign)
{
    *at = skip_blank(*at);
    if (**at != sign)
        return false;
    ++*at;
    return true;
}

/* "(COLUMN IN ('a', 'b'))" at `at`: add each value. Anything else is another kind of check. */
static void read_check(struct schema *schema, const char *table, const char *at)
{
    struct constant constant = { .table = table };

    if (!take_sign(&at, '('))
        return;
    constant.column = take_word(&at);
    if (!take(&at, "IN") || !take_sign(&at, '('))
        return;
    while (take_sign(&at, '\'')) {
        constant.text = strndup(at, strcspn(at, "'"));
        at += strcspn(at, "'") + 1;
        if (!is_plain_name(constant.text))
            refuse(schema->migration[0].path, 1,
                   "%s.%s may be '%s', which cannot be part of a constant's name; write a-z, 0-9 "
                   "and _",
                   table, constant.column, constant.text);
        schema->constant = grow(schema->constant, schema->constant_count, sizeof constant);
        schema->constant[schema->constant_count++] = constant;
        take_sign(&at, ',');
    }
}

void schema_constants(sqlite3 *db, struct schema *schema)
{
    static const char *const sql =
        "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND sql NOT NULL ORDER BY rowid";
    sqlite3_stmt *tables = NULL;

    if (sqlite3_prepare_v2(db, sql, -1, &tables, NULL) != SQLITE_OK)
        give_up(sqlite3_errmsg(db));
    while (sqlite3_step(tables) == SQLITE_ROW) {
        const char *table = strdup((const char *)sqlite3_column_text(tables, 0));
        const char *text = strdup((const char *)sqlite3_column_text(tables, 1));
        for (const char *at = text; (at = strstr(at, "CHECK")); at += strlen("CHECK"))
            read_check(schema, table, at + strlen("CHECK"));
    }
    sqlite3_finalize(tables);
}
