/*
 * "verify-chain": a chain that was downloaded; "chain": the operator's own. See model/audit_file.h.
 */
#include "admin/admin.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/limit.h"
#include "model/audit_file.h"
#include "signing_key.sql.h"

#include <stdio.h>
#include <string.h>

/* "-" is the standard input, kept in a file because it is read twice; cgi/admin.sh may run as a
 * user who cannot open the caller's files. */
static FILE *file_open(const char *name)
{
    char bytes[4096];
    FILE *file = strcmp(name, "-") == 0 ? tmpfile() : fopen(name, "re");
    size_t length;

    if (!file || strcmp(name, "-") != 0)
        return file;
    while ((length = fread(bytes, 1, sizeof bytes, stdin)))
        fwrite(bytes, 1, length, file);
    rewind(file);
    return file;
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

static void found_print(struct admin *admin, const struct audit_file *found)
{
    printf("ok    %lld entries of team %lld behind place %lld, of which %lld were deleted by age\n",
           (long long)found->places, (long long)found->team_id, (long long)found->after,
           (long long)found->erased);
    if (found->head_seq)
        printf("ok    signed at place %lld on %s by this server, with %s\n",
               (long long)found->head_seq, date_iso(admin->arena, found->head_at), found->key);
    else
        puts("note  no end of it has been signed yet");
    if (found->more_after)
        printf("note  this is a part; the next one begins after place %lld\n",
               (long long)found->more_after);
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
    FILE *file = file_open(admin->argument);
    struct audit_file found;
    bool is_own = true;
    struct error *e = NULL;

    if (!file)
        return error_new(admin->arena, ERROR_INPUT, "%s: %m", admin->argument);
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
        found_print(admin, &found);
    return e;
}
