/*
 * Reads rows.md: a table with a line for each question, and in it what each profile says. Also
 * makes the tree of a file: tables are cmark's extension.
 */
#include "mdc.h"

#include <cmark-gfm-core-extensions.h>
#include <stdio.h>
#include <string.h>

cmark_node *parse(const char *path)
{
    const char *text = read_file(path);
    cmark_parser *parser;
    cmark_node *root;

    if (!text) {
        refuse(path, 1, "cannot be read; write it");
        return NULL;
    }
    cmark_gfm_core_extensions_ensure_registered();
    parser = cmark_parser_new(CMARK_OPT_SMART | CMARK_OPT_VALIDATE_UTF8);
    cmark_parser_attach_syntax_extension(parser, cmark_find_syntax_extension("table"));
    cmark_parser_feed(parser, text, strlen(text));
    root = cmark_parser_finish(parser);
    cmark_parser_free(parser);
    return root;
}

bool rows_has(const struct rows *rows, const char *id)
{
    for (size_t i = 0; i < rows->count; i++)
        if (strcmp(rows->items[i].id, id) == 0)
            return true;
    return false;
}

/* The cells of a line as plain text. */
static const char **cells_read(const char *path, cmark_node *line, size_t *count)
{
    const char **cells = NULL;

    *count = 0;
    for (cmark_node *cell = cmark_node_first_child(line); cell; cell = cmark_node_next(cell)) {
        cells = grow(cells, *count, sizeof *cells);
        cells[(*count)++] = inline_plain(path, cell);
    }
    return cells;
}

static bool head_read(struct rows *rows, const char *path, cmark_node *line)
{
    size_t count;
    const char **cells = cells_read(path, line, &count);

    if (count < 5 || strcmp(cells[0], "row") != 0 || strcmp(cells[1], "question") != 0 ||
        strcmp(cells[count - 2], "default") != 0 || strcmp(cells[count - 1], "needs") != 0) {
        refuse(path, cmark_node_get_start_line(line),
               "not the head of the rows; write row | question | PROFILE... | default | needs");
        return false;
    }
    rows->profiles = cells + 2;
    rows->profile_count = count - 4;
    return true;
}

static void row_read(struct rows *rows, const char *path, cmark_node *line)
{
    size_t count;
    const char **cells = cells_read(path, line, &count);
    int number = cmark_node_get_start_line(line);
    struct row row = { .id = cells[0], .question = cells[1], .stances = cells + 2 };

    for (size_t i = 0; i < count; i++) {
        if (*cells[i])
            continue;
        refuse(path, number, "an empty cell; write -");
        return;
    }
    if (row.id[strspn(row.id, "abcdefghijklmnopqrstuvwxyz0123456789-")] || rows_has(rows, row.id)) {
        refuse(path, number, "\"%s\" is no new name of a row; write a-z, 0-9 and -", row.id);
        return;
    }
    for (size_t p = 0; p < rows->profile_count; p++)
        if (strcmp(row.stances[p], "-") == 0)
            row.stances[p] = cells[count - 2];
    row.needs = strcmp(cells[count - 1], "-") == 0 ? NULL : cells[count - 1];
    rows->items = grow(rows->items, rows->count, sizeof *rows->items);
    rows->items[rows->count++] = row;
}

struct rows rows_read(const char *path)
{
    cmark_node *root = parse(path);
    cmark_node *table = root ? cmark_node_first_child(root) : NULL;
    struct rows rows = { 0 };
    cmark_node *line;

    while (table && strcmp(cmark_node_get_type_string(table), "table") != 0)
        table = cmark_node_next(table);
    line = table ? cmark_node_first_child(table) : NULL;
    if (root && !line)
        refuse(path, 1, "no table; write row | question | PROFILE... | default | needs");
    if (!line || !head_read(&rows, path, line))
        return rows;
    while ((line = cmark_node_next(line)))
        row_read(&rows, path, line);
    return rows;
}
