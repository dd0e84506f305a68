/* The versions of the policies; see policy_history.h. */
#include "view/policy_history.h"

#include "adapter/crypto.h"
#include "adapter/json.h"
#include "base/date.h"
#include "base/text.h"
#include "base/word_diff.h"
#include "model/signing.h"
#include "policy_ack.sql.h"
#include "policy_history.html.h"
#include "policy_version.html.h"
#include "policy_version.sql.h"
#include "signing_key.sql.h"
#include "view/policy_read.h"
#include "web/session.h"

#include <string.h>

enum { SHORT_HASH = 12 };

/* ---- texts of a document, one for each paragraph ---- */

static void list_add(struct text_list *list, const char *text)
{
    if (text && *text)
        list->text[list->count++] = text;
}

static void cells_add(struct arena *arena, struct text_list *list,
                      const struct policy_cell_rows *cells)
{
    struct buf text = buf_new(arena, 128);

    for (size_t i = 0; i < cells->count; i++)
        buf_printf(&text, "%s%s%s%s", i ? "; " : "", cells->row[i].head,
                   *cells->row[i].head ? ": " : "", cells->row[i].text);
    list_add(list, text.bytes);
}

static void part_add(struct arena *arena, struct text_list *list, const struct policy_part *part)
{
    list_add(list, policy_spans_text(arena, &part->text));
    for (size_t i = 0; i < part->items.count; i++) {
        list_add(list, policy_spans_text(arena, &part->items.row[i].text));
        if (part->items.row[i].cells.count)
            cells_add(arena, list, &part->items.row[i].cells);
    }
    if (part->note)
        list_add(list, arena_printf(arena, "Note: %s", part->note));
}

static size_t parts_of(const struct policy_view *view)
{
    size_t count = 0;

    for (size_t i = 0; view && i < view->sections.count; i++) {
        const struct policy_section *section = &view->sections.row[i];

        count += 1;
        for (size_t k = 0; k < section->parts.count; k++)
            count += 2 + 2 * section->parts.row[k].items.count;
    }
    return count;
}

static struct text_list texts_of(struct arena *arena, const struct policy_view *view)
{
    struct text_list list = { .text = arena_array(arena, parts_of(view) + 1, sizeof *list.text) };

    for (size_t i = 0; view && i < view->sections.count; i++) {
        const struct policy_section *section = &view->sections.row[i];

        list_add(&list, section->title);
        for (size_t k = 0; k < section->parts.count; k++)
            part_add(arena, &list, &section->parts.row[k]);
    }
    return list;
}

/* ---- what has changed ---- */

/* Of two paragraphs with little in common, the words in common say nothing: each is whole. */
static struct diff_steps paragraphs_compare(struct arena *arena, const char *before,
                                            const char *after)
{
    struct diff_steps steps = diff_words_find(arena, before, after);
    size_t common = 0, before_length = strlen(before), after_length = strlen(after);

    for (size_t i = 0; i < steps.count; i++)
        common += steps.row[i].kind == DIFF_SAME ? strlen(steps.row[i].text) : 0;
    if (!before_length || !after_length || 2 * common >= before_length ||
        2 * common >= after_length)
        return steps;
    steps.row = arena_array(arena, 2, sizeof *steps.row);
    steps.row[0] = (struct diff_step){ DIFF_REMOVED, arena_printf(arena, "%s ", before) };
    steps.row[1] = (struct diff_step){ DIFF_ADDED, after };
    steps.count = 2;
    return steps;
}

static struct policy_change_text pieces_of(struct arena *arena, const char *before,
                                           const char *after)
{
    const struct diff_steps steps = paragraphs_compare(arena, before, after);
    struct policy_change_text text = {
        .pieces = { arena_array(arena, steps.count, sizeof *text.pieces.row), steps.count },
    };

    for (size_t i = 0; i < steps.count; i++)
        text.pieces.row[i] = (struct policy_piece){
            steps.row[i].text,
            steps.row[i].kind == DIFF_REMOVED,
            steps.row[i].kind == DIFF_ADDED,
        };
    return text;
}

