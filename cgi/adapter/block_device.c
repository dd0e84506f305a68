/* Encryption of block devices; see block_device.h. */
#include "adapter/block_device.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Devices stacked deeper than this are no disk that anybody has built. */
enum { DEPTH_MAX = 8 };

static bool is_crypt(struct arena *arena, const char *device)
{
    char uuid[64] = "";
    FILE *file = fopen(arena_printf(arena, "%s/dm/uuid", device), "re");
    bool is_it = file && fgets(uuid, sizeof uuid, file) && strncmp(uuid, "CRYPT-", 6) == 0;

    if (file)
        fclose(file);
    return is_it;
}

static enum block_encryption device_judge(struct arena *arena, const char *device, int depth);

/* Encrypted if all are that it is built from. */
static enum block_encryption slaves_judge(struct arena *arena, const char *device, int depth)
{
    const char *path = arena_printf(arena, "%s/slaves", device);
    enum block_encryption found = BLOCK_PLAIN;
    DIR *folder = opendir(path);
    const struct dirent *entry;

    while (folder && (entry = readdir(folder))) {
        if (*entry->d_name == '.')
            continue;
        found = device_judge(arena, arena_printf(arena, "%s/%s", path, entry->d_name), depth + 1);
        if (found != BLOCK_ENCRYPTED)
            break;
    }
    if (folder)
        closedir(folder);
    return found;
}

static enum block_encryption device_judge(struct arena *arena, const char *device, int depth)
{
    if (depth > DEPTH_MAX)
        return BLOCK_UNKNOWN;
    if (is_crypt(arena, device))
        return BLOCK_ENCRYPTED;
    if (access(arena_printf(arena, "%s/partition", device), F_OK) == 0)
        return device_judge(arena, arena_printf(arena, "%s/..", device), depth + 1);
    return slaves_judge(arena, device, depth);
}

enum block_encryption block_encryption_of(struct arena *arena, const char *sysfs,
                                          const char *folder)
{
    const char *device;
    struct stat status;

    if (stat(folder, &status) != 0)
        return BLOCK_UNKNOWN;
    device = arena_printf(arena, "%s/dev/block/%u:%u", sysfs, major(status.st_dev),
                          minor(status.st_dev));
    return access(device, F_OK) == 0 ? device_judge(arena, device, 0) : BLOCK_UNKNOWN;
}
