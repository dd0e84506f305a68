/*
 * Writes the generated C: a header and a file per subject, the migrations, the data inventory. Its
 * input has passed all checks; only the form of the C is decided here.
 */
#include "sqlc.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_WIDTH = 100 };

/* A type in C and in the functions of db.h. */
struct type_words {
    const char *member;  /* start of a declaration */
    const char *bind;    /* db_bind_... */
    const char *column;  /* db_column_... */
    const char *present; /* suffix of a parameter's name: true if it is not NULL */
};

static const struct type_words TYPES[] = {
    [TYPE_INT] = { "int64_t ", "int", "int", NULL },
    [TYPE_TEXT] = { "const char *", "text", "text", "" },
    [TYPE_BLOB] = { "struct bytes ", "bytes", "bytes", ".bytes" },
};

/* A file that is assembled in memory first. */
struct output {
    FILE *stream;
    char *bytes;
    size_t length;
};

static void output_open(struct output *output)
{
    output->stream = open_memstream(&output->bytes, &output->length);
    if (!output->stream)
        give_up("memory");
}

static void output_save(struct output *output, const char *folder, const char *name,
                        const char *ending)
{
    char full_name[256];

    if (fclose(output->stream))
        give_up("memory");
    snprintf(full_name, sizeof full_name, "%s%s", name, ending);
    file_save(folder, full_name, output->bytes);
}

/* "main" as part of a constant's name. */
static const char *upper(const char *name)
{
    char *text = strdup(name);

    for (char *at = text; at && *at; at++)
        *at = (char)toupper((unsigned char)*at);
    return text;
}

/* A C string literal; a newline in the text also starts a new line of the literal. */
static void put_literal(FILE *out, const char *text, const char *indent)
{
    putc('"', out);
    for (char before = '\0'; *text; before = *text++) {
        if (*text == '\n')
            fprintf(out, text[1] ? "\\n\"\n%s\"" : "\\n", indent);
        else if (*text == '"' || *text == '\\' || (*text == '?' && before == '?'))
            fprintf(out, "\\%c", *text);
        else if ((unsigned char)*text < ' ')
            fprintf(out, "\\%03o", (unsigned)*text);
        else
            putc(*text, out);
    }
    putc('"', out);
}

static int put_parameter(FILE *out, int column, const char *text)
{
    int width = (int)strlen(text);

    if (column + 2 + width + 2 > LINE_WIDTH)
        return fprintf(out, ",\n    %s", text) - 2;
    return column + fprintf(out, ", %s", text);
}

/* struct error *sql_vm_get(struct db *db, struct arena *arena, int64_t id, struct vm_get_row *out)
 */
static void put_prototype(FILE *out, const struct statement *statement)
{
    static const char *const results[] = { "_rows *out", "_row *out" };
    char text[256];
    int column = fprintf(out, "struct error *sql_%s(struct db *db", statement->name);

    column = put_parameter(out, column, "struct arena *arena");
    for (size_t i = 0; i < statement->parameters.count; i++) {
        const struct field *field = &statement->parameters.field[i];
        bool is_pointer = field->type == TYPE_INT && field->is_nullable;
        snprintf(text, sizeof text, "%s%s",
                 is_pointer ? "const int64_t *" : TYPES[field->type].member, field->name);
        column = put_parameter(out, column, text);
    }
    if (has_rows(statement)) {
        snprintf(text, sizeof text, "struct %s%s", statement->name, results[statement->shape]);
        put_parameter(out, column, text);
    }
    putc(')', out);
}

/* ---- SUBJECT.sql.h ---- */

/* The "--" lines of the contract as a C comment. */
static void put_contract(FILE *out, const char *contract)
{
    if (!*contract)
        return;
    fputs("/*\n", out);
    while (*contract) {
        const char *end = contract + strcspn(contract, "\r\n");
        fputs(" *", out);
        for (const char *at = contract + 2; at < end; at++)
            fprintf(out, at[-1] == '*' && *at == '/' ? " %c" : "%c", *at);
        putc('\n', out);
        contract = end + strspn(end, "\r\n");
    }
    fputs(" */\n", out);
}

