/* Policies as canonical JSON; see policy_render.h. */
#include "worker/policy_render.h"

#include "adapter/json.h"
#include "base/array.h"
#include "base/buf.h"
#include "model/country.h"
#include "model/recipient.h"
#include "model/term.h"
#include "worker/promise.h"

#include <string.h>

struct writing {
    struct arena *arena;
    const struct config *config;
    struct buf text;
    const char *term; /* of the block that is being written */
    struct error *problem;
};

/* ---- JSON ---- */

static void quoted(struct writing *writing, const char *text)
{
    const char *out;
    struct error *e = json_quote(writing->arena, text, &out);

    if (e)
        writing->problem = e;
    else
        buf_text(&writing->text, out);
}

/* A comma, unless it is the first: after an opening bracket. */
static void next(struct writing *writing)
{
    char last = writing->text.bytes[writing->text.length - 1];

    if (last != '{' && last != '[')
        buf_char(&writing->text, ',');
}

static void key(struct writing *writing, const char *name)
{
    next(writing);
    quoted(writing, name);
    buf_char(&writing->text, ':');
}

static void filled(struct writing *writing, const char *text)
{
    quoted(writing, policy_text_fill(writing->arena, writing->config, text, writing->term));
}

static void pair(struct writing *writing, const char *name, const char *text)
{
    if (!text)
        return;
    key(writing, name);
    filled(writing, text);
}

/* ---- tables that are written at run time ---- */

static void cells(struct writing *writing, const char *const *cell, size_t count)
{
    next(writing);
    buf_char(&writing->text, '[');
    for (size_t i = 0; i < count; i++) {
        next(writing);
        quoted(writing, cell[i]);
    }
    buf_char(&writing->text, ']');
}

static const char *country_text(struct arena *arena, const char *code)
{
    return *code ? arena_printf(arena, "%s (declared by the operator)", country_name(code))
                 : "Not declared by the operator";
}

static void recipients_write(struct writing *writing)
{
    static const char *const head[] = { "Recipient", "Purpose", "Data", "Place", "Safeguard" };
    const struct recipient_rows rows = recipient_list(writing->arena, writing->config);

    cells(writing, head, COUNT(head));
    for (size_t i = 0; i < rows.count; i++) {
        const struct recipient *r = &rows.row[i];
        const char *const row[] = {
            arena_printf(writing->arena, "%s (%s)", r->name, r->host),
            r->purpose,
            r->what,
            country_text(writing->arena, r->country),
            *r->safeguard ? r->safeguard : "None needed",
        };

        cells(writing, row, COUNT(row));
    }
}

static void places_write(struct writing *writing)
{
    static const char *const head[] = { "Region", "Country" };

    cells(writing, head, COUNT(head));
    for (size_t i = 0; i < writing->config->region_count; i++) {
        const struct config_region *region = &writing->config->regions[i];
        const char *const row[] = { region->label, country_text(writing->arena, region->country) };

        cells(writing, row, COUNT(row));
    }
}

static void not_offered_write(struct writing *writing)
{
    static const char *const head[] = { "Not offered here" };
    const char *missing;

    cells(writing, head, COUNT(head));
    for (size_t i = 0; (missing = policy_missing(i)); i++)
        cells(writing, &missing, 1);
}

static void table_write(struct writing *writing, const char *name)
{
    key(writing, "table");
    buf_char(&writing->text, '[');
    if (strcmp(name, "recipients") == 0)
        recipients_write(writing);
    else if (strcmp(name, "places") == 0)
        places_write(writing);
    else
        not_offered_write(writing);
    buf_char(&writing->text, ']');
}

/* ---- documents ---- */

static void run_write(struct writing *writing, const struct policy_run *run)
{
    next(writing);
    if (!run->href && !run->is_code && !run->is_strong) {
        filled(writing, run->text);
        return;
    }
    buf_char(&writing->text, '{');
    if (run->href)
        pair(writing, "href", run->href);
    pair(writing, run->is_code ? "code" : run->is_strong ? "strong" : "text", run->text);
    buf_char(&writing->text, '}');
}

