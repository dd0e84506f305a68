/* Lists of networks; see config_network.h. */
#include "adapter/config_network.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <string.h>

const char *config_network_take(struct arena *arena, const char **list)
{
    size_t length;
    const char *network;

    *list += strspn(*list, ", \t");
    length = strcspn(*list, ", \t");
    network = arena_copy_bytes(arena, *list, length);
    *list += length;
    return length ? network : NULL;
}

/* A network of everybody is a mistake. */
static bool is_network(struct arena *arena, const char *text)
{
    size_t slash = strcspn(text, "/");
    const char *address = arena_copy_bytes(arena, text, slash);
    unsigned char bytes[16];
    bool is_4 = inet_pton(AF_INET, address, bytes) == 1;
    int64_t prefix = 1;

    if (!is_4 && inet_pton(AF_INET6, address, bytes) != 1)
        return false;
    return (!text[slash] || text_int(text + slash + 1, &prefix)) && prefix >= 1 &&
           prefix <= (is_4 ? 32 : 128);
}

static bool are_networks(struct arena *arena, const char *list)
{
    const char *network;

    while ((network = config_network_take(arena, &list))) {
        if (!is_network(arena, network))
            return false;
    }
    return true;
}

const char *config_networks_check(struct arena *arena, const struct config *config)
{
    if (!are_networks(arena, config->trusted_proxies))
        return "[server] trusted_proxies must be networks like 10.0.0.0/8, 2001:db8::/32";
    if (!are_networks(arena, config->unlimited_networks))
        return "[server] unlimited_networks must be networks like 10.0.0.0/8, 2001:db8::/32";
    return NULL;
}