static void put_row(FILE *out, const struct statement *statement)
{
    fprintf(out, "struct %s_row {\n", statement->name);
    for (size_t i = 0; i < statement->columns.count; i++) {
        const struct field *column = &statement->columns.field[i];
        fprintf(out, "    %s%s;\n", TYPES[column->type].member, column->name);
    }
    fputs("};\n\n", out);
    if (statement->shape == SHAPE_ROWS)
        fprintf(out, "struct %s_rows {\n    struct %s_row *row;\n    size_t count;\n};\n\n",
                statement->name, statement->name);
}

static void write_header(const char *folder, const struct subject *subject)
{
    struct output output;

    output_open(&output);
    fprintf(output.stream,
            "/*\n * The statements of %s, written by sqlc: change them there.\n"
            " * What they give lives in `arena`.\n */\n"
            "#pragma once\n\n#include \"adapter/db.h\"\n",
            subject->source.path);
    for (size_t i = 0; i < subject->count; i++) {
        const struct statement *statement = &subject->statement[i];
        putc('\n', output.stream);
        if (has_rows(statement))
            put_row(output.stream, statement);
        put_contract(output.stream, statement->contract);
        put_prototype(output.stream, statement);
        fputs(";\n", output.stream);
    }
    output_save(&output, folder, subject->name, ".sql.h");
}

/* ---- SUBJECT.sql.c ---- */

static void put_bindings(FILE *out, const struct statement *statement)
{
    const struct fields *parameters = &statement->parameters;

    for (size_t i = 0; i < parameters->count; i++) {
        const struct field *field = &parameters->field[i];
        const struct type_words *words = &TYPES[field->type];
        if (words->present && !field->is_nullable)
            fprintf(out, "    assert(%s%s);\n", field->name, words->present);
    }
    for (size_t i = 0; i < parameters->count; i++) {
        const struct field *field = &parameters->field[i];
        const char *or_null = field->type == TYPE_INT && field->is_nullable ? "_or_null" : "";
        fprintf(out, "    db_bind_%s%s(run, %d, %s);\n", TYPES[field->type].bind, or_null,
                field->position, field->name);
    }
}

static void put_columns(FILE *out, const struct statement *statement, const char *indent)
{
    fprintf(out, "(struct %s_row){\n", statement->name);
    for (size_t i = 0; i < statement->columns.count; i++) {
        const struct field *column = &statement->columns.field[i];
        fprintf(out, "%s    .%s = db_column_%s(run, %zu%s),\n", indent, column->name,
                TYPES[column->type].column, i, column->type == TYPE_INT ? "" : ", arena");
    }
    fprintf(out, "%s};\n", indent);
}

static void put_steps_of_rows(FILE *out, const struct statement *statement)
{
    fprintf(
        out,
        "    *out = (struct %s_rows){ 0 };\n"
        "    for (size_t capacity = 0;;) {\n"
        "        e = db_step(run, arena, &has_row);\n"
        "        if (e)\n"
        "            return e;\n"
        "        if (!has_row)\n"
        "            break;\n"
        "        out->row = array_grow(arena, out->row, out->count, &capacity, sizeof *out->row);\n"
        "        out->row[out->count++] = ",
        statement->name);
    put_columns(out, statement, "        ");
    fputs("    }\n", out);
}

static void put_steps_of_row(FILE *out, const struct statement *statement)
{
    fprintf(out,
            "    e = db_step(run, arena, &has_row);\n"
            "    if (e)\n"
            "        return e;\n"
            "    if (!has_row) {\n"
            "        db_end(run);\n"
            "        return db_none(arena, \"%s\");\n"
            "    }\n"
            "    *out = ",
            statement->name);
    put_columns(out, statement, "    ");
    if (statement->is_write)
        fputs("    /* A write has happened for certain only when its statement has run out. */\n"
              "    while (has_row) {\n"
              "        e = db_step(run, arena, &has_row);\n"
              "        if (e)\n"
              "            return e;\n"
              "    }\n",
              out);
}

