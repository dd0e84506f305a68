/*
 * The adapter for libvirt (see virt.h): connection, domains, snapshots, and libvirt's handles,
 * memory and errors. Pools, volumes and networks are in virt_storage.c.
 */
#include "host/virt_handle.h"
#include "host/virt_status.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RECONNECT_TRIES = 3 };

/* Without this, libvirt prints every error to standard error. */
static void keep_quiet(void *context, virErrorPtr error)
{
    (void)context;
    (void)error;
}

void virt_release(void *memory)
{
    free(memory); /* libvirt's memory */
}

static enum error_kind last_kind(void)
{
    switch (virGetLastErrorCode()) {
    case VIR_ERR_NO_DOMAIN:
    case VIR_ERR_NO_DOMAIN_SNAPSHOT:
    case VIR_ERR_NO_STORAGE_POOL:
    case VIR_ERR_NO_STORAGE_VOL:
    case VIR_ERR_NO_NETWORK:
        return ERROR_NOT_FOUND;
    case VIR_ERR_OPERATION_INVALID:
    case VIR_ERR_DOM_EXIST:
    case VIR_ERR_STORAGE_VOL_EXIST:
        return ERROR_CONFLICT;
    default:
        return ERROR_UPSTREAM;
    }
}

struct error *virt_failure(struct arena *arena)
{
    return error_new(arena, last_kind(), "%s", virGetLastErrorMessage());
}

struct error *virt_checked(struct arena *arena, int result)
{
    return result < 0 ? virt_failure(arena) : NULL;
}

struct error *virt_checked_text(struct arena *arena, char *text, const char **out)
{
    if (!text)
        return virt_failure(arena);
    *out = arena_copy(arena, text);
    virt_release(text);
    return NULL;
}

/* ---- the connection ---- */

static struct error *connect_to(struct virt *virt, struct arena *arena)
{
    if (strcmp(virt->uri, "qemu:///session") == 0)
        virt_status_tidy(arena);
    virt->connection = virConnectOpen(virt->uri);
    if (virt->connection)
        return NULL;
    return error_new(
        arena, ERROR_UPSTREAM,
        "libvirt at %s cannot be reached: %s (a session needs an ordinary user and the "
        "packages libvirt-daemon and qemu-system-x86; a system needs libvirtd running, and this "
        "user in the group libvirt)",
        virt->uri, virGetLastErrorMessage());
}

struct error *virt_open(struct arena *arena, const char *uri, struct virt **out)
{
    struct virt *virt = arena_alloc(arena, sizeof *virt);

    virSetErrorFunc(NULL, keep_quiet);
    /* libvirt writes to a socket whose daemon may have died. */
    signal(SIGPIPE, SIG_IGN);
    if (virInitialize() < 0)
        return virt_failure(arena);
    virt->uri = arena_copy(arena, uri);
    *out = virt;
    return connect_to(virt, arena);
}

void virt_close(struct virt *virt)
{
    if (virt->connection)
        virConnectClose(virt->connection);
    virt->connection = NULL;
}

struct error *virt_ready(struct virt *virt, struct arena *arena)
{
    unsigned long version;
    struct error *e;

    /* Without an event loop, a dead daemon is only noticed by a call. */
    if (virt->connection && virConnectIsAlive(virt->connection) > 0 &&
        virConnectGetLibVersion(virt->connection, &version) == 0)
        return NULL;
    virt_close(virt);
    e = connect_to(virt, arena);
    /* A daemon that is shutting down accepts and then closes; shortly after there is a new one. */
    for (int tries = 0; e && tries < RECONNECT_TRIES; tries++) {
        nanosleep(&(struct timespec){ .tv_nsec = 200 * 1000 * 1000 }, NULL);
        e = connect_to(virt, arena);
    }
    return e;
}

/* ---- domains ---- */

/* The guest's own shutdown and an operator's "virsh destroy" have reasons of their own. */
static enum driver_cause stop_cause(int reason)
{
    switch (reason) {
    case VIR_DOMAIN_SHUTOFF_UNKNOWN: /* after a reboot libvirt knows nothing of the run before */
    case VIR_DOMAIN_SHUTOFF_CRASHED:
    case VIR_DOMAIN_SHUTOFF_FAILED:
    case VIR_DOMAIN_SHUTOFF_DAEMON:
        return DRIVER_CAUSE_HOST;
    default:
        return DRIVER_CAUSE_OTHER;
    }
}

