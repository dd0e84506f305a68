/* The inventory as its page shows it; see data_page.h. */
#include "view/data_page.h"

#include "base/array.h"
#include "base/buf.h"
#include "base/text.h"
#include "data.html.h"
#include "model/inventory.h"

#include <string.h>

/* The words of declarations as people read them. */
static const struct word {
    const char *word, *text;
} words[] = {
    { "contract", "Contract" },
    { "legal", "Legal obligation" },
    { "interest", "Legitimate interest" },
    { "consent", "Consent" },
    { "none", "Not about a person" },
    { "account", "Until the account is deleted" },
    { "vm", "Until the VM is destroyed" },
    { "session", "Until the session ends" },
    { "forever", "As long as the server exists" },
    { "1 days", "1 day" },
    { "1 hours", "1 hour" },
    { "export", "Included" },
    { "withhold", "Not included" },
    { "delete", "Deleted" },
    { "anonymise", "Anonymized" },
    { "keep", "Kept" },
};

static const char *word_text(const char *word)
{
    for (size_t i = 0; i < COUNT(words); i++) {
        if (strcmp(words[i].word, word) == 0)
            return words[i].text;
    }
    return word; /* "30 days" */
}

static bool is_alike(const struct inventory_column *a, const struct inventory_column *b)
{
    return strcmp(a->table, b->table) == 0 && strcmp(a->basis, b->basis) == 0 &&
           strcmp(a->keep, b->keep) == 0 && strcmp(a->on_export, b->on_export) == 0 &&
           strcmp(a->on_erase, b->on_erase) == 0;
}

/* One line for all columns of a table with the rules of `columns[at]`, which is the first. */
static struct data_line line_of(struct arena *arena, const struct inventory *inventory, size_t at)
{
    const struct inventory_column *first = &inventory->columns[at];
    struct buf what = buf_new(arena, 1024);

    for (size_t i = at; i < inventory->count; i++) {
        const struct inventory_column *column = &inventory->columns[i];

        if (!is_alike(first, column))
            continue;
        buf_printf(&what, "%s%s: %s", what.length ? "; " : "", column->column, column->why);
    }
    return (struct data_line){
        .what = what.bytes,
        .basis = word_text(first->basis),
        .keep = word_text(first->keep),
        .on_export = word_text(first->on_export),
        .on_erase = word_text(first->on_erase),
    };
}

static bool is_repeated(const struct inventory *inventory, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (is_alike(&inventory->columns[i], &inventory->columns[at]))
            return true;
    }
    return false;
}

/* The columns of a table need not follow each other: some were added later. */
static struct data_group *group_find(struct data_group_rows *groups, const char *table)
{
    for (size_t i = 0; i < groups->count; i++) {
        if (strcmp(groups->row[i].name, table) == 0)
            return &groups->row[i];
    }
    return NULL;
}

static void inventory_add(struct arena *arena, const struct inventory *inventory,
                          struct data_group_rows *groups)
{
    struct data_line_rows lines;

    for (size_t i = 0; i < inventory->count; i++) {
        const char *table = inventory->columns[i].table;
        struct data_group *group = group_find(groups, table);

        if (!group) {
            lines =
                (struct data_line_rows){ arena_array(arena, inventory->count, sizeof *lines.row),
                                         0 };
            group = &groups->row[groups->count++];
            *group = (struct data_group){ table, lines };
        }
        if (!is_repeated(inventory, i))
            group->lines.row[group->lines.count++] = line_of(arena, inventory, i);
    }
}

static struct data_line_rows files_of(struct arena *arena)
{
    struct data_line_rows files = { arena_array(arena, INVENTORY_FILE_COUNT, sizeof *files.row),
                                    INVENTORY_FILE_COUNT };

    for (size_t i = 0; i < INVENTORY_FILE_COUNT; i++) {
        const struct inventory_file *file = &INVENTORY_FILES[i];

        files.row[i] = (struct data_line){
            .what = arena_printf(arena, "%s: %s", file->pattern, file->why),
            .basis = word_text(file->basis),
            .keep = word_text(file->keep),
            .on_export = word_text(file->on_export),
            .on_erase = word_text(file->on_erase),
        };
    }
    return files;
}

struct error *data_page_show(struct request *r)
{
    size_t most = INVENTORY_MAIN.count + INVENTORY_INBOX.count;
    struct data_html page = {
        .groups.row = arena_array(r->arena, most, sizeof *page.groups.row),
        .files = files_of(r->arena),
    };

    inventory_add(r->arena, &INVENTORY_MAIN, &page.groups);
    inventory_add(r->arena, &INVENTORY_INBOX, &page.groups);
    r->frame.title = "Data inventory";
    html_data(&r->response.body, &r->frame, &page);
    return NULL;
}
