/* The JSON Schemas of a copy's files; see export_schema.h. */
#include "worker/export_schema.h"

#include "adapter/json.h"

#include <string.h>

static bool is_exported(const struct inventory_column *column)
{
    return strcmp(column->on_export, "export") == 0;
}

/* Bytes are text in base 16, as the statements of the inventory give them. */
static const char *type_of(const struct inventory_column *column)
{
    if (strcmp(column->type, "INTEGER") == 0)
        return column->is_required ? "\"integer\"" : "[\"integer\", \"null\"]";
    return column->is_required ? "\"string\"" : "[\"string\", \"null\"]";
}

static void values_put(struct buf *out, const struct inventory_column *column)
{
    if (column->values)
        buf_printf(out, ", \"enum\": [%s%s]", column->values, column->is_required ? "" : ", null");
}

static struct error *property_put(struct buf *out, const struct inventory_column *column)
{
    const char *why;
    struct error *e = json_quote(out->arena, column->why, &why);

    if (e)
        return e;
    buf_printf(out, "\n      \"%s\": { \"type\": %s%s", column->column, type_of(column),
               strcmp(column->type, "BLOB") == 0 ? ", \"contentEncoding\": \"base16\"" : "");
    values_put(out, column);
    buf_printf(out, ", \"description\": %s }", why);
    return NULL;
}

struct error *export_schema_put(struct buf *out, const struct inventory *inventory,
                                const char *table)
{
    struct buf required = { .arena = out->arena };
    struct error *e = NULL;

    buf_printf(out,
               "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
               "  \"title\": \"%s\",\n  \"type\": \"array\",\n  \"items\": {\n"
               "    \"type\": \"object\",\n    \"properties\": {",
               table);
    for (size_t i = 0; !e && i < inventory->count; i++) {
        const struct inventory_column *column = &inventory->columns[i];

        if (strcmp(column->table, table) != 0 || !is_exported(column))
            continue;
        if (required.length)
            buf_char(out, ',');
        e = property_put(out, column);
        buf_printf(&required, "%s\"%s\"", required.length ? ", " : "", column->column);
    }
    buf_printf(out,
               "\n    },\n    \"required\": [%s],\n    \"additionalProperties\": false\n  }\n}\n",
               required.bytes);
    return e;
}

struct error *export_withheld_put(struct buf *out, const struct inventory *inventory)
{
    bool is_first = true;
    struct error *e = NULL;
    const char *why;

    for (size_t i = 0; !e && i < inventory->table_count; i++) {
        const struct inventory_table *table = &inventory->tables[i];

        for (size_t k = 0; !e && k < inventory->count; k++) {
            const struct inventory_column *column = &inventory->columns[k];

            if (strcmp(column->table, table->name) != 0 || is_exported(column))
                continue;
            e = json_quote(out->arena, column->why, &why);
            if (!e)
                buf_printf(out, "%s\n    {\"table\": \"%s\", \"column\": \"%s\", \"reason\": %s}",
                           is_first ? "" : ",", column->table, column->column, why);
            is_first = false;
        }
    }
    return e;
}
