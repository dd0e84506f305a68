/*
 * The XML passed to libvirt. Every text is escaped; only ids and integers come from users. Does not
 * use libvirt: text in, text out, in the arena.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* Target names of the disk and of the CD-ROM drive with the seed. */
#define DRIVER_XML_DISK  "vda"
#define DRIVER_XML_CDROM "sda"

/*
 * The user and group that QEMU runs as in the system profile; files belong to the worker and are
 * accessible to that group.
 */
#define DRIVER_XML_GROUP "libvirt-qemu"
#define DRIVER_XML_USER  "libvirt-qemu:" DRIVER_XML_GROUP

/* The way to a guest agent. */
#define DRIVER_XML_AGENT_NAME "org.qemu.guest_agent.0"

/* Interval of the guest's memory statistics, in seconds. */
#define DRIVER_XML_STATISTICS_S 5

struct driver_xml_domain {
    const char *type; /* "kvm", "qemu", "test": a test domain has no devices */
    const char *name;
    const char *uuid;
    int64_t vcpus;
    int64_t memory_mb;
    const char *kernel; /* paths; NULL: the firmware boots the disk */
    const char *initrd;
    const char *kernel_arguments;
    const char *disk;
    int64_t disk_iops, disk_mb_s; /* each second; 0: no limit */
    const char *seed;             /* NULL: an empty drive */
    int64_t ssh_port;             /* session: port of 127.0.0.1 forwarded to the guest's 22 */
    const char *net_dir;          /* session: the folder of guest_relay */
    const char *network;          /* otherwise: the libvirt network, with this address */
    bool has_agent;               /* with a channel to its guest agent */
    const char *agent;            /* its socket; NULL: where libvirt has it */
    const char *mac;
    const char *address;
};

struct driver_xml_volume {
    const char *name;
    int64_t bytes;
    const char *backing; /* NULL: blank */
    const char *mode;    /* "0600" */
    bool has_owner;      /* otherwise the daemon's own */
    int64_t user_id;
    int64_t group_id;
};

/* Escapes & < > " '; characters not allowed in XML become '?'. */
void driver_xml_text(struct buf *buf, const char *text);

const char *driver_xml_domain(struct arena *arena, const struct driver_xml_domain *domain);

/* The CD-ROM drive, as in the domain; `seed` NULL: empty. */
const char *driver_xml_cdrom(struct arena *arena, const char *seed);

/* The way to the guest agent, as in the domain; `path` NULL: where libvirt has its socket. */
const char *driver_xml_agent(struct arena *arena, const char *path);

const char *driver_xml_snapshot(struct arena *arena, const char *name);
const char *driver_xml_pool(struct arena *arena, const char *name, const char *directory);
const char *driver_xml_volume(struct arena *arena, const struct driver_xml_volume *volume);

/* A static DHCP lease. */
const char *driver_xml_host(struct arena *arena, const char *mac, const char *address);

/* Where QEMU sends the frames of the guest with this port, as in a session domain's XML. */
const char *driver_xml_relayed(struct arena *arena, const char *net_dir, int64_t port);

/* The port forwarding rule from 127.0.0.1 to the guest, as in a session domain's XML. */
const char *driver_xml_forward(struct arena *arena, int64_t port);

/* The port in the first such rule in the XML of a domain or snapshot; 0: none. */
int64_t driver_xml_forwarded_port(struct arena *arena, const char *xml);

/* `xml` with every `old` replaced by `new`. */
const char *driver_xml_replace(struct arena *arena, const char *xml, const char *old,
                               const char *new_text);
