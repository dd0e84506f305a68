/* The store of images; see image_store.h. */
#include "host/image_store.h"

#include "adapter/crypto.h"
#include "base/array.h"
#include "base/buf.h"
#include "base/text.h"
#include "host/disk_image.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COPY_BYTES = 64 * 1024 * 1024 };

/* The first three boot without firmware and need each other. */
static const char *const names[] = { "kernel", "initrd", "cmdline", "disk.qcow2" };
enum { COMMAND_LINE = 2, DIRECT_BOOT = 3, DISK = 3 };

static const char *path_of(struct arena *arena, const char *dir, size_t i)
{
    return arena_printf(arena, "%s/%s", dir, names[i]);
}

static bool is_file(struct arena *arena, const char *dir, size_t i)
{
    struct stat status;

    return stat(path_of(arena, dir, i), &status) == 0 && S_ISREG(status.st_mode);
}

static struct error *completeness_check(struct arena *arena, const char *dir)
{
    size_t found = 0;

    for (size_t i = 0; i < DIRECT_BOOT; i++)
        found += is_file(arena, dir, i);
    if (found == DIRECT_BOOT || (!found && is_file(arena, dir, DISK)))
        return NULL;
    return error_new(arena, ERROR_INPUT,
                     "%s is not a complete image: it needs kernel, initrd and cmdline, or a "
                     "bootable disk.qcow2 alone",
                     dir);
}

struct error *image_store_progress(struct arena *arena, const char *dir, int64_t *ready_at)
{
    FILE *file = fopen(arena_printf(arena, "%s/progress", dir), "re");
    char line[256] = "";

    *ready_at = 0;
    if (!file)
        return NULL;
    if (!fgets(line, sizeof line, file))
        *line = '\0';
    fclose(file);
    line[strcspn(line, "\n")] = '\0';
    if (!text_starts(line, "failed: ")) {
        *ready_at = strtoll(line, NULL, 10);
        return NULL;
    }
    return error_new(arena, ERROR_INPUT, "it could not be built: %s",
                     arena_copy(arena, line + strlen("failed: ")));
}

struct error *image_store_stamp(struct arena *arena, const char *dir, const char **out,
                                int64_t *newest_at)
{
    struct buf stamp = buf_new(arena, 256);
    struct error *e = completeness_check(arena, dir);
    int64_t newest = 0;
    struct stat status;

    for (size_t i = 0; !e && i < COUNT(names); i++) {
        if (stat(path_of(arena, dir, i), &status) < 0)
            continue;
        buf_printf(&stamp, "%s %lld %lld.%09ld %llu\n", names[i], (long long)status.st_size,
                   (long long)status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
                   (unsigned long long)status.st_ino);
        if (status.st_mtim.tv_sec > newest)
            newest = status.st_mtim.tv_sec;
    }
    *out = stamp.bytes;
    if (newest_at)
        *newest_at = newest;
    return e;
}

static bool command_line_has(struct arena *arena, const char *dir, const char *word)
{
    FILE *file = fopen(path_of(arena, dir, COMMAND_LINE), "re");
    char line[2048] = "";
    bool is_read = file && fgets(line, sizeof line, file);

    if (file)
        fclose(file);
    return is_read && strstr(line, word);
}

bool image_store_waits(struct arena *arena, const char *dir)
{
    return command_line_has(arena, dir, "domicile.waits");
}

bool image_store_takes_user_data(struct arena *arena, const char *dir)
{
    return !image_store_waits(arena, dir) || command_line_has(arena, dir, "domicile.user-data");
}

bool image_store_has_agent(struct arena *arena, const char *dir)
{
    return command_line_has(arena, dir, "domicile.guest-agent");
}

struct error *image_store_hash(struct arena *arena, const char *dir, const char **out)
{
    struct buf all = buf_new(arena, 512);
    struct error *e = completeness_check(arena, dir);
    unsigned char hash[CRYPTO_HASH_BYTES];

    for (size_t i = 0; !e && i < COUNT(names); i++) {
        if (!is_file(arena, dir, i))
            continue;
        e = crypto_sha256_file(arena, path_of(arena, dir, i), hash);
        buf_printf(&all, "%s %s\n", names[i], crypto_hex(arena, hash, sizeof hash));
    }
    if (e)
        return e;
    crypto_sha256(all.bytes, all.length, hash);
    *out = crypto_hex(arena, hash, sizeof hash);
    return NULL;
}

const char *image_store_dir(struct arena *arena, const char *store, const char *hash)
{
    return arena_printf(arena, "%s/%s", store, hash);
}

/* ---- adding ---- */

static struct error *bytes_copy(struct arena *arena, int from, int to, const char *path)
{
    ssize_t copied;

    do {
        copied = copy_file_range(from, NULL, to, NULL, COPY_BYTES, 0);
        /* Between file systems, copy_file_range(2) may not. */
        if (copied < 0 && (errno == EXDEV || errno == EINVAL || errno == EOPNOTSUPP))
            copied = sendfile(to, from, NULL, COPY_BYTES);
    } while (copied > 0 || (copied < 0 && errno == EINTR));
    if (copied < 0 || fsync(to) < 0)
        return error_new(arena, ERROR_UPSTREAM, "copying %s: %m", path);
    return NULL;
}

