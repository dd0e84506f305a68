/*
 * What a guest reaches, tried from inside one; see promise.h. The script that it runs (probe.h)
 * tries everything at once, as a hostile guest could: it sets its own route. To know that "nothing
 * answered" is no fault of its own, it first tries a port that it has opened itself.
 */
#include "worker/promise.h"

#include "adapter/json.h"
#include "base/array.h"
#include "base/buf.h"
#include "base/limit.h"
#include "base/log.h"
#include "base/url.h"
#include "main_constants.sql.h"
#include "worker/probe.h"

#include "vm.sql.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PING = 0, SSH_PORT = 22, HTTP_PORT = 80, HTTPS_PORT = 443 };
enum kind { NEIGHBOUR, HOST, METADATA, PRIVATE, KINDS };

static const char *const kind_words[KINDS] = { "neighbour", "host", "metadata", "private" };
static const char *const kind_names[KINDS] = { "at other VMs", "at this server",
                                               "at cloud metadata", "in private networks" };

/*
 * "neighbour 10.0.2.2 22003" each: what the guest tries to reach, in one network after the other.
 * Port 0 is a ping.
 */
struct targets {
    struct buf lines;
    size_t network;      /* the one under way */
    const char *gateway; /* its host */
    struct buf gateways; /* of all of them */
    int64_t count;
};

/* Of all regions. */
struct sums {
    int64_t tried[KINDS], answered[KINDS];
    const char *removed; /* what the host has confirmed to be gone */
    const char *unknown; /* why a region could not be measured; NULL: all were */
};

/* ---- what is tried ---- */

static void target_add(struct targets *targets, enum kind kind, const char *address, int64_t port)
{
    buf_printf(&targets->lines, "%s %s %lld\n", kind_words[kind], address, (long long)port);
    targets->count++;
}

/* Where this website listens: something answers there, if it can be reached. */
static int64_t own_port(const struct context *now)
{
    const char *service = url_service(now->arena, now->config->public_url);
    const char *colon = strrchr(service, ':');
    int64_t port = colon ? strtoll(colon + 1, NULL, 10) : 0;

    return port ? port : HTTPS_PORT;
}

static void host_add(struct targets *targets, const struct context *now, const char *address)
{
    target_add(targets, HOST, address, SSH_PORT);
    target_add(targets, HOST, address, own_port(now));
}

static void ipv6_add(struct targets *targets, const struct sockaddr_in6 *ipv6)
{
    char address[INET6_ADDRSTRLEN + sizeof "%eth99"];
    size_t length;

    if (!inet_ntop(AF_INET6, &ipv6->sin6_addr, address, INET6_ADDRSTRLEN))
        return;
    length = strlen(address);
    if (IN6_IS_ADDR_LINKLOCAL(&ipv6->sin6_addr))
        snprintf(address + length, sizeof address - length, "%%eth%zu", targets->network % 100);
    target_add(targets, HOST, address, PING);
}

/*
 * The server by each of its addresses. A gateway that is none of them is QEMU's: it answers pings
 * itself, and stands for the server's loopback.
 */
static struct error *hosts_add(struct targets *targets, const struct context *now)
{
    struct ifaddrs *all = NULL;

    host_add(targets, now, targets->gateway);
    if (getifaddrs(&all) < 0)
        return error_new(now->arena, ERROR_INTERNAL, "getifaddrs: %m");
    for (const struct ifaddrs *one = all; one; one = one->ifa_next) {
        char address[INET_ADDRSTRLEN];
        struct sockaddr_in ipv4;
        struct sockaddr_in6 ipv6;

        if (!one->ifa_addr || (one->ifa_flags & IFF_LOOPBACK))
            continue;
        if (one->ifa_addr->sa_family == AF_INET6) {
            memcpy(&ipv6, one->ifa_addr, sizeof ipv6);
            ipv6_add(targets, &ipv6);
        }
        if (one->ifa_addr->sa_family != AF_INET)
            continue;
        memcpy(&ipv4, one->ifa_addr, sizeof ipv4);
        if (!inet_ntop(AF_INET, &ipv4.sin_addr, address, sizeof address))
            continue;
        target_add(targets, HOST, address, PING);
        if (strcmp(address, targets->gateway) != 0)
            host_add(targets, now, address);
    }
    freeifaddrs(all);
    return NULL;
}

static struct error *neighbours_add(struct targets *targets, const struct context *now,
                                    const struct driver *driver, const char *region)
{
    struct vm_alive_rows vms;
    struct error *e = sql_vm_alive(now->db, now->arena, region, &vms);
    int64_t added = 0;

    for (size_t i = 0; !e && i < vms.count && added < LIMIT_PROBE_NEIGHBOURS; i++) {
        const struct driver_vm vm = { .id = vms.row[i].id,
                                      .ssh = { vms.row[i].ssh_host, vms.row[i].ssh_port } };
        struct driver_endpoint at;

        if (strcmp(vms.row[i].observed, VM_OBSERVED_RUNNING) != 0 || !vm.ssh.port)
            continue;
        at = driver_seen_by_guests(driver, now->arena, &vm, targets->network);
        target_add(targets, NEIGHBOUR, at.host, at.port);
        if (strcmp(at.host, targets->gateway) != 0)
            target_add(targets, NEIGHBOUR, at.host, PING);
        added++;
    }
    return e;
}

