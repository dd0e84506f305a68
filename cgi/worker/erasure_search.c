/* The search of a deletion: what it looks for, the log, the files; see erasure.h. */
#include "adapter/json.h"
#include "adapter/subprocess.h"
#include "base/buf.h"
#include "base/date.h"
#include "base/html.h"
#include "base/limit.h"
#include "base/text.h"
#include "model/byte_print.h"
#include "model/erasure_print.h"
#include "worker/erasure_step.h"

#include <string.h>

enum { TEXTS = 10000 }; /* of others, that are read at once */

/* ---- what will be looked for ---- */

struct error *erasure_prints_take(struct erasure_work *work)
{
    struct erasure_strings_rows strings;
    const unsigned char *salt;
    struct error *e = erasure_print_begin(&work->now, work->row.id, &salt);

    if (!e)
        e = sql_erasure_strings(work->now.db, work->now.arena, work->row.id, &strings);
    for (size_t i = 0; !e && i < strings.count; i++)
        e = erasure_print_add(&work->now, work->row.id, salt, strings.row[i].text);
    return e;
}

static bool is_key(const struct erasure_work *work)
{
    return strcmp(work->row.subject, ERASURE_SUBJECT_KEY) == 0;
}

/* ---- the log ---- */

struct error *erasure_log(struct erasure_work *work)
{
    const char *words = "SQLite: log truncated";
    struct error *e = NULL;
    bool is_empty;

    /* For a key not before the search has found something. */
    if (work->is_found || !is_key(work)) {
        words = "SQLite: database written anew, log truncated";
        e = db_compact(work->now.db, work->now.arena);
    }

    /* Too large for that; the search tells whether something is left. */
    if (e && e->kind == ERROR_INPUT) {
        words = "SQLite: log truncated";
        e = NULL;
    }
    if (!e)
        e = db_log_empty(work->now.db, work->now.arena, &is_empty);
    if (e)
        return e;
    work->is_done = is_empty;
    work->answer = is_empty ? words : "SQLite: busy";
    return NULL;
}

/* ---- the search ---- */

static struct error *prints_read(struct erasure_work *work, struct byte_prints **out)
{
    struct arena *arena = work->now.arena;
    struct erasure_prints_rows rows;
    struct error *e = sql_erasure_prints(work->now.db, arena, work->row.id, &rows);
    struct byte_print *prints;

    if (e)
        return e;
    if (work->row.salt.length != BYTE_PRINT_SALT_BYTES)
        return error_new(arena, ERROR_INTERNAL, "the salt of the search is lost");
    prints = arena_array(arena, rows.count, sizeof *prints);
    for (size_t i = 0; i < rows.count; i++) {
        prints[i].head = (uint32_t)rows.row[i].head;
        prints[i].length = rows.row[i].length;
        memcpy(prints[i].hash, rows.row[i].hash.bytes, sizeof prints[i].hash);
    }
    *out = byte_prints_new(arena, work->row.salt.bytes, prints, rows.count);
    return NULL;
}

/*
 * Somebody may have the same address, name or key by now: what stands in the rows of others is
 * theirs. `*out_count` is how many texts are no longer looked for.
 */
static struct error *retaken_drop(struct erasure_work *work, struct byte_prints *prints,
                                  int64_t *out_count)
{
    struct arena *arena = arena_new(LIMIT_JOB_ARENA_BYTES);
    struct erasure_texts_rows texts = { .count = TEXTS };
    struct buf encoded = buf_new(arena, 256);
    const char *after = "";
    struct error *e = NULL;

    *out_count = 0;
    while (!e && texts.count == TEXTS) {
        e = sql_erasure_texts(work->now.db, arena, after, TEXTS, &texts);
        for (size_t i = 0; !e && i < texts.count; i++) {
            const char *text = texts.row[i].text;

            encoded.length = 0;
            html_url_part(&encoded, text);
            *out_count += byte_prints_drop(prints, text, strlen(text));
            byte_prints_drop(prints, encoded.bytes, encoded.length);
            after = text;
        }
        if (e)
            e = error_new(work->now.arena, e->kind, "%s", e->text);
        after = arena_copy(work->now.arena, after);
        arena_reset(arena);
        encoded = buf_new(arena, 256);
    }
    arena_free(arena);
    return e;
}

