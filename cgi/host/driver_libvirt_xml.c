/*
 * Builds the XML for libvirt (see driver_libvirt_xml.h), and finds our few values in the XML that
 * libvirt returns.
 */
#include "host/driver_libvirt_xml.h"

#include "adapter/xml.h"

#include <stdlib.h>
#include <string.h>

enum { BYTES_PER_MB = 1000 * 1000 };

#define FORWARD_BEFORE "hostfwd=tcp:127.0.0.1:"
#define FORWARD_AFTER  "-:22"

void driver_xml_text(struct buf *buf, const char *text)
{
    for (const char *c = text; *c; c++) {
        unsigned char byte = (unsigned char)*c;

        if (byte == '&')
            buf_literal(buf, "&amp;");
        else if (byte == '<')
            buf_literal(buf, "&lt;");
        else if (byte == '>')
            buf_literal(buf, "&gt;");
        else if (byte == '"')
            buf_literal(buf, "&quot;");
        else if (byte == '\'')
            buf_literal(buf, "&apos;");
        else if (byte < 0x20 || byte == 0x7f)
            buf_char(buf, '?');
        else
            buf_char(buf, *c);
    }
}

/* <name>text</name> */
static void element(struct buf *buf, const char *name, const char *text)
{
    buf_printf(buf, "<%s>", name);
    driver_xml_text(buf, text);
    buf_printf(buf, "</%s>\n", name);
}

/* name='text' */
static void attribute(struct buf *buf, const char *name, const char *text)
{
    buf_printf(buf, " %s='", name);
    driver_xml_text(buf, text);
    buf_char(buf, '\'');
}

/*
 * Against what real processors do speculatively, a kernel pays with each system call; emulated,
 * that is a third of a boot, for a processor that does not.
 */
static const char *kernel_arguments(struct arena *arena, const struct driver_xml_domain *domain)
{
    bool is_emulated = strcmp(domain->type, "kvm") != 0;

    return arena_printf(arena, "%s%s", domain->kernel_arguments,
                        is_emulated ? " mitigations=off" : "");
}

static void machine(struct buf *buf, const struct driver_xml_domain *domain)
{
    buf_literal(buf, "<os><type arch='x86_64' machine='pc'>hvm</type>\n");
    if (domain->kernel) {
        element(buf, "kernel", domain->kernel);
        element(buf, "initrd", domain->initrd);
        element(buf, "cmdline", kernel_arguments(buf->arena, domain));
    } else {
        buf_literal(buf, "<boot dev='hd'/>\n");
    }
    buf_literal(buf, "</os>\n<features><acpi/><apic/>");
    if (strcmp(domain->type, "kvm") == 0) {
        buf_literal(buf, "</features>\n<cpu mode='host-passthrough' migratable='on'/>\n");
    } else {
        /* The default translation cache is 1 GB. Debian boots 14 % faster with 128 MB than with 64,
         * 3 % with 256. */
        buf_literal(buf, "<tcg><tb-cache unit='MiB'>128</tb-cache></tcg></features>\n"
                         "<cpu mode='custom' match='exact' check='none'>"
                         "<model fallback='allow'>Nehalem</model></cpu>\n");
    }
    buf_literal(buf, "<clock offset='utc'/>\n<on_poweroff>destroy</on_poweroff>"
                     "<on_reboot>restart</on_reboot><on_crash>destroy</on_crash>\n");
}

static void cdrom(struct buf *buf, const char *seed)
{
    buf_literal(buf, "<disk type='file' device='cdrom'><driver name='qemu' type='raw'/>");
    if (seed) {
        buf_literal(buf, "<source");
        attribute(buf, "file", seed);
        buf_literal(buf, "/>");
    }
    buf_literal(buf, "<target dev='" DRIVER_XML_CDROM "' bus='scsi'/><readonly/></disk>\n");
}

static void agent(struct buf *buf, const char *path)
{
    buf_literal(buf, "<channel type='unix'>");
    if (path) {
        buf_literal(buf, "<source mode='bind'");
        attribute(buf, "path", path);
        buf_literal(buf, "/>");
    }
    buf_literal(buf, "<target type='virtio' name='" DRIVER_XML_AGENT_NAME "'/></channel>\n");
}