/* RFC 1918 and RFC 6598. */
static bool is_private(uint32_t address)
{
    return address >> 24 == 10 || address >> 20 == (172 << 4 | 1) ||
           address >> 16 == (192 << 8 | 168) || address >> 22 == (100 << 2 | 1);
}

/* The server's own router, if its address is private; "": none. Who would answer, does so there. */
static const char *router_find(struct arena *arena)
{
    FILE *file = fopen("/proc/net/route", "re");
    struct in_addr found = { 0 };
    unsigned int destination, gateway;
    char line[256];

    while (file && fgets(line, sizeof line, file)) {
        if (sscanf(line, "%*s %x %x", &destination, &gateway) == 2 && !destination && gateway)
            found.s_addr = gateway;
    }
    if (file)
        fclose(file);
    return is_private(ntohl(found.s_addr)) ? arena_copy(arena, inet_ntoa(found)) : "";
}

static void private_add(struct targets *targets, const char *address)
{
    target_add(targets, PRIVATE, address, PING);
    target_add(targets, PRIVATE, address, HTTP_PORT);
    target_add(targets, PRIVATE, address, HTTPS_PORT);
}

/* Where clouds have their metadata, and where networks often have a router. */
static void others_add(struct targets *targets, struct arena *arena)
{
    static const char *const routers[] = { "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1" };
    const char *own = router_find(arena);

    target_add(targets, METADATA, "169.254.169.254", PING);
    target_add(targets, METADATA, "169.254.169.254", HTTP_PORT);
    target_add(targets, METADATA, "168.63.129.16", HTTP_PORT);
    for (size_t i = 0; i < COUNT(routers); i++)
        private_add(targets, routers[i]);
    if (*own)
        private_add(targets, own);
}

/* ---- the script ---- */

/*
 * For busybox. `nc ... -e` runs its program only once connected, so its status says whether anybody
 * accepted. An address of the guest itself proves nothing and is left out. What follows calls
 * `tried_in INTERFACE GATEWAY` for each network, with its targets.
 */
#define SCRIPT_BEGIN                                                                               \
    "cd /run\n"                                                                                    \
    "address_of() { ip addr show dev \"$1\" | sed -n 's/^ *inet \\([0-9.]*\\).*/\\1/p'; }\n"       \
    "try() {\n"                                                                                    \
    "    if [ \"$2\" = 0 ]; then ping -c 2 -W 2 \"$1\"\n"                                          \
    "    else nc -w 3 \"$1\" \"$2\" -e /bin/true; fi >/dev/null 2>&1\n"                            \
    "}\n"                                                                                          \
    "control=1 skipped=0 gateways=\n"                                                              \
    "tried_in() {\n"                                                                               \
    "    for _ in $(seq 300); do [ -z \"$(address_of $1)\" ] || break; sleep 0.1; done\n"          \
    "    own=$(address_of $1)\n"                                                                   \
    "    ip route replace default via $2 dev $1\n"                                                 \
    "    ip -6 route replace default dev $1 2>/dev/null\n"                                         \
    "    gateways=\"$gateways $(ip route | sed -n 's/^default via \\([0-9.]*\\).*/\\1/p')\"\n"     \
    "    nc -l -p 7 -e /bin/true &\n"                                                              \
    "    reached=0\n"                                                                              \
    "    for _ in $(seq 50); do try \"$own\" 7 && reached=1 && break; sleep 0.1; done\n"           \
    "    kill $! 2>/dev/null\n"                                                                    \
    "    [ $reached = 1 ] || control=0\n"                                                          \
    "    while read -r kind address port; do\n"                                                    \
    "        if [ \"$address\" = \"$own\" ]; then skipped=$((skipped + 1)); continue; fi\n"        \
    "        echo \"$kind\" >>tried\n"                                                             \
    "        (try \"$address\" \"$port\" && echo \"$kind\" >>answered) </dev/null &\n"             \
    "    done\n"                                                                                   \
    "    wait\n"                                                                                   \
    "}\n"

#define SCRIPT_END                                                                                 \
    "sums() {\n"                                                                                   \
    "    touch \"$1\"\n"                                                                           \
    "    for kind in neighbour host metadata private; do\n"                                        \
    "        printf '\"%s\":%d,' $kind \"$(grep -c \"^$kind$\" \"$1\")\"\n"                        \
    "    done | sed 's/,$//'\n"                                                                    \
    "}\n"                                                                                          \
    "printf '{\"gateways\":\"%s\",\"control\":%d,\"skipped\":%d,\"tried\":{%s},"                   \
    "\"answered\":{%s}}' \"$gateways\" $control $skipped \"$(sums tried)\" \"$(sums answered)\" "  \
    ">/etc/issue.net\n"