static void put_function(FILE *out, const struct statement *statement, size_t index)
{
    putc('\n', out);
    put_prototype(out, statement);
    fprintf(out,
            "\n{\n    struct db_run *run = db_start(db, &SUBJECT, %zu);\n"
            "    struct error *e;\n    bool has_row;\n\n",
            index);
    put_bindings(out, statement);
    if (statement->shape == SHAPE_ROWS)
        put_steps_of_rows(out, statement);
    else if (statement->shape == SHAPE_ROW)
        put_steps_of_row(out, statement);
    else
        fputs("    e = db_step(run, arena, &has_row);\n    if (e)\n        return e;\n", out);
    fputs("    db_end(run);\n", out);
    if (statement->shape == SHAPE_ONE)
        fprintf(out, "    return db_changes(db) == 1 ? NULL : db_none(arena, \"%s\");\n}\n",
                statement->name);
    else
        fputs("    return NULL;\n}\n", out);
}

static void write_code(const char *folder, const struct schema *schema,
                       const struct subject *subject)
{
    struct output output;

    output_open(&output);
    fprintf(output.stream,
            "/* The statements of %s, written by sqlc: change them there. */\n"
            "#include \"%s.sql.h\"\n\n#include \"base/array.h\"\n\n#include <assert.h>\n\n"
            "static const struct db_statement STATEMENTS[] = {\n",
            subject->source.path, subject->name);
    for (size_t i = 0; i < subject->count; i++) {
        const struct statement *statement = &subject->statement[i];
        fprintf(output.stream, "    { \"%s\",\n        ", statement->name);
        put_literal(output.stream, skip_blank(statement->sql), "        ");
        fputs(" },\n", output.stream);
    }
    fprintf(output.stream,
            "};\n\nstatic struct db_subject SUBJECT = {\n    .schema = &DB_%s,\n"
            "    .statements = STATEMENTS,\n    .count = %zu,\n};\n\n"
            "__attribute__((constructor)) static void register_subject(void)\n"
            "{\n    db_register(&SUBJECT);\n}\n",
            upper(schema->name), subject->count);
    for (size_t i = 0; i < subject->count; i++)
        put_function(output.stream, &subject->statement[i], i);
    output_save(&output, folder, subject->name, ".sql.c");
}

void write_subject(const char *folder, const struct schema *schema, const struct subject *subject)
{
    write_header(folder, subject);
    write_code(folder, schema, subject);
}

/* ---- schema.c, inventory.c ---- */

void write_schema(const char *folder, const struct schema *schema)
{
    struct output output;

    output_open(&output);
    fputs("/* The migrations, written by sqlc: change them in the numbered files. */\n"
          "#include \"adapter/db.h\"\n\nstatic const struct db_migration MIGRATIONS[] = {\n",
          output.stream);
    for (size_t i = 0; i < schema->migration_count; i++) {
        fprintf(output.stream, "    { \"%s\",\n        ", schema->migration[i].name);
        put_literal(output.stream, schema->migration[i].text, "        ");
        fputs(" },\n", output.stream);
    }
    fprintf(output.stream,
            "};\n\nconst struct db_schema DB_%s = {\n    .file = \"%s.db\",\n"
            "    .migrations = MIGRATIONS,\n    .version = %zu,\n};\n",
            upper(schema->name), schema->name, schema->migration_count);
    output_save(&output, folder, "schema", ".c");
}

/* One statement of a table, and where the table is to find it. */
static void put_statement(FILE *statements, FILE *tables, size_t *count, const char *table,
                          const char *verb, const char *sql)
{
    if (!sql) {
        fputs(", NULL", tables);
        return;
    }
    fprintf(statements, "    { \"%s_%s\",\n        ", table, verb);
    put_literal(statements, sql, "");
    fputs(" },\n", statements);
    fprintf(tables, ", &STATEMENTS[%zu]", (*count)++);
}