static void devices(struct buf *buf, const struct driver_xml_domain *domain)
{
    buf_literal(buf, "<devices>\n<disk type='file' device='disk'>"
                     "<driver name='qemu' type='qcow2' discard='unmap'/><source");
    attribute(buf, "file", domain->disk);
    buf_literal(buf, "/><target dev='" DRIVER_XML_DISK "' bus='virtio'/>");
    buf_printf(buf,
               "<iotune><total_bytes_sec>%lld</total_bytes_sec>"
               "<total_iops_sec>%lld</total_iops_sec></iotune></disk>\n",
               (long long)domain->disk_mb_s * BYTES_PER_MB, (long long)domain->disk_iops);
    /* The serial one is for an agent, which a running guest may get. */
    buf_literal(buf, "<controller type='scsi' index='0' model='virtio-scsi'/>\n"
                     "<controller type='virtio-serial' index='0'/>\n"
                     "<controller type='usb' model='none'/>\n");
    cdrom(buf, domain->seed);
    buf_printf(buf,
               "<serial type='pty'><target port='0'/></serial>\n"
               "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>\n"
               "<memballoon model='virtio'><stats period='%d'/></memballoon>\n",
               DRIVER_XML_STATISTICS_S);
    if (domain->has_agent)
        agent(buf, domain->agent);
    if (domain->network) {
        /* Isolated from other guests on the bridge; cannot spoof addresses. */
        buf_literal(buf, "<interface type='network'><source");
        attribute(buf, "network", domain->network);
        buf_literal(buf, "/><mac");
        attribute(buf, "address", domain->mac);
        buf_literal(buf, "/><model type='virtio'/><port isolated='yes'/>"
                         "<filterref filter='clean-traffic'><parameter name='IP'");
        attribute(buf, "value", domain->address);
        buf_literal(buf, "/><parameter name='MAC'");
        attribute(buf, "value", domain->mac);
        buf_literal(buf, "/></filterref></interface>\n");
    }
    buf_literal(buf, "</devices>\n");
}

const char *driver_xml_forward(struct arena *arena, int64_t port)
{
    return arena_printf(arena, FORWARD_BEFORE "%lld" FORWARD_AFTER, (long long)port);
}

const char *driver_xml_relayed(struct arena *arena, const char *net_dir, int64_t port)
{
    /* In QEMU's options a comma is written twice. */
    const char *folder = driver_xml_replace(arena, net_dir, ",", ",,");

    return arena_printf(arena,
                        "dgram,id=internet,local.type=unix,local.path=%s/%lld,"
                        "remote.type=unix,remote.path=%s/relay",
                        folder, (long long)port, folder);
}

static void argument(struct buf *buf, const char *value)
{
    buf_literal(buf, "<qemu:arg");
    attribute(buf, "value", value);
    buf_literal(buf, "/>");
}

/*
 * Two networks that libvirt cannot express. A user-mode network with `restrict=on`, which isolates
 * the guest from the host's loopback and the internet, is the way to its SSH: it works whatever
 * happens to the other one, by which guest_relay carries frames. The user-mode network's DHCP
 * server then names neither router nor resolver.
 */
static void user_networks(struct buf *buf, const struct driver_xml_domain *domain)
{
    buf_literal(buf, "<qemu:commandline>\n");
    argument(buf, "-netdev");
    argument(buf, arena_printf(buf->arena, "user,id=ssh,restrict=on,%s",
                               driver_xml_forward(buf->arena, domain->ssh_port)));
    argument(buf, "-device");
    argument(buf, "virtio-net-pci,netdev=ssh,mac=52:54:00:4d:00:01,addr=0x10");
    argument(buf, "-netdev");
    argument(buf, driver_xml_relayed(buf->arena, domain->net_dir, domain->ssh_port));
    argument(buf, "-device");
    argument(buf, arena_printf(buf->arena, "virtio-net-pci,netdev=internet,mac=%s,addr=0x11",
                               domain->mac));
    buf_literal(buf, "\n</qemu:commandline>\n");
}

