/* A published policy, parsed; see policy_read.h. */
#include "view/policy_read.h"

#include "adapter/json.h"

#include <string.h>

static size_t json_count(const struct json *json)
{
    size_t count = 0;

    for (const struct json *at = json_first(json); at; at = json_next(at))
        count++;
    return count;
}

/* A text, or an object with "href" and "text", "code" or "strong". */
static struct policy_span span_read(const struct json *json)
{
    const char *plain = json_as_text(json), *code = NULL, *strong = NULL;

    if (plain)
        return (struct policy_span){ .text = plain };
    code = json_get_text(json, "code");
    strong = json_get_text(json, "strong");
    return (struct policy_span){
        .text = code     ? code
                : strong ? strong
                         : json_get_text(json, "text"),
        .href = json_get_text(json, "href"),
        .is_code = code != NULL,
        .is_strong = strong != NULL,
    };
}

static struct policy_span_rows spans_read(struct arena *arena, const struct json *json)
{
    struct policy_span_rows rows = { .row =
                                         arena_array(arena, json_count(json), sizeof *rows.row) };

    for (const struct json *at = json_first(json); at; at = json_next(at))
        rows.row[rows.count++] = span_read(at);
    return rows;
}

/* The first row is the head. */
static void table_read(struct arena *arena, const struct json *json, struct policy_part *part)
{
    size_t count = json_count(json);

    part->items.row = arena_array(arena, count, sizeof *part->items.row);
    for (const struct json *line = json_first(json); line; line = json_next(line)) {
        bool is_head = line == json_first(json);
        struct policy_cell_rows cells = { .row = arena_array(arena, json_count(line),
                                                             sizeof *cells.row) };

        for (const struct json *at = json_first(line); at; at = json_next(at)) {
            size_t column = cells.count++;

            cells.row[column] = (struct policy_cell){
                .text = json_as_text(at),
                .head = is_head || column >= part->head.count ? "" : part->head.row[column].text,
            };
        }
        if (is_head)
            part->head = cells;
        else
            part->items.row[part->items.count++].cells = cells;
    }
}

static void part_read(struct arena *arena, const struct json *block, const char *kind,
                      struct policy_part *part)
{
    *part = (struct policy_part){
        .kind = kind,
        .id = json_get_text(block, "id"),
        .note = json_get_text(block, "note"),
        .command = json_get_text(block, "command"),
        .text = spans_read(arena, json_get(block, "text")),
    };
    part->has_more = part->note || part->command;
    if (strcmp(kind, "table") == 0)
        table_read(arena, json_get(block, "table"), part);
}

/* Items that follow each other are one list. */
static void item_read(struct arena *arena, const struct json *block, size_t most,
                      struct policy_section *section)
{
    struct policy_part *last =
        section->parts.count ? &section->parts.row[section->parts.count - 1] : NULL;

    if (!last || strcmp(last->kind, "list") != 0) {
        last = &section->parts.row[section->parts.count++];
        *last = (struct policy_part){ .kind = "list" };
        last->items.row = arena_array(arena, most, sizeof *last->items.row);
    }
    last->items.row[last->items.count++].text = spans_read(arena, json_get(block, "text"));
}

static struct policy_section *section_new(struct arena *arena, struct policy_view *view,
                                          size_t most)
{
    struct policy_section *section = &view->sections.row[view->sections.count++];

    section->parts.row = arena_array(arena, most, sizeof *section->parts.row);
    return section;
}

static void document_read(struct arena *arena, const struct json *document,
                          struct policy_view *view)
{
    const struct json *blocks = json_get(document, "blocks");
    size_t most = json_count(blocks);
    struct policy_section *section = NULL;

    view->name = json_get_text(document, "name");
    view->title = json_get_text(document, "title");
    view->sections.row = arena_array(arena, most, sizeof *view->sections.row);
    for (const struct json *block = json_first(blocks); block; block = json_next(block)) {
        const char *kind = json_get_text(block, "kind");
        bool is_heading = strcmp(kind, "heading") == 0;

        if (is_heading || !section)
            section = section_new(arena, view, most);
        if (is_heading) {
            struct policy_span_rows title = spans_read(arena, json_get(block, "text"));

            section->title = policy_spans_text(arena, &title);
            section->anchor = json_get_text(block, "id");
        } else if (strcmp(kind, "item") == 0) {
            item_read(arena, block, most, section);
        } else {
            part_read(arena, block, kind, &section->parts.row[section->parts.count++]);
            section->promises += strcmp(kind, "promise") == 0;
        }
    }
}

struct error *policy_read(struct arena *arena, const char *body, struct policy_view_rows *out)
{
    const struct json *whole, *documents;
    struct error *e = json_read(arena, body, strlen(body), &whole);

    if (e)
        return error_new(arena, ERROR_INTERNAL, "a published policy cannot be read: %s", e->text);
    documents = json_get(whole, "documents");
    out->row = arena_array(arena, json_count(documents), sizeof *out->row);
    out->count = 0;
    for (const struct json *at = json_first(documents); at; at = json_next(at))
        document_read(arena, at, &out->row[out->count++]);
    return NULL;
}

const struct policy_view *policy_view_find(const struct policy_view_rows *rows, const char *name)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (strcmp(rows->row[i].name, name) == 0)
            return &rows->row[i];
    }
    return NULL;
}

const char *policy_spans_text(struct arena *arena, const struct policy_span_rows *spans)
{
    struct buf text = buf_new(arena, 256);

    for (size_t i = 0; i < spans->count; i++)
        buf_text(&text, spans->row[i].text);
    return text.length ? text.bytes : "";
}
