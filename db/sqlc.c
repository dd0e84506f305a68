/*
 * sqlc: compiles db/ to C.
 *
 *     sqlc --schema db --name main --out build/db
 *
 * The numbered files NNN_name.sql are the migrations; every other SUBJECT.sql holds statements
 * under signatures. From them it generates schema.c, inventory.c, SUBJECT.sql.c and .h, which use
 * cgi/adapter/db.h. Whatever would fail at run time, or break a rule of ARCHITECTURE.md, is
 * refused here with its file and line; then nothing is written.
 *
 * This file finds the input and runs the phases; what is read, checked and written is
 * decided in sqlc_read.c, sqlc_schema.c, sqlc_owner.c, sqlc_check.c and sqlc_write.c.
 */
#include "sqlc.h"

#include <ctype.h>
#include <dirent.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

struct input {
    struct schema schema;
    struct subject *subject;
    size_t count;
};

static int is_sql_file(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);

    return length > 4 && !strcmp(entry->d_name + length - 4, ".sql");
}

static void add_migration(struct schema *schema, struct source source)
{
    char *end;
    unsigned long number = strtoul(source.name, &end, 10);

    if (end - source.name != 3 || *end != '_' || number != schema->migration_count + 1)
        refuse(source.path, 1, "not the next migration; number it %03zu_NAME.sql",
               schema->migration_count + 1);
    schema->migration = grow(schema->migration, schema->migration_count, sizeof source);
    schema->migration[schema->migration_count++] = source;
}

static void add_subject(struct input *input, struct source source)
{
    struct subject subject = {
        .source = source,
        .name = strndup(source.name, strlen(source.name) - strlen(".sql")),
    };

    if (!is_plain_name(subject.name))
        refuse(source.path, 1, "`%s` cannot be a subject; name the file as C would, in lower case",
               subject.name);
    input->subject = grow(input->subject, input->count, sizeof subject);
    input->subject[input->count++] = subject;
}

static void find_input(struct input *input, const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_sql_file, alphasort);

    if (count < 0)
        give_up(folder);
    for (int i = 0; i < count; i++) {
        struct source source = source_read(folder, entries[i]->d_name);
        if (isdigit((unsigned char)*source.name))
            add_migration(&input->schema, source);
        else
            add_subject(input, source);
    }
}

/* A statement name must start with its subject, which identifies the file, and be unique. */
static void check_name(const struct input *input, const struct subject *subject,
                       const struct statement *statement)
{
    size_t length = strlen(subject->name);
    const char *name = statement->name;
    bool is_ours =
        !strncmp(name, subject->name, length) && (name[length] == '_' || name[length] == '\0');

    if (!is_ours || !is_plain_name(name))
        refuse(statement->source->path, statement->line,
               "`%s` does not name a statement of this file; write `%s_VERB`, in lower case", name,
               subject->name);
    for (size_t i = 0; i < input->count; i++) {
        const struct subject *other = &input->subject[i];
        for (size_t k = 0; k < other->count; k++)
            if (!strcmp(other->statement[k].name, name))
                refuse(statement->source->path, statement->line,
                       "`%s` is the name of the statement at %s:%d; write another", name,
                       other->source.path, other->statement[k].line);
    }
}

static void read_subject(const struct input *input, sqlite3 *db, struct subject *subject)
{
    struct reader reader = { .source = &subject->source, .at = subject->source.text, .line = 1 };
    struct statement statement;
    int refused_before = refusal_count();

    while (read_statement(&reader, &statement)) {
        check_name(input, subject, &statement);
        check_statement(db, &statement);
        subject->statement = grow(subject->statement, subject->count, sizeof statement);
        subject->statement[subject->count++] = statement;
    }
    if (!subject->count && refusal_count() == refused_before)
        refuse(subject->source.path, 1, "no statement; write one, or delete the file");
}

static void compile(const char *folder, const char *name, const char *out)
{
    struct input input = { .schema.name = name };
    sqlite3 *db;

    find_input(&input, folder);
    if (sqlite3_open(":memory:", &db) != SQLITE_OK)
        give_up("sqlite3_open");
    /* Otherwise SQLite treats a misspelt "column" in double quotes as a string. */
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    if (refusal_count() || !schema_apply(db, &input.schema))
        return;
    schema_check(db, &input.schema);
    schema_constants(db, &input.schema);
    if (!refusal_count())
        owners_check(db, &input.schema, input.subject, input.count);
    if (!input.schema.inventory_count && !refusal_count())
        refuse(folder, 1, "the migrations make no table; write 001_start.sql");
    for (size_t i = 0; i < input.count; i++)
        read_subject(&input, db, &input.subject[i]);
    if (refusal_count())
        return;

    write_schema(out, &input.schema);
    write_inventory(out, &input.schema);
    write_constants(out, &input.schema);
    for (size_t i = 0; i < input.count; i++)
        write_subject(out, &input.schema, &input.subject[i]);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        { "schema", required_argument, NULL, 's' },
        { "name", required_argument, NULL, 'n' },
        { "out", required_argument, NULL, 'o' },
        { 0 },
    };
    const char *folder = NULL;
    const char *name = NULL;
    const char *out = NULL;

    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == 's')
            folder = optarg;
        else if (option == 'n')
            name = optarg;
        else if (option == 'o')
            out = optarg;
    }
    if (!folder || !name || !is_plain_name(name) || !out || optind != argc) {
        fputs("usage: sqlc --schema FOLDER --name DATABASE --out FOLDER\n", stderr);
        return 2;
    }
    compile(folder, name, out);
    return refusal_count() ? 1 : 0;
}