/* Paragraphs that follow a removed one were added in its place: their words are compared. */
static struct policy_change change_of(struct arena *arena, const char *title,
                                      const struct text_list *before, const struct text_list *after)
{
    const struct diff_steps steps = diff_find(arena, before, after);
    struct policy_change change = { .title = title };
    struct policy_change_text_rows *texts = &change.texts;

    texts->row = arena_array(arena, steps.count, sizeof *texts->row);
    for (size_t i = 0; i < steps.count;) {
        size_t removed = i, added, end;

        if (steps.row[i].kind == DIFF_SAME) {
            i++;
            continue;
        }
        for (added = i; added < steps.count && steps.row[added].kind == DIFF_REMOVED;)
            added++;
        for (end = added; end < steps.count && steps.row[end].kind == DIFF_ADDED;)
            end++;
        for (size_t old = removed, new = added; old < added || new < end; old++, new ++)
            texts->row[texts->count++] = pieces_of(arena, old < added ? steps.row[old].text : "",
                                                   new < end ? steps.row[new].text : "");
        i = end;
    }
    return change;
}

static struct policy_change_rows changes_of(struct arena *arena,
                                            const struct policy_view_rows *before,
                                            const struct policy_view_rows *after)
{
    struct policy_change_rows rows = { .row = arena_array(arena, after->count + before->count,
                                                          sizeof *rows.row) };

    for (size_t i = 0; i < after->count; i++) {
        const struct policy_view *view = &after->row[i];
        const struct text_list old = texts_of(arena, policy_view_find(before, view->name));
        const struct text_list new = texts_of(arena, view);
        const struct policy_change change = change_of(arena, view->title, &old, &new);

        if (change.texts.count)
            rows.row[rows.count++] = change;
    }
    return rows;
}

/* ---- all versions ---- */

static struct policy_version
version_of(struct request *r, const struct policy_version_list_row *row, int64_t now_number)
{
    bool is_now = row->number == now_number, is_next = row->effective_at > r->now_at;
    bool is_withdrawn = row->withdrawn_at > 0;

    return (struct policy_version){
        .number = row->number,
        .effective_at = row->effective_at,
        .announced_at = row->announced_at,
        .effective = date_plain(r->arena, row->effective_at),
        .label = is_withdrawn ? "Withdrawn"
                 : is_now     ? "In force"
                 : is_next    ? "Announced"
                              : NULL,
        .chip = is_now ? "kept" : "wait",
        .changed = row->number == 1 ? "First version"
                   : *row->titles   ? row->titles
                                    : "Nothing in the texts",
        .changes = *row->changes ? row->changes : NULL,
        .hash = crypto_hex(r->arena, row->hash.bytes, SHORT_HASH / 2),
    };
}

struct error *policy_history_show(struct request *r)
{
    struct policy_version_list_rows list;
    struct policy_version_now_row now = { .number = 0 };
    struct policy_history_html page = { .versions.row = NULL };
    struct error *e = sql_policy_version_list(r->db, r->arena, &list);

    if (!e)
        e = sql_policy_version_now(r->db, r->arena, r->now_at, &now);
    if (e && e->kind != ERROR_NOT_FOUND)
        return e;
    page.versions.row = arena_array(r->arena, list.count, sizeof *page.versions.row);
    for (size_t i = 0; i < list.count; i++)
        page.versions.row[i] = version_of(r, &list.row[i], now.number);
    page.versions.count = list.count;
    r->frame.title = "Versions of the policies";
    html_policy_history(&r->response.body, &r->frame, &page);
    return NULL;
}

/* ---- one version ---- */

static struct error *version_get(struct request *r, struct policy_version_get_row *out)
{
    int64_t number;

    if (!text_int(r->parameters[0], &number))
        return error_new(r->arena, ERROR_NOT_FOUND, "no such version");
    return sql_policy_version_get(r->db, r->arena, number, out);
}

/* Somebody who was here when it was announced, and has not acknowledged it or a later one. */
static struct error *acknowledge_fill(struct request *r, struct policy_version_html *page)
{
    struct policy_ack_last_row ack = { .version = 0 };
    struct error *e;