const char *driver_xml_domain(struct arena *arena, const struct driver_xml_domain *domain)
{
    struct buf buf = buf_new(arena, 4096);
    bool is_test = strcmp(domain->type, "test") == 0;
    bool is_session = !is_test && !domain->network;

    buf_literal(&buf, "<domain");
    attribute(&buf, "type", domain->type);
    if (is_session)
        buf_literal(&buf, " xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'");
    buf_literal(&buf, ">\n");
    element(&buf, "name", domain->name);
    element(&buf, "uuid", domain->uuid);
    buf_printf(&buf, "<memory unit='MiB'>%lld</memory>\n<vcpu>%lld</vcpu>\n",
               (long long)domain->memory_mb, (long long)domain->vcpus);
    if (is_test) {
        buf_literal(&buf, "<os><type>hvm</type></os><devices/>\n");
    } else {
        machine(&buf, domain);
        devices(&buf, domain);
    }
    if (is_session)
        user_networks(&buf, domain);
    /* Otherwise libvirt would chown the files to QEMU's user, even the image that all VMs share. */
    if (domain->network)
        buf_literal(&buf, "<seclabel type='static' model='dac' relabel='no'><label>" DRIVER_XML_USER
                          "</label></seclabel>\n");
    buf_literal(&buf, "</domain>\n");
    return buf.bytes;
}

const char *driver_xml_cdrom(struct arena *arena, const char *seed)
{
    struct buf buf = buf_new(arena, 256);

    cdrom(&buf, seed);
    return buf.bytes;
}

const char *driver_xml_agent(struct arena *arena, const char *path)
{
    struct buf buf = buf_new(arena, 256);

    agent(&buf, path);
    return buf.bytes;
}

const char *driver_xml_snapshot(struct arena *arena, const char *name)
{
    struct buf buf = buf_new(arena, 256);

    buf_literal(&buf, "<domainsnapshot>");
    element(&buf, "name", name);
    buf_literal(&buf, "</domainsnapshot>\n");
    return buf.bytes;
}

const char *driver_xml_pool(struct arena *arena, const char *name, const char *directory)
{
    struct buf buf = buf_new(arena, 256);

    buf_literal(&buf, "<pool type='dir'>");
    element(&buf, "name", name);
    buf_literal(&buf, "<target>");
    element(&buf, "path", directory);
    buf_literal(&buf, "</target></pool>\n");
    return buf.bytes;
}

const char *driver_xml_volume(struct arena *arena, const struct driver_xml_volume *volume)
{
    struct buf buf = buf_new(arena, 512);

    buf_literal(&buf, "<volume>");
    element(&buf, "name", volume->name);
    buf_printf(&buf,
               "<capacity unit='bytes'>%lld</capacity><allocation>0</allocation>\n"
               "<target><format type='qcow2'/><permissions><mode>%s</mode>",
               (long long)volume->bytes, volume->mode);
    if (volume->has_owner)
        buf_printf(&buf, "<owner>%lld</owner><group>%lld</group>", (long long)volume->user_id,
                   (long long)volume->group_id);
    buf_literal(&buf, "</permissions><compat>1.1</compat></target>\n");
    if (volume->backing) {
        buf_literal(&buf, "<backingStore>");
        element(&buf, "path", volume->backing);
        buf_literal(&buf, "<format type='qcow2'/></backingStore>\n");
    }
    buf_literal(&buf, "</volume>\n");
    return buf.bytes;
}

const char *driver_xml_host(struct arena *arena, const char *mac, const char *address)
{
    struct buf buf = buf_new(arena, 128);

    buf_literal(&buf, "<host");
    attribute(&buf, "mac", mac);
    attribute(&buf, "ip", address);
    buf_literal(&buf, "/>");
    return buf.bytes;
}

int64_t driver_xml_forwarded_port(struct arena *arena, const char *xml)
{
    static const char path[] = "substring-after(//*[local-name() = 'arg']/@value[contains(., "
                               "'" FORWARD_BEFORE "')], '" FORWARD_BEFORE "')";
    const char *found = xml_find(arena, xml, path);

    return found ? strtoll(found, NULL, 10) : 0;
}

const char *driver_xml_replace(struct arena *arena, const char *xml, const char *old,
                               const char *new_text)
{
    struct buf buf = buf_new(arena, strlen(xml) + 64);

    for (const char *found; (found = strstr(xml, old)); xml = found + strlen(old)) {
        buf_bytes(&buf, xml, (size_t)(found - xml));
        buf_text(&buf, new_text);
    }
    buf_text(&buf, xml);
    return buf.bytes;
}