struct error *virt_domain_state(struct virt *virt, struct arena *arena, const char *name,
                                enum driver_power *out, enum driver_cause *cause)
{
    int state = VIR_DOMAIN_NOSTATE, reason = 0;
    struct error *e;
    virDomainPtr domain = virDomainLookupByName(virt->connection, name);

    if (!domain)
        return virt_failure(arena);
    e = virt_checked(arena, virDomainGetState(domain, &state, &reason, 0));
    virDomainFree(domain);
    *cause = DRIVER_CAUSE_OTHER;
    switch (state) {
    case VIR_DOMAIN_SHUTOFF:
        *out = DRIVER_STOPPED;
        *cause = stop_cause(reason);
        break;
    case VIR_DOMAIN_CRASHED:
        *out = DRIVER_STOPPED;
        *cause = DRIVER_CAUSE_HOST;
        break;
    case VIR_DOMAIN_PAUSED:
        *cause = reason == VIR_DOMAIN_PAUSED_IOERROR ? DRIVER_CAUSE_IO : DRIVER_CAUSE_OTHER;
        /* fall through */
    case VIR_DOMAIN_PMSUSPENDED:
        *out = DRIVER_PAUSED;
        break;
    default: /* blocked and shutting down are still running */
        *out = DRIVER_RUNNING;
    }
    return e;
}

struct error *virt_domain_power(struct virt *virt, struct arena *arena, const char *name,
                                enum driver_power *out)
{
    enum driver_cause unused;

    return virt_domain_state(virt, arena, name, out, &unused);
}

struct error *virt_domain_define(struct virt *virt, struct arena *arena, const char *xml)
{
    virDomainPtr domain =
        virDomainDefineXMLFlags(virt->connection, xml, VIR_DOMAIN_DEFINE_VALIDATE);

    if (!domain)
        return virt_failure(arena);
    virDomainFree(domain);
    return NULL;
}

struct error *virt_domain_text(struct virt *virt, struct arena *arena, const char *name,
                               bool is_inactive, const char **out)
{
    struct error *e;
    virDomainPtr domain = virDomainLookupByName(virt->connection, name);

    if (!domain)
        return virt_failure(arena);
    e = virt_checked_text(
        arena, virDomainGetXMLDesc(domain, is_inactive ? VIR_DOMAIN_XML_INACTIVE : 0), out);
    virDomainFree(domain);
    return e;
}

static int press_power_button(virDomainPtr domain)
{
    return virDomainShutdownFlags(domain, VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN);
}

static int undefine(virDomainPtr domain)
{
    const unsigned int flags =
        VIR_DOMAIN_UNDEFINE_MANAGED_SAVE | VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA;

    /* The test driver does not support the last two. */
    if (virDomainUndefineFlags(domain, flags | VIR_DOMAIN_UNDEFINE_NVRAM |
                                           VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA) == 0)
        return 0;
    if (virGetLastErrorCode() != VIR_ERR_INVALID_ARG)
        return -1;
    return virDomainUndefineFlags(domain, flags);
}

struct error *virt_domain_act(struct virt *virt, struct arena *arena, const char *name,
                              enum virt_act act)
{
    static int (*const acts[])(virDomainPtr) = {
        [VIRT_START] = virDomainCreate,           [VIRT_RESUME] = virDomainResume,
        [VIRT_POWER_BUTTON] = press_power_button, [VIRT_SHUTDOWN] = virDomainShutdown,
        [VIRT_DESTROY] = virDomainDestroy,        [VIRT_UNDEFINE] = undefine,
    };
    struct error *e;
    virDomainPtr domain = virDomainLookupByName(virt->connection, name);

    if (!domain)
        return virt_failure(arena);
    e = virt_checked(arena, acts[act](domain));
    virDomainFree(domain);
    return e;
}

/* The same with an argument. */
static struct error *domain_do(struct virt *virt, struct arena *arena, const char *name,
                               int (*act)(virDomainPtr, const void *), const void *argument)
{
    struct error *e;
    virDomainPtr domain = virDomainLookupByName(virt->connection, name);

    if (!domain)
        return virt_failure(arena);
    e = virt_checked(arena, act(domain, argument));
    virDomainFree(domain);
    return e;
}