    if (!r->session || !r->session->person_id || !page->changes || page->withdrawn_at)
        return NULL;
    e = sql_policy_ack_last(r->db, r->arena, r->session->person_id, &ack);
    if (e && e->kind != ERROR_NOT_FOUND)
        return e;
    page->may_acknowledge = ack.version < page->number;
    page->acknowledged_at = page->may_acknowledge ? 0 : ack.at;
    return NULL;
}

static struct error *changes_fill(struct request *r, const char *body,
                                  struct policy_version_html *page)
{
    struct policy_version_before_row previous = { .number = 0 };
    struct policy_view_rows before = { .count = 0 }, after;
    struct error *e = policy_read(r->arena, body, &after);

    if (e || page->number == 1)
        return e;
    e = sql_policy_version_before(r->db, r->arena, page->number, &previous);
    if (!e)
        e = policy_read(r->arena, previous.body, &before);
    page->previous = previous.number;
    if (!e)
        page->documents = changes_of(r->arena, &before, &after);
    return e;
}

static struct error *version_write(struct request *r, const struct policy_version_get_row *version)
{
    struct policy_version_html page = {
        .number = version->number,
        .effective = date_plain(r->arena, version->effective_at),
        .effective_at = version->effective_at,
        .announced_at = version->announced_at,
        .changes = *version->changes ? version->changes : NULL,
        .withdrawn_at = version->withdrawn_at,
        .is_ahead = version->effective_at > r->now_at,
        .hash = crypto_hex(r->arena, version->hash.bytes, version->hash.length),
        .key_id = version->key_id,
    };
    struct error *e = changes_fill(r, version->body, &page);

    if (!e)
        e = acknowledge_fill(r, &page);
    if (e)
        return e;
    if (page.changes && !page.withdrawn_at)
        r->frame.policy_day = NULL; /* this page says so itself */
    r->frame.title =
        arena_printf(r->arena, "Version %lld of the policies", (long long)version->number);
    html_policy_version(&r->response.body, &r->frame, &page);
    return NULL;
}

struct error *policy_version_show(struct request *r)
{
    struct policy_version_get_row version;
    struct error *e = version_get(r, &version);

    return e ? e : version_write(r, &version);
}

struct error *policy_changes_show(struct request *r)
{
    struct policy_version_weakest_row last;
    struct policy_version_get_row version;
    struct error *e = sql_policy_version_weakest(r->db, r->arena, &last);

    if (!e)
        e = sql_policy_version_get(r->db, r->arena, last.number, &version);
    return e ? e : version_write(r, &version);
}

/* ---- for machines ---- */

struct error *policy_body_show(struct request *r)
{
    struct policy_version_get_row version;
    struct error *e = version_get(r, &version);

    if (e)
        return e;
    r->response.content_type = "application/json";
    buf_text(&r->response.body, version.body);
    return NULL;
}

struct error *policy_signature_show(struct request *r)
{
    struct policy_version_get_row version;
    struct error *e = version_get(r, &version);

    if (e)
        return e;
    r->response.content_type = "application/octet-stream";
    buf_bytes(&r->response.body, version.signature.bytes, version.signature.length);
    return NULL;
}

struct error *policy_keys_show(struct request *r)
{
    struct buf *body = &r->response.body;
    struct signing_key_list_rows keys;
    const char *pem;
    struct error *e = sql_signing_key_list(r->db, r->arena, &keys);

    if (e)
        return e;
    r->response.content_type = "application/json";
    buf_literal(body, "{\"keys\":[");
    for (size_t i = 0; !e && i < keys.count; i++) {
        e = json_quote(r->arena, signing_key_pem(r->arena, keys.row[i].public_key.bytes), &pem);
        buf_printf(body, "%s{\"id\":\"%s\",\"algorithm\":\"Ed25519\",\"since\":\"%s\",\"pem\":%s}",
                   i ? "," : "", keys.row[i].id, date_iso(r->arena, keys.row[i].since_at),
                   e ? "" : pem);
    }
    buf_literal(body, "]}\n");
    return e;
}
