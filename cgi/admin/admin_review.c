/*
 * "domicile-admin review": looks for what a review of a server's security looks for (packages with
 * known flaws, TLS and headers of the public address, the promises now), prints it, and stores it
 * as a signed record (model/review.h). With --verify it verifies such a record. Exits with 1 if
 * there is something to do.
 *
 * Packages are looked up by debsecan, which fetches Debian's list of flaws; it is not told which
 * packages are here.
 */
#include "admin/admin.h"

#include "adapter/json.h"
#include "adapter/subprocess.h"
#include "adapter/transfer.h"
#include "base/array.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/text.h"
#include "main_constants.sql.h"
#include "model/review.h"

#include "promise.sql.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ANSWER_MS = 20000, CONNECT_MS = 5000, SHOWN_FLAWS = 20 };

struct record {
    struct admin *admin;
    struct buf text; /* lines of JSON */
    struct error *problem;
};

/* States are those of promises: green, red, unknown. */
static void line_write(struct record *record, const char *kind, const char *state, const char *text)
{
    const struct json_field fields[] = {
        json_text("kind", kind),
        json_text("state", state),
        json_text("text", text),
    };
    struct admin *admin = record->admin;
    const char *line;
    struct error *e = json_object_write(admin->arena, fields, COUNT(fields), &line);

    if (e) {
        record->problem = e;
        return;
    }
    buf_printf(&record->text, "%s\n", line);
    if (admin->is_json)
        puts(line);
    else
        printf("%-7s  %-8s  %s\n", state, kind, text);
    if (strcmp(state, PROMISE_STATE_RED) == 0)
        admin->status = 1;
}

/* ---- packages ---- */

/* "bookworm"; NULL: not Debian. */
static const char *suite_name(struct arena *arena)
{
    static const char KEY[] = "VERSION_CODENAME=";
    FILE *file = fopen("/etc/os-release", "re");
    const char *found = NULL;
    char line[256];

    while (file && !found && fgets(line, sizeof line, file)) {
        if (text_starts(line, KEY))
            found = arena_copy_bytes(arena, line + sizeof KEY - 1,
                                     strcspn(line + sizeof KEY - 1, "\r\n"));
    }
    if (file)
        fclose(file);
    return found;
}

/* Flaws for which Debian has a newer package: what is not mended yet nobody here can mend. */
static void packages_review(struct record *record)
{
    struct arena *arena = record->admin->arena;
    const char *suite = suite_name(arena), *flaws = "";
    const char *const program[] = { "debsecan", "--help", NULL };
    const char *const arguments[] = { "timeout",  "120",     "debsecan",     "--suite", suite,
                                      "--format", "summary", "--only-fixed", NULL };
    struct error *e = command_run(arena, program);
    int64_t count = 0;

    if (!suite || e) {
        line_write(record, "packages", PROMISE_STATE_UNKNOWN,
                   "debsecan is not installed: apt install --no-install-recommends debsecan");
        return;
    }
    e = command_read(arena, arguments, &flaws);
    if (e) {
        line_write(record, "packages", PROMISE_STATE_UNKNOWN, e->text);
        return;
    }
    for (const char *at = flaws; *at;) {
        size_t length = strcspn(at, "\n");

        if (length && count++ < SHOWN_FLAWS)
            line_write(record, "packages", PROMISE_STATE_RED, arena_copy_bytes(arena, at, length));
        at += length + (at[length] == '\n');
    }
    if (count > SHOWN_FLAWS)
        line_write(
            record, "packages", PROMISE_STATE_RED,
            arena_printf(arena, "and %lld more: apt upgrade", (long long)(count - SHOWN_FLAWS)));
    if (count == 0)
        line_write(record, "packages", PROMISE_STATE_GREEN,
                   "no known flaw for which there is a newer package");
}

/* ---- the public address ---- */

static void header_take(void *listener, bool is_ours, const char *bytes, size_t size)
{
    struct buf *headers = listener;

    if (!is_ours && headers->length + size < 64 * 1024)
        buf_bytes(headers, bytes, size);
}

static int front_ask(struct admin *admin, const char *tls_version, struct buf *headers)
{
    static const char *const uncounted[] = { TRANSFER_UNCOUNTED };
    struct transfer transfer = {
        .headers = uncounted,
        .header_count = COUNT(uncounted),
        .url = arena_printf(admin->arena, "%s/", admin->config->public_url),
        .protocols = "https",
        .connect_ms = CONNECT_MS,
        .timeout_ms = ANSWER_MS,
        .is_unverified = true,
        .tls_version = tls_version,
        .listen = header_take,
        .listener = headers,
        .response_max = 1024 * 1024,
    };

    transfer_run(&transfer, admin->arena);
    return transfer.status;
}

