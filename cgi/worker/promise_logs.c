/*
 * The logs that the hypervisor keeps of VMs that have been destroyed; see promise.h. Those of a
 * session are in the state directory. Those of the system belong to root: the worker sees when they
 * were last written, and can do no more than say so.
 */
#include "worker/promise.h"

#include "adapter/crypto.h"
#include "base/limit.h"
#include "base/text.h"

#include "vm.sql.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const char *promise_system_logs = "/var/log/libvirt/qemu";

static const char PREFIX[] = "domicile-";

/* Of the VM whose log the file is: "domicile-ID.log", "domicile-ID.log.0". NULL: of none. */
static const char *vm_of(struct arena *arena, const char *name)
{
    const char *id = name + sizeof PREFIX - 1;

    if (!text_starts(name, PREFIX) || strlen(id) <= CRYPTO_ID_CHARS ||
        !text_starts(id + CRYPTO_ID_CHARS, ".log"))
        return NULL;
    return arena_copy_bytes(arena, id, CRYPTO_ID_CHARS);
}

/* A VM that is not known is of another server on this computer. */
static struct error *file_look(const struct context *now, DIR *folder, const char *name,
                               struct promise_reading *out)
{
    const char *id = vm_of(now->arena, name);
    struct vm_exists_row vm = { .gone_at = 0 };
    struct stat status;
    struct error *e = id ? sql_vm_exists(now->db, now->arena, id, &vm) : NULL;
    int64_t age_s;

    if (e && e->kind != ERROR_NOT_FOUND)
        return e;
    if (e || !vm.gone_at || fstatat(dirfd(folder), name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return NULL;
    age_s = now->now_at - status.st_mtime;
    if (age_s > out->figure)
        out->figure = age_s;
    return NULL;
}

/* False: there may be logs, but nobody can see them. */
static bool folder_look(const struct context *now, const char *path, struct promise_reading *out,
                        struct error **e)
{
    DIR *folder = opendir(path);

    if (!folder)
        return errno == ENOENT;
    for (const struct dirent *entry; !*e && (entry = readdir(folder));)
        *e = file_look(now, folder, entry->d_name, out);
    closedir(folder);
    return true;
}

/* Where libvirt's session daemon writes them; run.sh says where its cache is. */
static const char *session_folder(const struct context *now)
{
    const char *cache = getenv("XDG_CACHE_HOME");

    return cache ? arena_printf(now->arena, "%s/libvirt/qemu/log", cache)
                 : arena_printf(now->arena, "%s/libvirt/cache/libvirt/qemu/log",
                                now->config->state_dir);
}

struct error *promise_vm_logs_check(struct worker_context *context, const struct promise *promise,
                                    const struct context *now, struct promise_reading *out)
{
    struct error *e = NULL;
    int64_t own; /* the oldest of a session, which belongs to the worker */
    bool is_seen = folder_look(now, session_folder(now), out, &e);

    (void)context;
    own = out->figure;
    is_seen = folder_look(now, promise_system_logs, out, &e) && is_seen;
    if (e)
        return e;
    out->figure_max = promise->term_s + LIMIT_PROMISE_SWEEP_S;
    out->is_known = is_seen || out->figure > out->figure_max;
    out->evidence = "When the logs of destroyed VMs were last written to.";
    if (out->figure > out->figure_max)
        out->evidence =
            arena_printf(now->arena,
                         "Delete old ones%s with: find %s -name 'domicile-*.log*' -mtime +%lld "
                         "-delete",
                         own > out->figure_max ? "" : " as root",
                         own > out->figure_max ? session_folder(now) : promise_system_logs,
                         (long long)now->config->log_days - 1);
    else if (!is_seen)
        out->evidence = arena_printf(
            now->arena, "%s cannot be read. Root allows it with: setfacl -m u:USER:rx %s",
            promise_system_logs, promise_system_logs);
    return NULL;
}
