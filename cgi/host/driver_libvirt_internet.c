/*
 * What a guest may reach, as files for guest_access.sh, which puts it into the firewall; see there.
 * A guest whose file that program has not taken up begins no connection.
 */
#include "host/driver_libvirt.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_BYTES = 10000, PORT_BYTES = 16, TAKEN_WITHIN_MS = 10000, TAKEN_POLL_MS = 20 };

static const char *file_of(const struct libvirt *libvirt, struct arena *arena, int64_t port,
                           const char *suffix)
{
    return arena_printf(arena, "%s/access/%lld%s", libvirt->net_dir, (long long)port, suffix);
}

static bool has_line(const char *path, const char *line)
{
    char found[LINE_BYTES] = "";
    FILE *file = fopen(path, "re");
    bool is_read = file && fgets(found, sizeof found, file);

    if (file)
        fclose(file);
    found[strcspn(found, "\n")] = '\0';
    return is_read && strcmp(found, line) == 0;
}

static struct error *file_write(struct arena *arena, const char *path, const char *line)
{
    const char *part = arena_printf(arena, "%s.new", path);
    int file = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool is_written = file >= 0 && dprintf(file, "%s\n", line) > 0 && fsync(file) == 0;

    if (file >= 0)
        close(file);
    if (!is_written || rename(part, path) < 0)
        return error_new(arena, ERROR_UPSTREAM, "%s: %m", path);
    return NULL;
}

/* Negative: nobody reads, since there is no network now. */
static int pipe_open(const struct libvirt *libvirt, struct arena *arena)
{
    return open(arena_printf(arena, "%s/access/changed", libvirt->net_dir),
                O_WRONLY | O_NONBLOCK | O_CLOEXEC);
}

/* False: nobody reads. The next one reads all files. */
static bool is_told(const struct libvirt *libvirt, struct arena *arena)
{
    int pipe = pipe_open(libvirt, arena);
    /* A full pipe says so already. */
    bool is_told = pipe >= 0 && (write(pipe, "\n", 1) == 1 || errno == EAGAIN);

    if (pipe >= 0)
        close(pipe);
    return is_told;
}

struct error *libvirt_internet_set(struct driver *driver, struct arena *arena,
                                   const struct driver_vm *vm)
{
    struct libvirt *libvirt = libvirt_of(driver);
    const char *path = file_of(libvirt, arena, vm->ssh.port, "");
    const char *done = file_of(libvirt, arena, vm->ssh.port, ".done");
    const char *line = vm->internet;
    int64_t until_us = clock_monotonic_us() + TAKEN_WITHIN_MS * 1000;
    struct error *e;

    if (libvirt->profile == DRIVER_TEST)
        return NULL;
    if (mkdir(arena_printf(arena, "%s/access", libvirt->net_dir), 0700) < 0 && errno != EEXIST)
        return error_new(arena, ERROR_UPSTREAM, "%s/access: %m", libvirt->net_dir);
    e = has_line(path, line) ? NULL : file_write(arena, path, line);
    if (e || has_line(done, line) || !is_told(libvirt, arena))
        return e;
    while (!has_line(done, line)) {
        if (clock_monotonic_us() > until_us)
            return error_new(arena, ERROR_UPSTREAM,
                             "the firewall has not taken up what the VM may reach");
        clock_sleep(TAKEN_POLL_MS);
    }
    return NULL;
}

void libvirt_internet_remove(struct libvirt *libvirt, struct arena *arena, int64_t port)
{
    if (unlink(file_of(libvirt, arena, port, "")) == 0)
        is_told(libvirt, arena);
}

bool libvirt_is_limited(struct driver *driver, struct arena *arena, const struct driver_vm *vm)
{
    char line[PORT_BYTES];
    int pipe = pipe_open(libvirt_of(driver), arena);
    FILE *file = fopen(arena_printf(arena, "%s/access/limited", libvirt_of(driver)->net_dir), "re");
    bool is_listed = false;

    /* What nobody writes any more tells of then. */
    while (file && pipe >= 0 && !is_listed && fgets(line, sizeof line, file))
        is_listed = vm->ssh.port && strtoll(line, NULL, 10) == vm->ssh.port;
    if (file)
        fclose(file);
    if (pipe >= 0)
        close(pipe);
    return is_listed;
}