/* The tables that have an owner, with their statements. */
static void put_tables(FILE *out, const struct schema *schema)
{
    static const char *const owners[] = { "TEAM", "PERSON", "ADDRESS" };
    struct output tables;
    size_t statement_count = 0, table_count = 0;

    output_open(&tables);
    fputs("static const struct db_statement STATEMENTS[] = {\n", out);
    for (size_t i = 0; i < schema->table_count; i++) {
        const struct table *table = &schema->table[i];
        if (!table->key)
            continue;
        table_count++;
        fprintf(tables.stream, "    { \"%s\", INVENTORY_%s, \"%s\"", table->name,
                owners[table->owner], table->key);
        put_statement(out, tables.stream, &statement_count, table->name, "copy", table->select);
        put_statement(out, tables.stream, &statement_count, table->name, "erase", table->erase);
        put_statement(out, tables.stream, &statement_count, table->name, "copy_person",
                      table->person_select);
        put_statement(out, tables.stream, &statement_count, table->name, "erase_person",
                      table->person_erase);
        put_statement(out, tables.stream, &statement_count, table->name, "copy_about",
                      table->about_select);
        put_statement(out, tables.stream, &statement_count, table->name, "copy_address",
                      table->address_select);
        put_statement(out, tables.stream, &statement_count, table->name, "erase_address",
                      table->address_erase);
        fputs(" },\n", tables.stream);
    }
    if (fclose(tables.stream))
        give_up("memory");
    fprintf(out,
            "%s};\n\nstatic struct db_subject SUBJECT = {\n    .schema = &DB_%s,\n"
            "    .statements = STATEMENTS,\n    .count = %zu,\n};\n\n"
            "__attribute__((constructor)) static void register_subject(void)\n"
            "{\n    db_register(&SUBJECT);\n}\n\n"
            "static const struct inventory_table TABLES[] = {\n%s%s};\n",
            statement_count ? "" : "    { NULL, NULL },\n", upper(schema->name), statement_count,
            tables.bytes, table_count ? "" : "    { .name = NULL },\n");
    fprintf(out,
            "\nconst struct inventory INVENTORY_%s = {\n    .database = \"%s\",\n"
            "    .columns = COLUMNS,\n    .count = %zu,\n    .tables = TABLES,\n"
            "    .table_count = %zu,\n    .subject = &SUBJECT,\n};\n",
            upper(schema->name), schema->name, schema->inventory_count, table_count);
}

/* Those that CHECK (COLUMN IN (...)) lists, as the members of a JSON array; NULL: any. */
static void put_values(FILE *out, const struct schema *schema, const struct inventory *entry)
{
    size_t count = 0;

    for (size_t i = 0; i < schema->constant_count; i++) {
        const struct constant *constant = &schema->constant[i];
        if (strcmp(constant->table, entry->table) != 0 ||
            strcmp(constant->column, entry->column) != 0)
            continue;
        fprintf(out, "%s\\\"%s\\\"", count++ ? ", " : "\"", constant->text);
    }
    fputs(count ? "\"" : "NULL", out);
}

void write_inventory(const char *folder, const struct schema *schema)
{
    struct output code;

    output_open(&code);
    fputs("/* The data inventory, written by sqlc from the comments beside each column. */\n"
          "#include \"model/inventory.h\"\n\nstatic const struct inventory_column COLUMNS[] = {\n",
          code.stream);
    for (size_t i = 0; i < schema->inventory_count; i++) {
        const struct inventory *entry = &schema->inventory[i];
        fprintf(code.stream, "    { \"%s\", \"%s\", ", entry->table, entry->column);
        put_literal(code.stream, entry->part[0], "");
        fprintf(code.stream, ",\n        \"%s\", \"%s\", \"%s\", \"%s\", \"%s\", %s, ",
                entry->part[1], entry->part[2], entry->part[3], entry->part[4], entry->type,
                entry->is_required ? "true" : "false");
        put_values(code.stream, schema, entry);
        fputs(" },\n", code.stream);
    }
    fputs("};\n\n", code.stream);
    put_tables(code.stream, schema);
    output_save(&code, folder, "inventory", ".c");
}

/* JOB_STATE_QUEUED: so that a misspelt state does not compile. */
void write_constants(const char *folder, const struct schema *schema)
{
    struct output code;
    char name[64];

    output_open(&code);
    fputs("/* The texts that columns may hold, written by sqlc from CHECK (COLUMN IN (...)). */\n"
          "#pragma once\n",
          code.stream);
    for (size_t i = 0; i < schema->constant_count; i++) {
        const struct constant *constant = &schema->constant[i];
        bool is_new = !i || strcmp(constant[-1].table, constant->table) != 0 ||
                      strcmp(constant[-1].column, constant->column) != 0;
        fprintf(code.stream, "%s#define %s_%s_%s \"%s\"\n", is_new ? "\n" : "",
                upper(constant->table), upper(constant->column), upper(constant->text),
                constant->text);
    }
    snprintf(name, sizeof name, "%s_constants", schema->name);
    output_save(&code, folder, name, ".sql.h");
}