/* The lines themselves; whether they are right is a promise. A cookie's value stays out. */
static void headers_write(struct record *record, const struct buf *headers)
{
    for (const char *at = headers->bytes; at && *at;) {
        size_t length = strcspn(at, "\r\n");
        const char *line = arena_copy_bytes(record->admin->arena, at, length);

        if (length && !text_starts(text_lower(record->admin->arena, line), "set-cookie"))
            line_write(record, "header", PROMISE_STATE_GREEN, line);
        at += length;
        at += strspn(at, "\r\n");
    }
}

static struct error *front_review(struct record *record)
{
    static const char *const versions[] = { "1.0", "1.1", "1.2", "1.3" };
    struct admin *admin = record->admin;
    struct buf headers = buf_new(admin->arena, 4096);

    if (!front_ask(admin, "1.3", &headers))
        return error_new(admin->arena, ERROR_UPSTREAM,
                         "this server cannot be reached at %s, so it cannot be reviewed; nothing "
                         "was stored",
                         admin->config->public_url);
    for (size_t i = 0; i < COUNT(versions); i++) {
        struct buf others = buf_new(admin->arena, 4096);
        bool is_accepted = front_ask(admin, versions[i], &others) != 0;
        bool is_wanted = i == 3 || (i == 2 && !admin->config->has_tls13_alone);

        line_write(record, "tls",
                   is_accepted == is_wanted ? PROMISE_STATE_GREEN : PROMISE_STATE_RED,
                   arena_printf(admin->arena, "TLS %s is %s", versions[i],
                                is_accepted ? "accepted" : "refused"));
    }
    headers_write(record, &headers);
    return NULL;
}

/* ---- the promises ---- */

/* All but that there is such a record. */
static struct error *promises_review(struct record *record)
{
    struct admin *admin = record->admin;
    struct promise_list_rows rows;
    struct error *e = admin_promises_measure(admin, NULL);

    if (!e)
        e = sql_promise_list(admin->db, admin->arena, clock_now(), &rows);
    for (size_t i = 0; !e && i < rows.count; i++) {
        const struct promise_list_row *promise = &rows.row[i];

        if (strcmp(promise->id, "review") != 0)
            line_write(record, "promise", promise->state,
                       arena_printf(admin->arena, "%s: %s %s", promise->id, promise->sentence,
                                    promise->evidence));
    }
    return e;
}

/* ---- the record ---- */

static struct error *head_write(struct record *record, int64_t now_at)
{
    struct admin *admin = record->admin;
    const struct json_field fields[] = {
        json_text("review_at", date_iso(admin->arena, now_at)),
        json_text("server", admin->config->public_url),
        json_text("profile", admin->config->profile),
    };
    const char *line;
    struct error *e = json_object_write(admin->arena, fields, COUNT(fields), &line);

    if (!e)
        buf_printf(&record->text, "%s\n", line);
    return e;
}

static struct error *verify(struct admin *admin)
{
    struct review review;
    const char *own;
    struct error *e = review_read(admin->arena, admin->verify, &review);

    if (e)
        return e;
    if (!review.at) {
        puts("FAIL  this is no review, or it has been changed since it was signed");
        admin->status = 1;
        return NULL;
    }
    e = review_key(admin->arena, admin->state_dir, &own);
    if (e)
        return e;
    admin->status = strcmp(own, review.key) != 0;
    printf("%s  a review of %s, signed by %s %s\n", admin->status ? "FAIL" : "ok  ",
           date_iso(admin->arena, review.at),
           admin->status ? "another server, with" : "this server,", review.key);
    return NULL;
}

struct error *admin_review(struct admin *admin)
{
    struct record record = { .admin = admin, .text = buf_new(admin->arena, 16 * 1024) };
    int64_t now_at = clock_now();
    const char *text;
    struct error *e;

    if (admin->verify)
        return verify(admin);
    e = review_key(admin->arena, admin->state_dir, &text); /* before all the work */
    if (!e)
        e = head_write(&record, now_at);
    if (!e)
        e = promises_review(&record);
    if (!e)
        e = front_review(&record);
    if (e)
        return e;
    packages_review(&record);
    e = record.problem ? record.problem
                       : review_sign(admin->arena, admin->state_dir, record.text.bytes, &text);
    if (!e)
        e = review_store(admin->arena, admin->state_dir, now_at, text);
    if (!e)
        e = admin_promises_measure(admin, "review");
    if (!e)
        e = admin_note(admin, AUDIT_REVIEW, NULL, 0);
    if (!e && !admin->is_json)
        printf("stored as %s/reviews/%s\n", admin->state_dir, date_iso(admin->arena, now_at));
    return e;
}