struct update {
    const char *xml;
    bool is_live;
};

static int update(virDomainPtr domain, const void *argument)
{
    const struct update *wanted = argument;
    unsigned int flags = VIR_DOMAIN_DEVICE_MODIFY_CONFIG | VIR_DOMAIN_DEVICE_MODIFY_FORCE;

    if (wanted->is_live)
        flags |= VIR_DOMAIN_DEVICE_MODIFY_LIVE;
    return virDomainUpdateDeviceFlags(domain, wanted->xml, flags);
}

struct error *virt_domain_update(struct virt *virt, struct arena *arena, const char *name,
                                 const char *xml, bool is_live)
{
    return domain_do(virt, arena, name, update, &(struct update){ .xml = xml, .is_live = is_live });
}

static int set_statistics(virDomainPtr domain, const void *argument)
{
    const int *period_s = argument;

    return virDomainSetMemoryStatsPeriod(domain, *period_s, VIR_DOMAIN_AFFECT_LIVE);
}

struct error *virt_domain_statistics(struct virt *virt, struct arena *arena, const char *name,
                                     int period_s)
{
    return domain_do(virt, arena, name, set_statistics, &period_s);
}

static void read_number(virDomainStatsRecordPtr record, const char *name, int64_t *out)
{
    unsigned long long value;

    if (virTypedParamsGetULLong(record->params, record->nparams, name, &value) == 1)
        *out = (int64_t)value;
}

/* "block.N.": the prefix of the statistics for `disk`. */
static const char *find_block(virDomainStatsRecordPtr record, struct arena *arena, const char *disk)
{
    unsigned int count = 0;

    virTypedParamsGetUInt(record->params, record->nparams, "block.count", &count);
    for (unsigned int i = 0; i < count; i++) {
        const char *target = NULL;
        const char *name = arena_printf(arena, "block.%u.name", i);

        if (virTypedParamsGetString(record->params, record->nparams, name, &target) == 1 &&
            strcmp(target, disk) == 0)
            return arena_printf(arena, "block.%u.", i);
    }
    return NULL;
}

static void read_usage(virDomainStatsRecordPtr record, struct arena *arena, const char *disk,
                       struct driver_usage *out)
{
    const char *block = find_block(record, arena, disk);
    int64_t available = -1, usable = -1;

    read_number(record, "cpu.time", &out->cpu_ns);
    read_number(record, "balloon.available", &available);
    read_number(record, "balloon.usable", &usable);
    if (available >= 0 && usable >= 0 && usable <= available)
        out->memory_used_kb = available - usable;
    if (block) {
        read_number(record, arena_printf(arena, "%sphysical", block), &out->disk_bytes);
        read_number(record, arena_printf(arena, "%srd.bytes", block), &out->disk_read_bytes);
        read_number(record, arena_printf(arena, "%swr.bytes", block), &out->disk_written_bytes);
    }
    read_number(record, "net.0.rx.bytes", &out->network_received_bytes);
    read_number(record, "net.0.tx.bytes", &out->network_sent_bytes);
}

struct error *virt_domain_usage(struct virt *virt, struct arena *arena, const char *name,
                                const char *disk, struct driver_usage *out)
{
    struct error *e = NULL;
    virDomainStatsRecordPtr *records = NULL;
    virDomainPtr domain = virDomainLookupByName(virt->connection, name);
    virDomainPtr domains[] = { domain, NULL };

    if (!domain)
        return virt_failure(arena);
    if (virDomainListGetStats(domains, 0, &records, 0) < 0)
        e = virt_failure(arena);
    else if (records[0])
        read_usage(records[0], arena, disk, out);
    if (records)
        virDomainStatsRecordListFree(records);
    virDomainFree(domain);
    return e;
}

struct error *virt_domain_list(struct virt *virt, struct arena *arena, struct virt_names *out)
{
    virDomainPtr *domains = NULL;
    int count = virConnectListAllDomains(virt->connection, &domains, 0);

    if (count < 0)
        return virt_failure(arena);
    out->name = arena_array(arena, (size_t)count + 1, sizeof *out->name);
    out->count = (size_t)count;
    for (int i = 0; i < count; i++) {
        out->name[i] = arena_copy(arena, virDomainGetName(domains[i]));
        virDomainFree(domains[i]);
    }
    virt_release(domains);
    return NULL;
}

