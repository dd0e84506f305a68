/* What a VM may reach; see vm_internet.h. */
#include "model/vm_internet.h"

#include "adapter/idn.h"
#include "base/array.h"
#include "base/buf.h"
#include "base/limit.h"
#include "base/text.h"
#include "model/audit.h"
#include "model/restriction.h"
#include "vm.sql.h"

#include <stdlib.h>
#include <string.h>

#define BETWEEN " \t\r\n,;"

/* ---- reading ---- */

static struct error *refuse(struct arena *arena, const char *message)
{
    return error_refuse(arena, ERROR_INPUT, "bad_names", "internet_names", "%s", message);
}

/* Of "https://github.com/path", "*.github.com" and "github.com." the host. */
static const char *host_of(struct arena *arena, const char *typed)
{
    const char *scheme = strstr(typed, "://");
    const char *start = scheme ? scheme + strlen("://") : typed;

    start += text_starts(start, "*.") ? strlen("*.") : 0;
    return arena_copy_bytes(arena, start, strcspn(start, "/"));
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *joined(struct arena *arena, const char **names, size_t count)
{
    struct buf buf = buf_new(arena, 256);

    qsort(names, count, sizeof *names, by_text);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || strcmp(names[i], names[i - 1]) != 0)
            buf_printf(&buf, "%s%s", buf.length ? " " : "", names[i]);
    }
    return buf.bytes;
}

static struct error *names_read(struct arena *arena, const char *typed, const char **out)
{
    const char *names[LIMIT_INTERNET_NAMES];
    char *rest = arena_copy(arena, typed), *word;
    size_t count = 0;

    while ((word = strtok_r(rest, BETWEEN, &rest))) {
        const char *name = idn_domain(arena, host_of(arena, word));

        if (count == COUNT(names))
            return refuse(arena,
                          arena_printf(arena, "Enter at most %d names.", LIMIT_INTERNET_NAMES));
        if (!name)
            return refuse(arena,
                          arena_printf(arena,
                                       "“%s” is not a domain name. Enter names like github.com; "
                                       "addresses cannot be listed.",
                                       word));
        names[count++] = name;
    }
    if (!count)
        return refuse(arena, "Enter the names that the VM may reach, or choose “Off”.");
    *out = joined(arena, names, count);
    return NULL;
}

struct error *vm_internet_read(struct arena *arena, const char *mode, const char *typed,
                               struct vm_internet *out)
{
    static const char *const modes[] = { VM_INTERNET_ON, VM_INTERNET_NAMES, VM_INTERNET_OFF };

    *out = (struct vm_internet){ .mode = NULL };
    for (size_t i = 0; i < COUNT(modes) && !out->mode; i++)
        out->mode = strcmp(mode, modes[i]) == 0 ? modes[i] : NULL;
    if (!out->mode)
        return error_refuse(arena, ERROR_INPUT, "bad_internet", "internet",
                            "Choose one from the list.");
    return strcmp(out->mode, VM_INTERNET_NAMES) == 0 ? names_read(arena, typed, &out->names) : NULL;
}

/* ---- saying it ---- */

const char *vm_internet_line(struct arena *arena, const char *mode, const char *names)
{
    return names ? arena_printf(arena, "%s %s", mode, names) : mode;
}

const char *vm_internet_words(struct arena *arena, const char *mode, const char *names)
{
    size_t count = 1;

    if (strcmp(mode, VM_INTERNET_NAMES) != 0 || !names)
        return strcmp(mode, VM_INTERNET_OFF) == 0 ? "Off" : "On";
    for (const char *at = names; (at = strchr(at, ' ')); at++)
        count++;
    return count == 1 ? arena_printf(arena, "Only %s", names)
                      : arena_printf(arena, "Only %zu names", count);
}

/* ---- choosing ---- */

static bool is_same(const struct vm_get_row *vm, const struct vm_internet *wanted)
{
    return strcmp(vm->internet, wanted->mode) == 0 &&
           strcmp(vm->internet_names ? vm->internet_names : "",
                  wanted->names ? wanted->names : "") == 0;
}

struct error *vm_internet_change(const struct context *context, const struct actor *actor,
                                 const char *id, const struct vm_internet *wanted)
{
    struct arena *arena = context->arena;
    struct vm_get_row vm;
    struct error *e = sql_vm_get(context->db, arena, actor->team_id, id, &vm);

    if (!e && vm.gone_at)
        return error_new(arena, ERROR_CONFLICT, "vm %s is gone", id);
    /* Less is always allowed. */
    if (!e && strcmp(wanted->mode, VM_INTERNET_OFF) != 0)
        e = restriction_check(context, actor);
    if (e || is_same(&vm, wanted))
        return e;
    e = sql_vm_set_internet(context->db, arena, actor->team_id, id, wanted->mode, wanted->names);
    return e ? e
             : audit_add(context,
                         &(struct audit_entry){
                             .team_id = actor->team_id,
                             .action = AUDIT_VM_INTERNET,
                             .vm_id = id,
                             .detail = vm_internet_words(arena, wanted->mode, wanted->names),
                             .person_id = actor->person_id,
                         });
}
