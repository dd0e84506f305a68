/* Copies of people's data in the folder that they are made in; see promise.h. */
#include "worker/promise.h"

#include "base/limit.h"
#include "model/export.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

struct error *promise_exports_check(struct worker_context *context, const struct promise *promise,
                                    const struct context *now, struct promise_reading *out)
{
    const char *path = export_folder(now->arena, context->config->state_dir);
    DIR *folder = opendir(path);
    struct stat status;

    if (!folder && errno != ENOENT)
        return error_new(now->arena, ERROR_INTERNAL, "%s: %m", path);
    for (const struct dirent *entry; folder && (entry = readdir(folder));) {
        if (*entry->d_name == '.' ||
            fstatat(dirfd(folder), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0)
            continue;
        if (now->now_at - status.st_mtime > out->figure)
            out->figure = now->now_at - status.st_mtime;
    }
    if (folder)
        closedir(folder);
    out->figure_max = promise->term_s + LIMIT_PROMISE_SWEEP_S;
    out->evidence = out->figure ? "Age of the oldest file in the folder of copies."
                                : "There is no copy of anybody\u2019s data.";
    return NULL;
}
