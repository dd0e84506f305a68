/*
 * The XML that libvirt is given. Every text passes an escaper; only ids and integers of it come
 * from users. No libvirt here: text in, text out, in the arena.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* Target of the disk, and of the CD-ROM drive that holds the seed. */
#define DRIVER_XML_DISK  "vda"
#define DRIVER_XML_CDROM "sda"

/* As whom QEMU runs in the system profile; its files are the worker's, and open to that group. */
#define DRIVER_XML_GROUP "libvirt-qemu"
#define DRIVER_XML_USER  "libvirt-qemu:" DRIVER_XML_GROUP

/* Seconds between two memory statistics of the guest. */
#define DRIVER_XML_STATISTICS_S 5

struct driver_xml_domain {
    const char *type; /* "kvm", "qemu", "test": a test domain has no devices */
    const char *name;
    const char *uuid;
    int64_t vcpus;
    int64_t memory_mb;
    const char *kernel; /* paths */
    const char *initrd;
    const char *kernel_arguments;
    const char *disk;
    const char *seed;    /* NULL: an empty drive */
    int64_t ssh_port;    /* in a session: port of 127.0.0.1 that leads to the guest's 22 */
    const char *network; /* else: the libvirt network, with this address */
    const char *mac;
    const char *address;
};

struct driver_xml_volume {
    const char *name;
    int64_t bytes;
    const char *backing; /* NULL: blank */
    const char *mode;    /* "0600" */
    bool has_owner;      /* else the daemon's own */
    int64_t user_id;
    int64_t group_id;
};

/* & < > " ' escaped; characters that XML cannot hold become '?'. */
void driver_xml_text(struct buf *buf, const char *text);

const char *driver_xml_domain(struct arena *arena, const struct driver_xml_domain *domain);

/* The CD-ROM drive, as in the domain; `seed` NULL: empty. */
const char *driver_xml_cdrom(struct arena *arena, const char *seed);

const char *driver_xml_snapshot(struct arena *arena, const char *name);
const char *driver_xml_pool(struct arena *arena, const char *name, const char *directory);
const char *driver_xml_volume(struct arena *arena, const struct driver_xml_volume *volume);

/* A fixed DHCP address. */
const char *driver_xml_host(struct arena *arena, const char *mac, const char *address);

/* The rule that leads a port of 127.0.0.1 to the guest, as it stands in a session domain's XML. */
const char *driver_xml_forward(struct arena *arena, int64_t port);

/* The port in the first such rule of a domain's or snapshot's XML; 0: none. */
int64_t driver_xml_forwarded_port(struct arena *arena, const char *xml);

/* `xml` with every `old` replaced by `new`. */
const char *driver_xml_replace(struct arena *arena, const char *xml, const char *old,
                               const char *new_text);