/* Standard input of helper/state_find.c. */
static void prints_write(struct erasure_work *work, const struct byte_prints *prints,
                         struct buf *out)
{
    struct arena *arena = work->now.arena;
    size_t count;
    const struct byte_print *list = byte_prints_list(prints, &count);

    buf_printf(out, "%s\n", crypto_hex(arena, work->row.salt.bytes, work->row.salt.length));
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "%llx %lld %s\n", (long long)list[i].head, (long long)list[i].length,
                   crypto_hex(arena, list[i].hash, sizeof list[i].hash));
}

static struct error *find(struct erasure_work *work, const struct byte_prints *prints,
                          const struct json **out)
{
    struct arena *arena = work->now.arena;
    const char *const arguments[] = {
        command_beside(arena, "state_find"), work->now.config->state_dir,
        arena_printf(arena, "%.10s", date_iso(arena, work->now.now_at)), NULL
    };
    struct buf input = buf_new(arena, 4096);
    const char *text;
    struct error *e;

    prints_write(work, prints, &input);
    e = command_ask(arena, arguments, input.bytes, &text);
    return e ? e : json_read(arena, text, strlen(text), out);
}

/* What was found may be somebody else's by now. */
static struct error *find_all(struct erasure_work *work, const struct json **out,
                              int64_t *out_retaken)
{
    struct byte_prints *prints;
    struct error *e = prints_read(work, &prints);

    *out_retaken = 0;
    if (!e)
        e = find(work, prints, out);
    if (e || !json_number_at(*out, "found"))
        return e;
    e = retaken_drop(work, prints, out_retaken);
    return e || !*out_retaken ? e : find(work, prints, out);
}

static const char *retaken_words(struct arena *arena, int64_t retaken)
{
    return retaken == 0   ? ""
           : retaken == 1 ? "; 1 string is in use by someone else again"
                          : arena_printf(arena, "; %lld strings are in use by someone else again",
                                         (long long)retaken);
}

/* What the server writes there may have the same words; it has no names, and goes with its day. */
static const char *logged_words(const struct erasure_work *work, int64_t logged)
{
    struct arena *arena = work->now.arena;

    return !logged ? ""
                   : arena_printf(arena, "; %lld in the log of %s, which is deleted after %s",
                                  (long long)logged, date_day(arena, work->now.now_at),
                                  text_counted(arena, work->now.config->log_days, "day"));
}

/* Of a key, not how many texts: that would say whether somebody else has the key too. */
static const char *answer_of(const struct erasure_work *work, const struct json *reply,
                             int64_t retaken)
{
    struct arena *arena = work->now.arena;
    const char *logged = logged_words(work, json_number_at(reply, "logged"));
    const char *files = arena_printf(arena, "%s, %lld kB read, %lld found",
                                     text_counted(arena, json_number_at(reply, "files"), "file"),
                                     (long long)json_number_at(reply, "bytes") / 1000,
                                     (long long)json_number_at(reply, "found"));

    /* The records of VMs that were made with it keep it; the page before said so. */
    if (is_key(work))
        return arena_printf(arena, "%s outside the records of VMs%s", files, logged);
    return arena_printf(arena, "%s, %s%s%s",
                        text_counted(arena, json_number_at(reply, "texts"), "string"), files,
                        retaken_words(arena, retaken), logged);
}

struct error *erasure_search(struct erasure_work *work)
{
    struct arena *arena = work->now.arena;
    const struct json *reply;
    int64_t retaken;
    struct error *e = sql_erasure_get(work->now.db, arena, work->row.id, &work->row);

    if (!e)
        e = find_all(work, &reply, &retaken);
    if (e)
        return e;
    if (json_number_at(reply, "unread"))
        return error_new(arena, ERROR_INTERNAL, "%s could not be read",
                         text_counted(arena, json_number_at(reply, "unread"), "file"));
    work->answer = answer_of(work, reply, retaken);
    work->is_done = json_number_at(reply, "found") == 0;
    if (work->is_done)
        return NULL;
    work->is_found = true;
    /* It may be in a part of a file that nothing refers to any more: the next attempt will tell. */
    e = erasure_log(work);
    work->is_done = false;
    return e ? e
             : error_new(arena, ERROR_CONFLICT, "%lld found, as in %s",
                         (long long)json_number_at(reply, "found"), json_get_text(reply, "path"));
}