/* Of the network `targets->network`, with all that is tried there. */
static struct error *network_add(struct targets *targets, const struct context *now,
                                 const struct driver *driver, const char *region)
{
    struct error *e;

    buf_printf(&targets->gateways, " %s", targets->gateway);
    buf_printf(&targets->lines, "tried_in eth%zu %s <<'TARGETS'\n", targets->network,
               targets->gateway);
    e = neighbours_add(targets, now, driver, region);
    if (!e)
        e = hosts_add(targets, now);
    others_add(targets, now->arena);
    buf_literal(&targets->lines, "TARGETS\n");
    return e;
}

/* Networks after the first are those by which guests reach the internet: if they do. */
static struct error *targets_add(struct targets *targets, const struct context *now,
                                 struct driver *driver, const char *region)
{
    struct error *e = NULL;

    for (targets->network = 0; !e; targets->network++) {
        targets->gateway = driver_seen_by_guests(driver, now->arena, NULL, targets->network).host;
        if (!targets->gateway || (targets->network && driver_internet(driver, now->arena)))
            break;
        e = network_add(targets, now, driver, region);
    }
    return e;
}

/* ---- what it reports ---- */

static struct error *report_take(const struct context *now, const struct targets *targets,
                                 const struct probe_result *result, struct sums *sums)
{
    const struct json *report;
    struct error *e = json_read(now->arena, result->report, strlen(result->report), &report);
    int64_t count = e ? 0 : json_number_at(report, "skipped");
    const char *gateways = e ? NULL : json_get_text(report, "gateways");

    for (size_t i = 0; !e && i < KINDS; i++) {
        int64_t tried = json_number_at(report, arena_printf(now->arena, "tried.%s", kind_words[i]));

        count += tried;
        sums->tried[i] += tried;
        sums->answered[i] +=
            json_number_at(report, arena_printf(now->arena, "answered.%s", kind_words[i]));
    }
    if (e || (gateways && strcmp(gateways, targets->gateways.bytes) == 0 &&
              count == targets->count && json_number_at(report, "control") == 1))
        return e;
    log_error("probe", log_text("report", result->report));
    return error_refuse(now->arena, ERROR_CONFLICT, "probe", NULL,
                        "The guest that was started for this could not try everything.");
}

static struct error *region_measure(struct worker_context *context, const struct context *now,
                                    const struct config_region *region, struct sums *sums)
{
    struct targets targets = { .lines = buf_new(now->arena, 4096),
                               .gateways = buf_new(now->arena, 64) };
    struct probe_result result = { .report = NULL };
    struct driver *driver;
    struct error *e = worker_context_driver(context, now->arena, region->name, &driver);

    if (e)
        return e;
    e = targets_add(&targets, now, driver, region->name);
    if (!e)
        e = probe_run(
            context, now, region,
            arena_printf(now->arena, "%s%s%s", SCRIPT_BEGIN, targets.lines.bytes, SCRIPT_END),
            &result);
    if (result.removed)
        sums->removed = result.removed;
    return e ? e : report_take(now, &targets, &result, sums);
}

static const char *why_unknown(const struct error *e)
{
    if (e->message)
        return e->message;
    return e->kind == ERROR_UPSTREAM
               ? "A host cannot be reached, or could not start the guest."
               : "The check failed. The reason is in the operator\u2019s log.";
}

/* "2 of 25 attempts from inside a guest were answered: 2 of 7 at this server, 0 of ...". */
static const char *evidence_of(const struct context *now, const struct sums *sums, int64_t answered)
{
    struct buf text = buf_new(now->arena, 512);
    int64_t tried = 0;

    for (size_t i = 0; i < KINDS; i++)
        tried += sums->tried[i];
    buf_printf(&text,
               "%lld of %lld attempts from inside a guest were answered: ", (long long)answered,
               (long long)tried);
    for (size_t i = 0; i < KINDS; i++) {
        buf_text(&text, i ? ", " : "");
        if (i == NEIGHBOUR && !sums->tried[i])
            buf_literal(&text, "no other VM ran");
        else
            buf_printf(&text, "%lld of %lld %s", (long long)sums->answered[i],
                       (long long)sums->tried[i], kind_names[i]);
    }
    buf_char(&text, '.');
    if (sums->removed)
        buf_printf(&text, " The guest was removed, as its host confirmed: %s.", sums->removed);
    if (sums->unknown)
        buf_printf(&text, " Not everywhere: %s", sums->unknown);
    return text.bytes;
}

struct error *promise_probe_check(struct worker_context *context, const struct promise *promise,
                                  const struct context *now, struct promise_reading *out)
{
    const struct config *config = context->config;
    struct sums sums = { .removed = NULL };

    (void)promise;
    for (size_t i = 0; i < config->region_count; i++) {
        struct error *e = region_measure(context, now, &config->regions[i], &sums);

        if (!e)
            continue;
        sums.unknown = why_unknown(e);
        if (!e->message)
            log_error("probe", log_text("region", config->regions[i].name),
                      log_text("error", e->text));
    }
    for (size_t i = 0; i < KINDS; i++)
        out->figure += sums.answered[i];
    out->is_known = !sums.unknown || out->figure > 0; /* one that answers is enough */
    out->evidence = out->is_known ? evidence_of(now, &sums, out->figure) : sums.unknown;
    return NULL;
}