/* What the parameters of the text say, each once. */
static void parameters_write(struct writing *writing, const struct policy_block *block)
{
    size_t start = writing->text.length;

    for (size_t i = 0; i < block->run_count; i++) {
        for (const char *at = block->runs[i].text; (at = strchr(at, '{')); at++) {
            const char *name = arena_copy_bytes(writing->arena, at + 1, strcspn(at + 1, "}"));
            const char *quote = arena_printf(writing->arena, "\"%s\":", name);

            if (writing->text.length > start && strstr(writing->text.bytes + start, quote))
                continue;
            if (writing->text.length == start) {
                key(writing, "parameters");
                buf_char(&writing->text, '{');
            }
            pair(writing, name, arena_printf(writing->arena, "{%s}", name));
        }
    }
    if (writing->text.length > start)
        buf_char(&writing->text, '}');
}

static const char *term_text(const struct writing *writing, const struct policy_block *block)
{
    for (size_t i = 0; block->id && i < PROMISE_COUNT; i++) {
        if (strcmp(PROMISES[i].id, block->id) == 0)
            return promise_term_text(writing->arena, term_s(writing->config, PROMISES[i].term_s));
    }
    return NULL;
}

static void block_write(struct writing *writing, const struct policy_block *block)
{
    writing->term = strcmp(block->kind, "promise") == 0 ? term_text(writing, block) : NULL;
    next(writing);
    buf_char(&writing->text, '{');
    pair(writing, "command", block->command);
    pair(writing, "id", block->id);
    pair(writing, "kind", block->kind);
    pair(writing, "note", block->note);
    parameters_write(writing, block);
    pair(writing, "rows", block->rows);
    if (strcmp(block->kind, "table") == 0)
        table_write(writing, block->id);
    if (block->run_count) {
        key(writing, "text");
        buf_char(&writing->text, '[');
        for (size_t i = 0; i < block->run_count; i++)
            run_write(writing, &block->runs[i]);
        buf_char(&writing->text, ']');
    }
    buf_char(&writing->text, '}');
}

/* All words of a condition hold; "!" before one turns it round. */
static bool is_said(const struct writing *writing, const struct policy_block *block)
{
    const char *at = block->condition ? block->condition : "";

    while (*at) {
        size_t length = strcspn(at, " ");
        bool is_not = *at == '!', is_known;
        const char *word = arena_copy_bytes(writing->arena, at + is_not, length - is_not);

        if (policy_condition(writing->config, word, &is_known) == is_not)
            return false;
        at += length;
        at += strspn(at, " ");
    }
    return true;
}

static void document_write(struct writing *writing, const struct policy_document *document)
{
    next(writing);
    buf_literal(&writing->text, "{\"blocks\":[");
    for (size_t i = 0; i < document->block_count; i++) {
        if (is_said(writing, &document->blocks[i]))
            block_write(writing, &document->blocks[i]);
    }
    buf_char(&writing->text, ']');
    pair(writing, "name", document->name);
    pair(writing, "title", document->title);
    buf_char(&writing->text, '}');
}

static void facts_write(struct writing *writing, const struct policy_facts *facts)
{
    buf_literal(&writing->text, "],\"facts\":[");
    for (size_t i = 0; i < facts->count; i++) {
        next(writing);
        buf_char(&writing->text, '[');
        quoted(writing, facts->row[i].name);
        buf_char(&writing->text, ',');
        quoted(writing, facts->row[i].member);
        buf_printf(&writing->text, ",%lld]", (long long)facts->row[i].number);
    }
    buf_literal(&writing->text, "]}");
}

struct error *policy_render(struct arena *arena, const struct config *config,
                            const struct policy_facts *facts, const char **out)
{
    struct writing writing = { .arena = arena, .config = config };

    writing.text = buf_new(arena, 128 * 1024);
    buf_literal(&writing.text, "{\"documents\":[");
    for (size_t i = 0; i < POLICY_DOCUMENT_COUNT; i++) {
        if (strcmp(POLICY_DOCUMENTS[i].profile, config->profile) == 0)
            document_write(&writing, &POLICY_DOCUMENTS[i]);
    }
    facts_write(&writing, facts);
    *out = writing.text.bytes;
    return writing.problem;
}

void policy_facts_all(struct arena *arena, const struct config *config, struct policy_facts *out)
{
    policy_facts_of(arena, config, out);
    for (size_t i = 0; i < PROMISE_COUNT; i++) {
        if (PROMISES[i].check == promise_rows_check && PROMISES[i].term_s > 0)
            policy_fact_add(arena, out, "term", PROMISES[i].id, PROMISES[i].term_s);
    }
}