/* Readable by QEMU, which may run as another user; images contain no secrets. */
static struct error *file_copy(struct arena *arena, const char *source, const char *target)
{
    int from = open(source, O_RDONLY | O_CLOEXEC), to = -1;
    struct error *e = NULL;

    if (from >= 0)
        to = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (from < 0 || to < 0)
        e = error_new(arena, ERROR_UPSTREAM, "copying %s to %s: %m", source, target);
    if (!e)
        e = bytes_copy(arena, from, to, source);
    if (!e && fchmod(to, 0444) < 0)
        e = error_new(arena, ERROR_UPSTREAM, "%s: %m", target);
    if (from >= 0)
        close(from);
    if (to >= 0)
        close(to);
    return e;
}

static void folder_remove(struct arena *arena, const char *dir)
{
    for (size_t i = 0; i < COUNT(names); i++)
        unlink(path_of(arena, dir, i));
    rmdir(dir);
}

static struct error *folder_sync(struct arena *arena, const char *path)
{
    int file = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_synced = file >= 0 && fsync(file) == 0;

    if (file >= 0)
        close(file);
    return is_synced ? NULL : error_new(arena, ERROR_UPSTREAM, "%s: %m", path);
}

static struct error *folder_make(struct arena *arena, const char *path)
{
    if ((mkdir(path, 0755) < 0 && errno != EEXIST) || chmod(path, 0755) < 0)
        return error_new(arena, ERROR_UPSTREAM, "%s: %m", path);
    return NULL;
}

static struct error *disk_check(struct arena *arena, const char *dir)
{
    struct disk_image image;
    struct error *e;

    if (!is_file(arena, dir, DISK))
        return NULL;
    e = disk_image_read(arena, path_of(arena, dir, DISK), NULL, &image);
    if (!e && image.backing)
        e = error_new(arena, ERROR_INPUT,
                      "%s depends on another file: make it whole with qemu-img convert -O qcow2",
                      path_of(arena, dir, DISK));
    return e;
}

/* What was copied gets its name. A stored build that is damaged makes room for the whole one. */
static struct error *part_accept(struct arena *arena, const char *store, const char *part,
                                 const char *hash)
{
    const char *dir = image_store_dir(arena, store, hash);
    const char *stored = NULL;

    if (!image_store_hash(arena, dir, &stored) && strcmp(stored, hash) == 0) {
        folder_remove(arena, part);
        return NULL;
    }
    folder_remove(arena, dir);
    if (rename(part, dir) < 0)
        return error_new(arena, ERROR_UPSTREAM, "%s: %m", dir);
    return folder_sync(arena, store);
}

struct error *image_store_add(struct arena *arena, const char *store, const char *source,
                              const char **hash)
{
    const char *part = arena_printf(arena, "%s/part", store);
    struct error *e = completeness_check(arena, source);

    if (!e)
        e = disk_check(arena, source);
    if (!e)
        e = folder_make(arena, store);
    folder_remove(arena, part);
    if (!e)
        e = folder_make(arena, part);
    for (size_t i = 0; !e && i < COUNT(names); i++) {
        if (is_file(arena, source, i))
            e = file_copy(arena, path_of(arena, source, i), path_of(arena, part, i));
    }
    if (!e)
        e = folder_sync(arena, part);
    if (!e)
        e = image_store_hash(arena, part, hash);
    if (!e)
        e = part_accept(arena, store, part, *hash);
    if (e)
        folder_remove(arena, part);
    return e;
}

static bool is_hash(const char *name)
{
    return strlen(name) == CRYPTO_HASH_BYTES * 2 &&
           strspn(name, "0123456789abcdef") == CRYPTO_HASH_BYTES * 2;
}

struct error *image_store_list(struct arena *arena, const char *store, const char ***out,
                               size_t *count)
{
    DIR *folder = opendir(store);
    const struct dirent *entry;
    size_t capacity = 0;

    *out = NULL;
    *count = 0;
    if (!folder)
        return errno == ENOENT ? NULL : error_new(arena, ERROR_UPSTREAM, "%s: %m", store);
    while ((entry = readdir(folder))) {
        if (!is_hash(entry->d_name))
            continue;
        *out = array_grow(arena, *out, *count, &capacity, sizeof **out);
        (*out)[(*count)++] = arena_copy(arena, entry->d_name);
    }
    closedir(folder);
    return NULL;
}

struct error *image_store_remove(struct arena *arena, const char *store, const char *hash)
{
    const char *dir = image_store_dir(arena, store, hash);

    folder_remove(arena, dir);
    if (access(dir, F_OK) == 0)
        return error_new(arena, ERROR_UPSTREAM, "%s cannot be removed: %m", dir);
    return NULL;
}
