/* Fuzzes config_load with a file in memory. What loads has every field set and in its range. */
#include "fuzz.h"

#include "adapter/config.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/dev/shm/domicile-fuzz.XXXXXX";

static void folder_remove(void)
{
    char path[64];

    snprintf(path, sizeof path, "%s/domicile.conf", folder);
    unlink(path);
    rmdir(folder);
}

static int file_open(void)
{
    char path[64];

    FUZZ_DEMAND(mkdtemp(folder));
    atexit(folder_remove);
    snprintf(path, sizeof path, "%s/domicile.conf", folder);
    return open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

static void check(const struct config *config)
{
    FUZZ_DEMAND(*config->server_name && *config->operator_email && config->workos_client_id);
    FUZZ_DEMAND(strncmp(config->public_url, "http", 4) == 0);
    FUZZ_DEMAND(config->public_url[strlen(config->public_url) - 1] != '/');
    FUZZ_DEMAND(!strcmp(config->identity, "local") || !strcmp(config->identity, "workos"));
    FUZZ_DEMAND(strlen(config->currency) == 3);
    FUZZ_DEMAND(config->quota_vms >= 0 && config->quota_vms <= 1000000000);
    FUZZ_DEMAND(!strcmp(config->billing, "off") || config_has_billing(config));
    FUZZ_DEMAND(config->grace_days >= 0 && config->retention_days >= 0 && *config->stripe_url);
    FUZZ_DEMAND(config->destroyed_vm_days >= 0 && config->destroyed_vm_days <= 2555);
    FUZZ_DEMAND(config->log_days >= 1 && config->log_days <= 2555);
    FUZZ_DEMAND(config->region_count && config->size_count && config->image_count);
    for (size_t i = 0; i < config->region_count; i++) {
        const struct config_region *region = &config->regions[i];

        FUZZ_DEMAND(config_region_find(config, region->name) == region);
        FUZZ_DEMAND(region->ssh_port_first >= 1024 && region->ssh_port_last <= 65535);
        FUZZ_DEMAND(region->ssh_port_first <= region->ssh_port_last);
    }
    FUZZ_DEMAND(config->price_count && config->prices[0].from_at >= 0);
    for (size_t i = 1; i < config->price_count; i++)
        FUZZ_DEMAND(config->prices[i - 1].from_at <= config->prices[i].from_at);
    for (size_t i = 0; i < config->image_count; i++)
        FUZZ_DEMAND(config->images[i].dir[0] == '/' && *config->images[i].user);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static int file = -1;
    struct arena *arena = fuzz_arena();
    struct config *config = NULL;
    struct error *e;

    if (file < 0)
        file = file_open();
    FUZZ_DEMAND(ftruncate(file, 0) == 0 && pwrite(file, bytes, length, 0) == (ssize_t)length);
    e = config_load(arena, folder, &config);
    if (!e)
        check(config);
    else
        FUZZ_DEMAND(e->kind == ERROR_INPUT && strncmp(e->text, folder, strlen(folder)) == 0);
    return 0;
}
