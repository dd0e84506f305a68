/* Projects, tags and notes of VMs; see vm_labels.h. */
#include "model/vm_labels.h"

#include "base/array.h"
#include "base/buf.h"
#include "base/limit.h"
#include "base/text.h"
#include "model/audit.h"
#include "model/label.h"
#include "model/provider_key.h"
#include "model/restriction.h"
#include "model/ssh_key.h"
#include "vm.sql.h"

#include <stdlib.h>
#include <string.h>

static const char BETWEEN[] = " ,\t\r\n";
static const char TAG_LETTERS[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";

/* ---- what is typed ---- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *tag_problem(struct arena *arena, const char *tag)
{
    size_t length = strlen(tag);

    if (!length || strspn(tag, TAG_LETTERS) != length)
        return "Tags have letters, digits, hyphens, dots and underscores.";
    if (length > LIMIT_TAG_BYTES)
        return arena_printf(arena, "A tag has at most %d characters.", LIMIT_TAG_BYTES);
    return NULL;
}

static const char *tags_join(struct arena *arena, const char **tags, size_t count)
{
    struct buf text = buf_new(arena, 256);

    qsort(tags, count, sizeof *tags, by_text);
    for (size_t i = 0; i < count; i++) {
        if (i && strcmp(tags[i - 1], tags[i]) == 0)
            continue;
        buf_text(&text, i ? " " : "");
        buf_text(&text, tags[i]);
    }
    return count ? text.bytes : NULL;
}

const char *vm_tags_read(struct arena *arena, const char *typed, const char **out)
{
    const char *tags[LIMIT_TAGS], *problem = NULL;
    size_t count = 0;

    *out = NULL;
    if (provider_key_is_in(typed))
        return LABEL_IS_API_KEY;
    typed = text_lower(arena, typed);
    for (typed += strspn(typed, BETWEEN); *typed && !problem; typed += strspn(typed, BETWEEN)) {
        size_t length = strcspn(typed, BETWEEN);
        const char *tag = arena_copy_bytes(arena, typed, length);

        typed += length;
        tag += *tag == '#'; /* as lists show it */
        problem = tag_problem(arena, tag);
        if (!problem && count == LIMIT_TAGS)
            problem = arena_printf(arena, "A VM has at most %d tags.", LIMIT_TAGS);
        if (!problem)
            tags[count++] = tag;
    }
    if (!problem)
        *out = tags_join(arena, tags, count);
    return problem;
}

const char *vm_note_read(struct arena *arena, const char *typed, const char **out)
{
    const char *text = text_lines(arena, typed);
    size_t length = text_length(text);

    *out = NULL;
    if (ssh_key_looks_private(arena, text, strlen(text)))
        return LABEL_IS_PRIVATE;
    if (provider_key_is_in(text))
        return LABEL_IS_API_KEY;
    if (length > LIMIT_NOTE_CHARACTERS)
        return arena_printf(arena, "At most %d characters, please; this has %zu.",
                            LIMIT_NOTE_CHARACTERS, length);
    if (!text_is_lines(text))
        return "Plain text without invisible characters, please.";
    *out = length ? text : NULL;
    return NULL;
}

/* ---- finding ---- */

static bool has_tag(const char *tags, const char *tag)
{
    size_t length = strlen(tag);

    for (const char *at = tags; length && (at = strstr(at, tag)) != NULL; at++) {
        if ((at == tags || at[-1] == ' ') && (!at[length] || at[length] == ' '))
            return true;
    }
    return false;
}

bool vm_labels_match(struct arena *arena, const char *project, const char *tags, const char *search)
{
    if (*search == '#')
        return tags && has_tag(tags, search + 1);
    return (tags && strstr(tags, search)) ||
           (project && strstr(text_lower(arena, project), search));
}

/* ---- writing ---- */

static bool is_same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* "Project, Tags": which of them. */
static const char *changes_of(struct arena *arena, const struct vm_get_row *vm,
                              const struct vm_labels *labels)
{
    const struct {
        const char *name;
        bool is_same;
    } parts[] = {
        { "Project", is_same(vm->project, labels->project) },
        { "Tags", is_same(vm->tags, labels->tags) },
        { "Note", is_same(vm->note, labels->note) },
    };
    const char *text = NULL;

    for (size_t i = 0; i < COUNT(parts); i++) {
        if (!parts[i].is_same)
            text = text ? arena_printf(arena, "%s, %s", text, parts[i].name) : parts[i].name;
    }
    return text;
}

struct error *vm_labels_set(const struct context *context, const struct actor *actor,
                            const char *id, const struct vm_labels *labels)
{
    struct vm_get_row vm;
    const char *changes;
    struct error *e = sql_vm_get(context->db, context->arena, actor->team_id, id, &vm);

    if (!e && vm.gone_at)
        e = error_new(context->arena, ERROR_CONFLICT, "vm %s is gone", id);
    if (!e)
        e = restriction_check(context, actor);
    if (e)
        return e;
    changes = changes_of(context->arena, &vm, labels);
    if (!changes)
        return NULL;
    e = sql_vm_set_labels(context->db, context->arena, actor->team_id, id, labels->project,
                          labels->tags, labels->note);
    return e ? e
             : audit_add(context, &(struct audit_entry){
                                      .team_id = actor->team_id,
                                      .action = AUDIT_VM_LABELS,
                                      .vm_id = id,
                                      .detail = changes,
                                      .person_id = actor->person_id,
                                  });
}
