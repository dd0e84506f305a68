/* What a configuration has; see config.h. */
#include "adapter/config.h"

#include <string.h>

bool config_has_billing(const struct config *config)
{
    return strcmp(config->billing, "stripe") == 0;
}

bool config_has_access_requests(const struct config *config)
{
    return strcmp(config->access_requests, "on") == 0;
}

bool config_has_github(const struct config *config)
{
    return strcmp(config->github_import, "on") == 0;
}

const struct config_region *config_region_find(const struct config *config, const char *name)
{
    for (size_t i = 0; name && i < config->region_count; i++) {
        if (strcmp(config->regions[i].name, name) == 0)
            return &config->regions[i];
    }
    return NULL;
}

const struct config_size *config_size_find(const struct config *config, const char *name)
{
    for (size_t i = 0; name && i < config->size_count; i++) {
        if (strcmp(config->sizes[i].name, name) == 0)
            return &config->sizes[i];
    }
    return NULL;
}

const struct config_image *config_image_find(const struct config *config, const char *name)
{
    for (size_t i = 0; name && i < config->image_count; i++) {
        if (strcmp(config->images[i].name, name) == 0)
            return &config->images[i];
    }
    return NULL;
}

const struct config_size *config_image_size(const struct config *config,
                                            const struct config_image *image)
{
    for (size_t i = 0; i < config->size_count; i++) {
        if (config->sizes[i].memory_mb >= image->memory_mb)
            return &config->sizes[i];
    }
    return NULL;
}
