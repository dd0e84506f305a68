/* Keys from GitHub; see ssh_key_import.h. */
#include "model/ssh_key_import.h"

#include "base/buf.h"
#include "base/limit.h"
#include "model/label.h"

#include <string.h>

static const char FIELD[] = "github_user";

/* What is in the lines. */
struct reading {
    struct arena *arena;
    struct ssh_key taken[LIMIT_IMPORTED_KEYS];
    size_t taken_count;
    size_t place;   /* of the present line, from 1 */
    size_t skipped; /* usable ones beyond the limit */
    /* Those refused for one reason, which follow each other. */
    const char *reason;
    size_t refused_from, refused_to;
    struct buf refusals; /* a sentence for each such row of lines */
};

static void refusals_end(struct reading *reading)
{
    if (!reading->reason)
        return;
    if (reading->refused_from == reading->refused_to)
        buf_printf(&reading->refusals, " Key %zu was not imported: %s", reading->refused_from,
                   reading->reason);
    else
        buf_printf(&reading->refusals, " Keys %zu to %zu were not imported: %s",
                   reading->refused_from, reading->refused_to, reading->reason);
    reading->reason = NULL;
}

static void line_refuse(struct reading *reading, const char *reason)
{
    if (reading->reason != reason) {
        refusals_end(reading);
        reading->refused_from = reading->place;
    }
    reading->reason = reason;
    reading->refused_to = reading->place;
}

static void line_take(struct reading *reading, const char *line)
{
    struct ssh_key key;
    const char *reason = ssh_key_looks_private(reading->arena, line, strlen(line))
                             ? LABEL_IS_PRIVATE
                             : ssh_key_line_read(reading->arena, line, &key);

    reading->place++;
    if (reason) {
        line_refuse(reading, reason);
        return;
    }
    refusals_end(reading);
    if (reading->taken_count < LIMIT_IMPORTED_KEYS)
        reading->taken[reading->taken_count++] = key;
    else
        reading->skipped++;
}

static void lines_read(struct reading *reading, const char *lines)
{
    while (*lines) {
        size_t length = strcspn(lines, "\r\n");

        if (length)
            line_take(reading, arena_copy_bytes(reading->arena, lines, length));
        lines += length;
        lines += strspn(lines, "\r\n");
    }
    refusals_end(reading);
    if (reading->skipped)
        buf_printf(&reading->refusals, " %zu more %s not imported: at most %d at once.",
                   reading->skipped, reading->skipped == 1 ? "was" : "were", LIMIT_IMPORTED_KEYS);
}

/* "3 keys imported from GitHub." */
static const char *note_of(const struct reading *reading, const char *user,
                           const struct ssh_keys_imported *imported)
{
    size_t known = 0, fresh;
    const char *text;

    for (size_t i = 0; i < imported->count; i++)
        known += imported->row[i].is_known;
    fresh = imported->count - known;
    if (!fresh)
        text =
            arena_printf(reading->arena, "Your team already has the keys of %s at GitHub.", user);
    else
        text = arena_printf(reading->arena, "%zu key%s of %s imported from GitHub%s.", fresh,
                            fresh == 1 ? "" : "s", user,
                            known ? "; the others were already there" : "");
    return arena_printf(reading->arena, "%s%s", text,
                        reading->refusals.length ? reading->refusals.bytes : "");
}

struct error *ssh_keys_import(const struct context *context, const struct actor *actor,
                              const char *user, const char *lines, struct ssh_keys_imported *out)
{
    struct arena *arena = context->arena;
    struct reading *reading = arena_alloc(arena, sizeof *reading);
    struct ssh_keys keys = { .key = reading->taken };
    struct error *e;

    reading->arena = arena;
    reading->refusals = buf_new(arena, 256);
    lines_read(reading, lines);
    if (!reading->place)
        return error_refuse(arena, ERROR_INPUT, "no_keys", FIELD,
                            "%s has no public keys at GitHub. Add one there, or paste a key here.",
                            user);
    if (!reading->taken_count)
        return error_refuse(arena, ERROR_INPUT, "invalid_key", FIELD,
                            "No key of %s at GitHub can be used.%s", user, reading->refusals.bytes);
    *out = (struct ssh_keys_imported){ .count = reading->taken_count };
    keys.count = reading->taken_count;
    e = ssh_keys_store(context, actor, &keys, arena_printf(arena, "%s@github", user), NULL,
                       &out->row);
    if (e && e->message)
        e->field = FIELD;
    if (!e)
        out->note = note_of(reading, user, out);
    return e;
}
