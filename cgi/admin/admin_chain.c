/*
 * "verify-chain": a chain that was downloaded; "chain": the operator's own. See model/audit_file.h.
 */
#include "admin/admin.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/limit.h"
#include "model/audit_file.h"
#include "signing_key.sql.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The standard input is kept in a file, because it is read twice: as far as it is lines, and no
 * further than LIMIT_AUDIT_INPUT_BYTES. */
static struct error *input_copy(struct arena *arena, FILE *file)
{
    char *text = arena_alloc(arena, LIMIT_AUDIT_LINE_BYTES);
    int64_t bytes = 0;
    bool is_end = false;

    while (!is_end) {
        struct error *e = audit_file_line(arena, stdin, text, &is_end);

        if (e)
            return error_in(arena, e, "standard input");
        if (!is_end)
            bytes += fprintf(file, "%s\n", text);
        if (bytes > LIMIT_AUDIT_INPUT_BYTES)
            return error_new(arena, ERROR_INPUT, "standard input: it is too long for a chain");
        if (ferror(file))
            return error_new(arena, ERROR_UNAVAILABLE, "a temporary file: %m");
    }
    rewind(file);
    return NULL;
}

/* "-" is the standard input; cgi/admin.sh may run as a user who cannot open the caller's files. */
static struct error *file_open(struct arena *arena, const char *name, FILE **out)
{
    struct stat status;
    int file;

    if (strcmp(name, "-") == 0)
        return (*out = tmpfile()) ? input_copy(arena, *out)
                                  : error_new(arena, ERROR_UNAVAILABLE, "a temporary file: %m");
    file = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* without waiting for a FIFO's writer */
    if (file < 0)
        return error_new(arena, ERROR_INPUT, "%s: %m", name);
    if (fstat(file, &status) < 0 || !S_ISREG(status.st_mode)) {
        close(file);
        return error_new(arena, ERROR_INPUT, "%s: not a file", name);
    }
    *out = fdopen(file, "r");
    return *out ? NULL : error_new(arena, ERROR_UNAVAILABLE, "%s: %m", name);
}

static struct error *key_find(struct admin *admin, const char *key, bool *is_own)
{
    struct signing_key_list_rows keys;
    struct error *e = sql_signing_key_list(admin->db, admin->arena, &keys);

    *is_own = false;
    for (size_t i = 0; !e && i < keys.count; i++)
        *is_own |= strcmp(crypto_base64(admin->arena, keys.row[i].public_key.bytes,
                                        keys.row[i].public_key.length),
                          key) == 0;
    return e;
}

static void places_print(const struct audit_file *found)
{
    printf("ok    %lld entries of team %lld behind place %lld, of which %lld were deleted by age\n",
           (long long)found->places, (long long)found->team_id, (long long)found->after,
           (long long)found->erased);
}

static void signature_print(struct admin *admin, const struct audit_file *found)
{
    if (found->head_seq > found->last_seq)
        printf("note  signed at place %lld, which is in a later part: verify all parts as one\n",
               (long long)found->head_seq);
    else if (found->head_seq)
        printf("ok    %lld of them signed at place %lld on %s by this server, with %s\n",
               (long long)(found->places - found->unproven), (long long)found->head_seq,
               date_iso(admin->arena, found->head_at), found->key);
    else
        puts("note  no end of it has been signed yet");
}

static struct error *unproven_print(struct admin *admin, const struct audit_file *found)
{
    const struct context now = context_at(admin->db, admin->arena, admin->config, clock_now_ms());
    long long unproven = (long long)found->unproven;
    enum audit_known known;
    struct error *e = audit_file_compare(&now, found, &known);

    if (e)
        return e;
    if (known == AUDIT_KNOWN) {
        printf("ok    %lld entries not yet signed are those in this server's database\n", unproven);
    } else if (known == AUDIT_DIFFERENT) {
        printf("FAIL  %lld entries not yet signed are not those in this server's database\n",
               unproven);
        admin->status = 1;
    } else {
        printf("OPEN  %lld entries not yet signed, and not in this server's database: not proven\n",
               unproven);
        admin->status = 3;
    }
    return NULL;
}

static struct error *found_print(struct admin *admin, const struct audit_file *found)
{
    struct error *e = NULL;

    places_print(found);
    signature_print(admin, found);
    if (found->unproven)
        e = unproven_print(admin, found);
    if (!e && found->more_after)
        printf("note  this is a part; the next one begins after place %lld\n",
               (long long)found->more_after);
    return e;
}

struct error *admin_chain(struct admin *admin)
{
    const struct context now = context_at(admin->db, admin->arena, admin->config, clock_now_ms());
    struct buf text = buf_new(admin->arena, LIMIT_AUDIT_FILE_BYTES);
    struct error *e = db_read(admin->db, admin->arena);

    if (!e)
        e = audit_file_write(&now, AUDIT_OPERATOR, NULL, 0, SIZE_MAX, &text);
    if (!e)
        fputs(text.bytes, stdout);
    return e;
}

struct error *admin_verify_chain(struct admin *admin)
{
    FILE *file = NULL;
    struct audit_file found;
    bool is_own = true;
    struct error *e = file_open(admin->arena, admin->argument, &file);

    if (e)
        return e;
    audit_file_verify(admin->arena, file, &found);
    fclose(file);
    if (!found.problem && found.key)
        e = key_find(admin, found.key, &is_own);
    admin->status = found.problem || !is_own;
    if (found.problem)
        printf("FAIL  line %lld: %s\n", (long long)found.line, found.problem);
    else if (!e && !is_own)
        printf("FAIL  signed by another server, with %s\n", found.key);
    else if (!e)
        e = found_print(admin, &found);
    return e;
}
