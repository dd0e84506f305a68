/* cloud-init user data; see user_data.h. */
#include "model/user_data.h"

#include "base/array.h"
#include "base/limit.h"
#include "model/audit.h"
#include "model/label.h"
#include "model/private_key.h"
#include "model/provider_key.h"
#include "vm_user_data.sql.h"

#include <string.h>
#include <strings.h>

/* cloud-init looks for "MIME-Version:" no further. */
enum { MIME_HEAD_BYTES = 4096 };

/* What cloud-init recognizes a text by, whatever its case. */
static const char *const beginnings[] = { "#cloud-config", "#!",
                                          "#include",      "#cloud-boothook",
                                          "#part-handler", "## template: jinja" };

static const char MULTIPART[] = "content-type: multipart/", MIME[] = "mime-version:";

static struct error *refuse(struct arena *arena, const char *code, const char *message)
{
    return error_refuse(arena, ERROR_INPUT, code, "user_data", "%s", message);
}

static bool starts_with(const char *text, const char *start)
{
    return strncasecmp(text, start, strlen(start)) == 0;
}

/* Forms send "\r\n"; no script runs with that. */
static const char *lines_of(struct arena *arena, const char *text)
{
    char *out = arena_copy(arena, text + strspn(text, " \t\r\n")), *to = out;

    for (const char *at = out; *at; at++) {
        if (*at != '\r' || at[1] != '\n')
            *to++ = *at;
    }
    *to = '\0';
    return out;
}

static struct error *multipart_check(struct arena *arena, const char *text)
{
    const char *head = arena_copy_bytes(arena, text, strnlen(text, MIME_HEAD_BYTES));
    const char *body = strstr(head, "\n\n");

    if (!strcasestr(head, MIME))
        return refuse(arena, "user_data_format",
                      "Add the line MIME-Version: 1.0 below Content-Type. Without it, cloud-init "
                      "ignores all parts.");
    if (!body || !strcasestr(head, "boundary="))
        return refuse(arena, "user_data_format",
                      "A multipart text needs a boundary in its Content-Type, and an empty line "
                      "before its first part.");
    return NULL;
}

static struct error *format_check(struct arena *arena, const char *text)
{
    if (starts_with(text, MULTIPART) || (starts_with(text, MIME) && strcasestr(text, MULTIPART)))
        return multipart_check(arena, text);
    for (size_t i = 0; i < COUNT(beginnings); i++) {
        if (starts_with(text, beginnings[i]))
            return NULL;
    }
    if (starts_with(text, "# cloud-config") || starts_with(text, "cloud-config"))
        return refuse(arena, "user_data_format",
                      "Write the first line as #cloud-config, without a space. Otherwise "
                      "cloud-init ignores it all.");
    return refuse(arena, "user_data_format",
                  "Begin with #cloud-config for YAML, with #! and a program for a script, like "
                  "#!/bin/sh, or with Content-Type: multipart/mixed for several parts, as plain "
                  "text. cloud-init ignores anything else.");
}

struct error *user_data_read(struct arena *arena, const char *text, const char **out)
{
    const char *lines = lines_of(arena, text);
    size_t length = strlen(lines);

    *out = NULL;
    if (!length)
        return NULL;
    if (private_key_is_among(lines, length, NULL))
        return refuse(arena, USER_DATA_SECRET, LABEL_IS_PRIVATE);
    if (provider_key_is_in(lines))
        return refuse(arena, USER_DATA_SECRET, LABEL_IS_API_KEY);
    if (length > LIMIT_USER_DATA_BYTES)
        return error_refuse(
            arena, ERROR_INPUT, "user_data_long", "user_data",
            "User data can have at most %d KB; this has %zu KB. Have it download what is large.",
            LIMIT_USER_DATA_BYTES / 1024, (length + 1023) / 1024);
    *out = lines;
    return format_check(arena, lines);
}

struct error *user_data_store(const struct context *context, int64_t team_id, int64_t person_id,
                              const char *vm_id, const char *text)
{
    struct error *e =
        sql_vm_user_data_put(context->db, context->arena, team_id, vm_id, text, context->now_at);

    if (!e)
        e = sql_vm_user_data_note(context->db, context->arena, team_id, vm_id);
    return e ? e
             : audit_add(context, &(struct audit_entry){ .team_id = team_id,
                                                         .action = AUDIT_VM_USER_DATA,
                                                         .vm_id = vm_id,
                                                         .person_id = person_id });
}
