/* The adapter for libvirt (see virt.h): storage pools, volumes, networks, and the host itself. */
#include "host/virt_handle.h"

#include <string.h>
#include <time.h>

/* 30 seconds; then the job is tried again later. */
enum { REFRESH_TRIES = 150 };

/* The pool, active. NULL: the error is in *e. */
static virStoragePoolPtr open_pool(struct virt *virt, struct arena *arena, const char *name,
                                   struct error **e)
{
    virStoragePoolPtr pool = virStoragePoolLookupByName(virt->connection, name);

    *e = NULL;
    if (!pool) {
        *e = virt_failure(arena);
        return NULL;
    }
    /* Another thread may start it concurrently; it only has to be active. */
    if (virStoragePoolIsActive(pool) != 1 && virStoragePoolCreate(pool, 0) < 0 &&
        virStoragePoolIsActive(pool) != 1) {
        *e = virt_failure(arena);
        virStoragePoolFree(pool);
        return NULL;
    }
    return pool;
}

struct error *virt_pool_create(struct virt *virt, struct arena *arena, const char *xml)
{
    virStoragePoolPtr pool = virStoragePoolCreateXML(virt->connection, xml, 0);

    if (!pool)
        return virt_failure(arena);
    virStoragePoolFree(pool);
    return NULL;
}

struct error *virt_pool_text(struct virt *virt, struct arena *arena, const char *name,
                             const char **out)
{
    struct error *e;
    virStoragePoolPtr pool = open_pool(virt, arena, name, &e);

    if (!pool)
        return e;
    e = virt_checked_text(arena, virStoragePoolGetXMLDesc(pool, 0), out);
    virStoragePoolFree(pool);
    return e;
}

/* A refresh is refused while any volume of the pool is being created or removed. */
static bool is_pool_busy(const struct error *e)
{
    return virGetLastErrorCode() == VIR_ERR_INTERNAL_ERROR && strstr(e->text, "asynchronous");
}

struct error *virt_pool_refresh(struct virt *virt, struct arena *arena, const char *name)
{
    struct error *e;
    virStoragePoolPtr pool = open_pool(virt, arena, name, &e);

    if (!pool)
        return e;
    e = virt_checked(arena, virStoragePoolRefresh(pool, 0));
    for (int tries = 1; e && tries < REFRESH_TRIES && is_pool_busy(e); tries++) {
        nanosleep(&(struct timespec){ .tv_nsec = 200 * 1000 * 1000 }, NULL);
        e = virt_checked(arena, virStoragePoolRefresh(pool, 0));
    }
    virStoragePoolFree(pool);
    return e;
}

struct error *virt_pool_list(struct virt *virt, struct arena *arena, const char *name,
                             struct virt_names *out)
{
    virStorageVolPtr *volumes = NULL;
    struct error *e;
    virStoragePoolPtr pool = open_pool(virt, arena, name, &e);
    int count;

    if (!pool)
        return e;
    count = virStoragePoolListAllVolumes(pool, &volumes, 0);
    if (count < 0)
        e = virt_failure(arena);
    else
        out->name = arena_array(arena, (size_t)count + 1, sizeof *out->name);
    for (int i = 0; i < count; i++) {
        out->name[out->count++] = arena_copy(arena, virStorageVolGetName(volumes[i]));
        virStorageVolFree(volumes[i]);
    }
    virt_release(volumes);
    virStoragePoolFree(pool);
    return e;
}

struct error *virt_volume_create(struct virt *virt, struct arena *arena, const char *name,
                                 const char *xml)
{
    struct error *e;
    virStorageVolPtr volume;
    virStoragePoolPtr pool = open_pool(virt, arena, name, &e);

    if (!pool)
        return e;
    volume = virStorageVolCreateXML(pool, xml, 0);
    if (volume)
        virStorageVolFree(volume);
    else
        e = virt_failure(arena);
    virStoragePoolFree(pool);
    return e;
}

/* Calls `act` on a volume of a pool. */
static struct error *volume_do(struct virt *virt, struct arena *arena, const char *pool_name,
                               const char *name, int (*act)(virStorageVolPtr, int64_t *),
                               int64_t *argument)
{
    struct error *e;
    virStorageVolPtr volume;
    virStoragePoolPtr pool = open_pool(virt, arena, pool_name, &e);

    if (!pool)
        return e;
    volume = virStorageVolLookupByName(pool, name);
    e = volume ? virt_checked(arena, act(volume, argument)) : virt_failure(arena);
    if (volume)
        virStorageVolFree(volume);
    virStoragePoolFree(pool);
    return e;
}

static int read_capacity(virStorageVolPtr volume, int64_t *bytes)
{
    virStorageVolInfo info;
    int result = virStorageVolGetInfo(volume, &info);

    if (result == 0)
        *bytes = (int64_t)info.capacity;
    return result;
}

struct error *virt_volume_capacity(struct virt *virt, struct arena *arena, const char *pool,
                                   const char *volume, int64_t *bytes)
{
    return volume_do(virt, arena, pool, volume, read_capacity, bytes);
}

static int resize(virStorageVolPtr volume, int64_t *bytes)
{
    return virStorageVolResize(volume, (unsigned long long)*bytes, 0);
}

struct error *virt_volume_resize(struct virt *virt, struct arena *arena, const char *pool,
                                 const char *volume, int64_t bytes)
{
    return volume_do(virt, arena, pool, volume, resize, &bytes);
}

static int delete_volume(virStorageVolPtr volume, int64_t *unused)
{
    (void)unused;
    return virStorageVolDelete(volume, 0);
}

struct error *virt_volume_delete(struct virt *virt, struct arena *arena, const char *pool,
                                 const char *volume)
{
    return volume_do(virt, arena, pool, volume, delete_volume, NULL);
}

struct error *virt_network_host(struct virt *virt, struct arena *arena, const char *name,
                                const char *xml, bool is_added)
{
    struct error *e;
    virNetworkPtr network = virNetworkLookupByName(virt->connection, name);
    unsigned int command =
        is_added ? VIR_NETWORK_UPDATE_COMMAND_ADD_LAST : VIR_NETWORK_UPDATE_COMMAND_DELETE;

    if (!network)
        return virt_failure(arena);
    e = virt_checked(
        arena, virNetworkUpdate(network, command, VIR_NETWORK_SECTION_IP_DHCP_HOST, -1, xml,
                                VIR_NETWORK_UPDATE_AFFECT_LIVE | VIR_NETWORK_UPDATE_AFFECT_CONFIG));
    virNetworkFree(network);
    return e;
}

struct error *virt_network_text(struct virt *virt, struct arena *arena, const char *name,
                                const char **out)
{
    struct error *e;
    virNetworkPtr network = virNetworkLookupByName(virt->connection, name);

    if (!network)
        return virt_failure(arena);
    e = virt_checked_text(arena, virNetworkGetXMLDesc(network, 0), out);
    virNetworkFree(network);
    return e;
}

/* ---- the host ---- */

struct error *virt_node(struct virt *virt, struct arena *arena, int64_t *vcpus, int64_t *memory_mb)
{
    virNodeInfo node;

    if (virNodeGetInfo(virt->connection, &node) < 0)
        return virt_failure(arena);
    *vcpus = node.cpus;
    *memory_mb = (int64_t)(node.memory / 1024);
    return NULL;
}
