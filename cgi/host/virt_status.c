/* Stale entries of a libvirt session; see virt_status.h. */
#include "host/virt_status.h"

#include "base/log.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HEAD_BYTES = 4096 };

/* The beginning of a file; "" if it cannot be read. */
static const char *head_read(struct arena *arena, const char *path)
{
    char bytes[HEAD_BYTES];
    FILE *file = fopen(path, "re");
    size_t length = file ? fread(bytes, 1, sizeof bytes, file) : 0;

    if (file)
        fclose(file);
    return arena_copy_bytes(arena, bytes, length);
}

/* The daemon locks its pid file for as long as it runs. */
static bool is_daemon_running(struct arena *arena, const char *folder)
{
    int file = open(arena_printf(arena, "%s/libvirt/libvirtd.pid", folder), O_RDWR | O_CLOEXEC);
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    bool is_locked = file >= 0 && (fcntl(file, F_GETLK, &lock) < 0 || lock.l_type != F_UNLCK);

    if (file >= 0)
        close(file);
    return is_locked;
}

pid_t virt_status_pid(struct arena *arena, const char *domain)
{
    const char *run = getenv("XDG_RUNTIME_DIR");
    const char *path = run ? arena_printf(arena, "%s/libvirt/qemu/run/%s.pid", run, domain) : NULL;

    return path ? (pid_t)strtol(head_read(arena, path), NULL, 10) : 0;
}

/* A QEMU that was already started waits for the daemon forever, and locks the disk. */
static bool qemu_end(struct arena *arena, const char *folder, const char *domain)
{
    const char *pid_file = arena_printf(arena, "%s/%s.pid", folder, domain);
    long pid = strtol(head_read(arena, pid_file), NULL, 10);
    char arguments[HEAD_BYTES];
    FILE *file = fopen(arena_printf(arena, "/proc/%ld/cmdline", pid), "re");
    size_t length = file ? fread(arguments, 1, sizeof arguments, file) : 0;
    const char *own = arena_printf(arena, "guest=%s,", domain);

    if (file)
        fclose(file);
    return !memmem(arguments, length, own, strlen(own)) || kill((pid_t)pid, SIGKILL) == 0;
}

static void entry_tidy(struct arena *arena, const char *folder, const char *name)
{
    size_t length = strlen(name);
    const char *path = arena_printf(arena, "%s/%s", folder, name);
    const char *status;

    if (length < 4 || strcmp(name + length - 4, ".xml") != 0)
        return;
    status = strstr(head_read(arena, path), "<domstatus ");
    if (!status || !strstr(arena_copy_bytes(arena, status, strcspn(status, ">")), " pid='0'") ||
        !qemu_end(arena, folder, arena_copy_bytes(arena, name, length - 4)))
        return;
    if (unlink(path) == 0)
        log_info("libvirt_status", log_text("removed", name));
}

void virt_status_tidy(struct arena *arena)
{
    const char *run = getenv("XDG_RUNTIME_DIR");
    const char *folder = run ? arena_printf(arena, "%s/libvirt/qemu/run", run) : NULL;
    const struct dirent *entry;
    DIR *entries;

    if (!folder || is_daemon_running(arena, run))
        return;
    entries = opendir(folder);
    while (entries && (entry = readdir(entries)))
        entry_tidy(arena, folder, entry->d_name);
    if (entries)
        closedir(entries);
}