/* ---- snapshots ---- */

struct creation {
    const char *xml;
    bool is_redefine;
};

static int create_snapshot(virDomainPtr domain, const void *argument)
{
    const struct creation *wanted = argument;
    virDomainSnapshotPtr made = virDomainSnapshotCreateXML(
        domain, wanted->xml, wanted->is_redefine ? VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE : 0);

    if (!made)
        return -1;
    virDomainSnapshotFree(made);
    return 0;
}

struct error *virt_snapshot_create(struct virt *virt, struct arena *arena, const char *name,
                                   const char *xml, bool is_redefine)
{
    return domain_do(virt, arena, name, create_snapshot,
                     &(struct creation){ .xml = xml, .is_redefine = is_redefine });
}

/* An operation on one snapshot of a domain. */
struct snapshot_act {
    const char *snapshot;
    int (*act)(virDomainSnapshotPtr, void *);
    void *argument;
};

static int snapshot_do(virDomainPtr domain, const void *argument)
{
    const struct snapshot_act *wanted = argument;
    virDomainSnapshotPtr snapshot = virDomainSnapshotLookupByName(domain, wanted->snapshot, 0);
    int result;

    if (!snapshot)
        return -1;
    result = wanted->act(snapshot, wanted->argument);
    virDomainSnapshotFree(snapshot);
    return result;
}

static int read_snapshot(virDomainSnapshotPtr snapshot, void *argument)
{
    char **text = argument;

    *text = virDomainSnapshotGetXMLDesc(snapshot, 0);
    return *text ? 0 : -1;
}

struct error *virt_snapshot_text(struct virt *virt, struct arena *arena, const char *name,
                                 const char *snapshot, const char **out)
{
    char *text = NULL;
    struct snapshot_act act = { .snapshot = snapshot, .act = read_snapshot, .argument = &text };
    struct error *e = domain_do(virt, arena, name, snapshot_do, &act);

    return e ? e : virt_checked_text(arena, text, out);
}

static int revert_snapshot(virDomainSnapshotPtr snapshot, void *argument)
{
    (void)argument;
    if (virDomainRevertToSnapshot(snapshot, 0) == 0)
        return 0;
    /* "Risky" means that the guest must be restarted, which is intended. */
    if (virGetLastErrorCode() != VIR_ERR_SNAPSHOT_REVERT_RISKY)
        return -1;
    return virDomainRevertToSnapshot(snapshot, VIR_DOMAIN_SNAPSHOT_REVERT_FORCE);
}

struct error *virt_snapshot_revert(struct virt *virt, struct arena *arena, const char *name,
                                   const char *snapshot)
{
    struct snapshot_act act = { .snapshot = snapshot, .act = revert_snapshot };

    return domain_do(virt, arena, name, snapshot_do, &act);
}

static int delete_snapshot(virDomainSnapshotPtr snapshot, void *argument)
{
    const bool *is_record_only = argument;

    return virDomainSnapshotDelete(snapshot,
                                   *is_record_only ? VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY : 0);
}

struct error *virt_snapshot_delete(struct virt *virt, struct arena *arena, const char *name,
                                   const char *snapshot, bool is_record_only)
{
    struct snapshot_act act = { .snapshot = snapshot,
                                .act = delete_snapshot,
                                .argument = &is_record_only };

    return domain_do(virt, arena, name, snapshot_do, &act);
}

struct error *virt_snapshot_list(struct virt *virt, struct arena *arena, const char *name,
                                 struct virt_names *out)
{
    virDomainSnapshotPtr *snapshots = NULL;
    struct error *e = NULL;
    virDomainPtr domain = virDomainLookupByName(virt->connection, name);
    int count;

    if (!domain)
        return virt_failure(arena);
    count = virDomainListAllSnapshots(domain, &snapshots, 0);
    if (count < 0)
        e = virt_failure(arena);
    else
        out->name = arena_array(arena, (size_t)count + 1, sizeof *out->name);
    for (int i = 0; i < count; i++) {
        out->name[out->count++] = arena_copy(arena, virDomainSnapshotGetName(snapshots[i]));
        virDomainSnapshotFree(snapshots[i]);
    }
    virt_release(snapshots);
    virDomainFree(domain);
    return e;
}
