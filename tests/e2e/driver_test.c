/*
 * The libvirt driver through the whole life of a VM, against a real libvirt.
 *
 *   driver_test URI STATE_DIR IMAGE_DIR FIRST_PORT
 *
 * With qemu:///session real guests run and are signed in to; with a test:// address the same calls
 * are made as far as the test driver supports them. With qemu:///system the network is tested too:
 * what a guest can reach of another guest, of the host and of the outside; root's part is done by
 * system/world.sh. driver.sh prepares the environment. Each step is printed with its duration; the
 * first failure ends the program.
 */
#include "adapter/subprocess.h"
#include "base/clock.h"
#include "host/driver_libvirt.h"
#include "host/virt_status.h"

#include <arpa/inet.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define FIRST   "aaaaaaaaaaaaaaa2"
#define SECOND  "bbbbbbbbbbbbbbb3"
#define BRIDGE  "dom0"
#define HOST    "10.77.0.1"    /* the bridge's address */
#define OUTER   "198.51.100.1" /* the host as seen from outside, see system/world.sh */
#define WORLD   "198.51.100.2"
#define PRIVATE "10.99.0.2"
enum { PORTS = 100, DNS_PORT = 53 };

struct test {
    struct arena *arena;
    struct driver *driver;
    struct driver_vm vm;    /* FIRST */
    struct driver_vm clone; /* SECOND */
    const char *state_dir, *uri;
    bool has_guests;
    bool is_system;
    int64_t last_us;
};

static void step(struct test *t, const char *text)
{
    int64_t now_us = clock_monotonic_us();

    printf("%7.3f s  %s\n", (double)(now_us - t->last_us) / 1e6, text);
    fflush(stdout);
    t->last_us = clock_monotonic_us();
}

static void fail(const char *what, int line)
{
    printf("FAILED at line %d: %s\n", line, what);
    exit(1);
}

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fail(#condition, __LINE__);                                                            \
    } while (0)
#define OK(call)                                                                                   \
    do {                                                                                           \
        struct error *e_ = (call);                                                                 \
        if (e_) {                                                                                  \
            printf("%s: ", error_name(e_->kind));                                                  \
            fail(e_->text, __LINE__);                                                              \
        }                                                                                          \
    } while (0)
#define FAILS(call, wanted)                                                                        \
    do {                                                                                           \
        struct error *e_ = (call);                                                                 \
        if (!e_ || e_->kind != (wanted))                                                           \
            fail(e_ ? e_->text : "succeeded: " #call, __LINE__);                                   \
    } while (0)

static enum driver_power power(struct test *t, const char *vm_id)
{
    enum driver_power power = DRIVER_ABSENT;

    OK(driver_power(t->driver, t->arena, vm_id, &power));
    return power;
}

static bool exists(struct test *t, const char *path)
{
    return access(arena_printf(t->arena, "%s/%s", t->state_dir, path), F_OK) == 0;
}

/* ---- keys and signing in ---- */

static const char *read_file(struct test *t, const char *name)
{
    char text[4096];
    size_t length;
    FILE *file = fopen(arena_printf(t->arena, "%s/%s", t->state_dir, name), "re");

    CHECK(file != NULL);
    length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    return arena_copy_bytes(t->arena, text, length);
}

/* "ssh-ed25519 AAAA..." without the comment. */
static const char *without_comment(struct test *t, const char *line)
{
    const char *blank = strchr(strchr(line, ' ') + 1, ' ');

    return blank ? arena_copy_bytes(t->arena, line, (size_t)(blank - line)) : line;
}

static void make_key(struct test *t, const char *name)
{
    const char *path = arena_printf(t->arena, "%s/%s", t->state_dir, name);
    const char *const arguments[] = { "ssh-keygen", "-q",           "-t", "ed25519", "-N", "",
                                      "-C",         "test \"]}, x", "-f", path,      NULL };

    unlink(path);
    unlink(arena_printf(t->arena, "%s.pub", path));
    OK(command_run(t->arena, arguments));
}

static const char *host_key(struct test *t, const char *name)
{
    return without_comment(t, read_file(t, arena_printf(t->arena, "%s.pub", name)));
}

/* In the system profile guests have addresses; the test's are .2 and, 50 ports later, .52. */
static const char *address(struct test *t, const struct driver_vm *vm)
{
    if (!t->is_system)
        return "127.0.0.1";
    return strcmp(vm->id, FIRST) == 0 ? "10.77.0.2" : "10.77.0.52";
}

/* Runs a shell command in the guest, verified by our own copy of its host key. */
static struct error *guest_run(struct test *t, const struct driver_vm *vm, const char *key,
                               const char *command)
{
    const char *known = arena_printf(t->arena, "%s/known_hosts", t->state_dir);
    const char *port = arena_printf(t->arena, "%d", t->is_system ? 22 : (int)vm->ssh.port);
    const char *const arguments[] = { "ssh",
                                      "-F",
                                      "none",
                                      "-o",
                                      "BatchMode=yes",
                                      "-o",
                                      "StrictHostKeyChecking=yes",
                                      "-o",
                                      arena_printf(t->arena, "UserKnownHostsFile=%s", known),
                                      "-o",
                                      "ConnectTimeout=120",
                                      "-i",
                                      arena_printf(t->arena, "%s/user_key", t->state_dir),
                                      "-p",
                                      port,
                                      arena_printf(t->arena, "dev@%s", address(t, vm)),
                                      command,
                                      NULL };
    FILE *file = fopen(known, "we");
    struct error *e;

    CHECK(file != NULL);
    if (t->is_system)
        fprintf(file, "%s %s\n", address(t, vm), host_key(t, key));
    else
        fprintf(file, "[127.0.0.1]:%s %s\n", port, host_key(t, key));
    fclose(file);
    e = command_run(t->arena, arguments);
    /* On a busy machine, connections that looked for SSH may still fill the guest's places. */
    for (int tries = 0; e && strstr(e->text, "kex_exchange_identification") && tries < 60;
         tries++) {
        usleep(500 * 1000);
        e = command_run(t->arena, arguments);
    }
    return e;
}

/* Against hanging: more polls than anything here takes on the slowest machine. */
enum { MOST_LOOKS = 3000 };

/* What a guest does that never answers: on the host, and what QEMU wrote. */
static void tell_silent_guest(struct test *t, const struct driver_vm *vm)
{
    printf("           %s is in power state %d (enum driver_power)\n", vm->id, power(t, vm->id));
    fflush(stdout);
    if (system(arena_printf(t->arena,
                            "virsh -c %s domstate domicile-%s --reason; "
                            "tail -n 20 \"$XDG_CACHE_HOME\"/libvirt/qemu/log/*%s*.log",
                            t->uri, vm->id, vm->id)) != 0)
        printf("           no log of QEMU\n");
}

static void wait_for_ssh(struct test *t, const struct driver_vm *vm, const char *key)
{
    struct arena *scratch = arena_new(1 << 20);
    const char *found = NULL;

    if (!t->has_guests) {
        OK(driver_ssh_host_key(t->driver, scratch, vm, 100, &found, NULL));
        CHECK(found == NULL);
        arena_free(scratch);
        return;
    }
    for (int looks = 0; !found && looks < MOST_LOOKS; looks++) {
        arena_reset(scratch);
        OK(driver_ssh_host_key(t->driver, scratch, vm, 500, &found, NULL));
        if (!found)
            usleep(100 * 1000);
    }
    if (!found)
        tell_silent_guest(t, vm);
    CHECK(found != NULL);
    CHECK(strcmp(found, host_key(t, key)) == 0);
    arena_free(scratch);
}

#define GUEST(vm, key, command)                                                                    \
    do {                                                                                           \
        if (t->has_guests)                                                                         \
            OK(guest_run(t, (vm), (key), (command)));                                              \
    } while (0)

/* ---- the steps ---- */

static struct driver_seed seed_of(struct test *t, const struct driver_vm *vm, const char *name,
                                  const char *key)
{
    const char **keys = arena_array(t->arena, 1, sizeof *keys);
    const char *line = read_file(t, "user_key.pub");

    keys[0] = arena_copy_bytes(t->arena, line, strcspn(line, "\n"));
    return (struct driver_seed){
        .instance_id = arena_printf(t->arena, "%s-1", vm->id),
        .host_name = name,
        .user_name = "dev",
        .ssh_keys = keys,
        .ssh_key_count = 1,
        .host_key_private = read_file(t, key),
        .host_key_public = host_key(t, key),
    };
}

static void create(struct test *t, struct driver_vm *vm, const char *name, const char *key)
{
    const struct driver_seed seed = seed_of(t, vm, name, key);

    OK(libvirt_seed_write(t->driver, t->arena, vm, &seed));
    CHECK(exists(t, arena_printf(t->arena, "seeds/%s.iso", vm->id)));
    OK(libvirt_define(t->driver, t->arena, vm));
    OK(libvirt_define(t->driver, t->arena, vm));
    CHECK(power(t, vm->id) == DRIVER_STOPPED);
    step(t, "seed written, domain defined twice");
    vm->internet = DRIVER_INTERNET_ON;
    OK(libvirt_internet_set(t->driver, t->arena, vm));
    OK(libvirt_boot(t->driver, t->arena, vm));
    step(t, "booted");
    OK(libvirt_boot(t->driver, t->arena, vm));
    OK(libvirt_define(t->driver, t->arena, vm));
    CHECK(power(t, vm->id) == DRIVER_RUNNING);
    wait_for_ssh(t, vm, key);
    step(t, "SSH answers with our host key");
    OK(libvirt_seed_remove(t->driver, t->arena, vm->id));
    OK(libvirt_seed_remove(t->driver, t->arena, vm->id));
    CHECK(!exists(t, arena_printf(t->arena, "seeds/%s.iso", vm->id)));
    step(t, "seed taken out");
    GUEST(vm, key,
          arena_printf(t->arena, "test \"$(hostname)\" = %s && test \"$(id -un)\" = dev", name));
    GUEST(vm, key, "! mount -t iso9660 /dev/sr0 /mnt 2>/dev/null; test ! -s /run/host_key");
    step(t, "signed in");
}

static void wait_for_stop(struct test *t, const char *vm_id)
{
    struct arena *arena = t->arena, *scratch = arena_new(1 << 20);

    t->arena = scratch;
    for (int looks = 0; power(t, vm_id) != DRIVER_STOPPED && looks < MOST_LOOKS; looks++) {
        arena_reset(scratch);
        usleep(50 * 1000);
    }
    t->arena = arena;
    arena_free(scratch);
    CHECK(power(t, vm_id) == DRIVER_STOPPED);
}

static void test_nothing_there(struct test *t)
{
    struct driver_inventory things;
    struct driver_snapshot snapshot;
    const char *response;

    OK(driver_inventory(t->driver, t->arena, &things));
    CHECK(things.count == 0 && power(t, FIRST) == DRIVER_ABSENT);
    OK(driver_shutdown(t->driver, t->arena, FIRST));
    OK(driver_stop_force(t->driver, t->arena, FIRST));
    FAILS(libvirt_boot(t->driver, t->arena, &t->vm), ERROR_CONFLICT);
    FAILS(driver_snapshot_create(t->driver, t->arena, FIRST, "x", &snapshot), ERROR_CONFLICT);
    FAILS(driver_snapshot_create(t->driver, t->arena, FIRST, "../x", &snapshot), ERROR_INTERNAL);
    FAILS(driver_snapshot_restore(t->driver, t->arena, FIRST, "x"), ERROR_CONFLICT);
    OK(driver_snapshot_delete(t->driver, t->arena, FIRST, "x", &response));
    FAILS(libvirt_disk_clone(t->driver, t->arena, &t->clone, FIRST, "x"), ERROR_CONFLICT);
    FAILS(driver_stop_force(t->driver, t->arena, "../etc/passwd"), ERROR_INTERNAL);
    CHECK(!libvirt_port_is_free(t->driver, t->vm.ssh.port + PORTS));
    CHECK(libvirt_port_is_free(t->driver, t->vm.ssh.port));
    step(t, "an empty host says so");
}

/* "localhost" may be ::1 for the users of this host. */
static void is_taken_for_ipv6(struct test *t)
{
    const struct sockaddr_in6 at = { .sin6_family = AF_INET6,
                                     .sin6_port = htons((uint16_t)t->vm.ssh.port),
                                     .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    int file = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (file >= 0 && bind(file, (const struct sockaddr *)&at, sizeof at) == 0) {
        CHECK(listen(file, 1) == 0);
        CHECK(!libvirt_port_is_free(t->driver, t->vm.ssh.port));
    } else {
        printf("           this machine has no ::1\n");
    }
    if (file >= 0)
        close(file);
    CHECK(libvirt_port_is_free(t->driver, t->vm.ssh.port));
}

/* A port that another program listens on: CONFLICT, and nothing partially started. */
static void test_taken_port(struct test *t)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)t->vm.ssh.port) };
    int file;

    if (!t->has_guests)
        return;
    file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(bind(file, (const struct sockaddr *)&at, sizeof at) == 0 && listen(file, 1) == 0);
    CHECK(!libvirt_port_is_free(t->driver, t->vm.ssh.port));
    if (!t->is_system) {
        OK(libvirt_define(t->driver, t->arena, &t->vm));
        FAILS(libvirt_boot(t->driver, t->arena, &t->vm), ERROR_CONFLICT);
    }
    close(file);
    if (!t->is_system)
        is_taken_for_ipv6(t);
    step(t, "a taken port is a conflict");
}

static int shell(struct test *t, const char *command)
{
    return system(arena_printf(
        t->arena,
        "cd '%s/disks' && pool=$(virsh -q -c %s pool-list --name | tr -d ' ' | head -1) && "
        "refresh() { virsh -c %s pool-refresh \"$pool\" >/dev/null; } && %s",
        t->state_dir, t->uri, t->uri, command));
}

/* libvirt refuses to refresh a pool while it creates a volume there: that is waited for. */
static void test_busy_pool(struct test *t)
{
    struct libvirt *libvirt = libvirt_of(t->driver);

    if (!t->has_guests || t->is_system)
        return;
    CHECK(shell(t, "head -c 150000000 /dev/urandom >source && refresh && "
                   "echo '<volume><name>copy</name><capacity>150000000</capacity></volume>' "
                   ">../volume.xml") == 0);
    CHECK(
        shell(
            t,
            arena_printf(
                t->arena,
                "{ virsh -c %s vol-create-from \"$pool\" ../volume.xml source --inputpool "
                "\"$pool\" "
                ">/dev/null & } && for try in $(seq 200); do refresh 2>/dev/null || exit 0; done; "
                "exit 1",
                t->uri)) == 0);
    OK(virt_pool_refresh(libvirt->virt, t->arena, libvirt->pool));
    CHECK(shell(t, "cmp source copy && rm source copy ../volume.xml && refresh") == 0);
    step(t, "a busy pool is waited for");
}

/* ---- the system profile ---- */

/* Commands as root: system/world.sh runs the line and returns its status. */
static int root_try(const char *command)
{
    const char *folder = getenv("DRIVER_TEST_ROOT");
    char path[256];
    FILE *file;
    int status = -1;

    CHECK(folder != NULL);
    snprintf(path, sizeof path, "%s/root.in", folder);
    file = fopen(path, "we");
    CHECK(file != NULL);
    fprintf(file, "%s\n", command);
    fclose(file);
    snprintf(path, sizeof path, "%s/root.out", folder);
    file = fopen(path, "re");
    CHECK(file != NULL && fscanf(file, "%d", &status) == 1);
    fclose(file);
    return status;
}

static void root(const char *command)
{
    if (root_try(command) != 0)
        fail(command, 0);
}

#define GUARD_LOAD "nft -f $DRIVER_TEST_ROOT/guard.nft"
#define GUARD_DROP "nft delete table inet domicile_guard"

static void boot_is_refused(struct test *t, const char *word)
{
    struct error *e = libvirt_boot(t->driver, t->arena, &t->vm);

    CHECK(e && e->kind == ERROR_CONFLICT);
    printf("           %s\n", e->text);
    CHECK(strstr(e->text, "domicile-admin network test --nft") && strstr(e->text, word));
    CHECK(power(t, FIRST) == DRIVER_STOPPED);
}

/* Not loaded, loaded for another bridge or other ports, no nft, no permission to read. */
static void test_no_guard(struct test *t)
{
    const char *path = arena_copy(t->arena, getenv("PATH"));
    int failed;

    if (!t->is_system)
        return;
    OK(libvirt_define(t->driver, t->arena, &t->vm));
    root(GUARD_DROP);
    boot_is_refused(t, "No such file");
    root("sed s/dom0/dom1/ $DRIVER_TEST_ROOT/guard.nft | nft -f -");
    boot_is_refused(t, BRIDGE);
    root("sed s/23600/23800/ $DRIVER_TEST_ROOT/guard.nft | nft -f -");
    boot_is_refused(t, "23600");
    root(GUARD_LOAD);
    setenv("PATH", t->state_dir, 1);
    boot_is_refused(t, "nft cannot be started");
    setenv("PATH", path, 1);
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    boot_is_refused(t, "CAP_NET_ADMIN");
    failed = prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0, 0);
    CHECK(!failed);
    step(t, "no guest without the firewall");
}

/* In a guest: can a TCP connection be established? The other side may stay silent afterwards. */
#define CONNECT                                                                                    \
    "c() { timeout 3 nc -w 1 \"$@\" </dev/null >/dev/null 2>&1; s=$?; "                            \
    "test $s = 0 -o $s = 143 -o $s = 124; }; "

static void reaches(struct test *t, const char *ip, int port, bool is_expected)
{
    const char *command =
        arena_printf(t->arena, CONNECT "%sc %s %d", is_expected ? "" : "! ", ip, port);

    printf("           guest A %s %s:%d\n", is_expected ? "reaches" : "cannot reach", ip, port);
    OK(guest_run(t, &t->vm, "host_key", command));
}

/* The same as root in the guest. */
static struct error *guest_root(struct test *t, const char *commands)
{
    return guest_run(t, &t->vm, "host_key",
                     arena_printf(t->arena,
                                  "rm -f root.rc; cat >root.part <<'END'\n" CONNECT
                                  "\n%s\nEND\nmv root.part root.sh; "
                                  "for i in $(seq 1800); do test -f root.rc && break; "
                                  "sleep 0.1; done; "
                                  "cat root.log >&2; exit $(cat root.rc)",
                                  commands));
}

static int listen_on(in_addr_t ip, int *port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = ip };
    socklen_t size = sizeof at;
    int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    CHECK(bind(file, (const struct sockaddr *)&at, sizeof at) == 0 && listen(file, 64) == 0);
    CHECK(getsockname(file, (struct sockaddr *)&at, &size) == 0);
    *port = ntohs(at.sin_port);
    return file;
}

/* Signing in from outside, at the host's address and the VM's port. */
static void from_outside(struct test *t, const struct driver_vm *vm, const char *key)
{
    const char *known = arena_printf(t->arena, "%s/known_outside", t->state_dir);
    FILE *file = fopen(known, "we");

    CHECK(file != NULL);
    fprintf(file, "[%s]:%lld %s\n", OUTER, (long long)vm->ssh.port, host_key(t, key));
    fclose(file);
    for (int inside = 0; inside < 2; inside++)
        root(arena_printf(t->arena,
                          "%sssh -F none -o BatchMode=yes -o StrictHostKeyChecking=yes "
                          "-o UserKnownHostsFile=%s -o ConnectTimeout=120 -i %s/user_key -p %lld "
                          "dev@%s true",
                          inside ? "" : "ip netns exec outside ", known, t->state_dir,
                          (long long)vm->ssh.port, OUTER));
}

/* Both guests run; B is the clone. Each refusal is paired with something that works. */
static void test_isolation(struct test *t)
{
    int any_port, bridge_port;
    int any = listen_on(htonl(INADDR_ANY), &any_port);
    int bridge = listen_on(inet_addr(HOST), &bridge_port);

    root("test $(pgrep -c -u libvirt-qemu qemu-system) = 2");
    root("grep -q libvirt-qemu /proc/$(pgrep -o -u libvirt-qemu qemu-system)/cgroup");
    root(arena_printf(t->arena,
                      "test $(stat -c %%U:%%a %s/disks/" FIRST ".qcow2) = "
                      "domicile:660",
                      t->state_dir));
    root("test $(stat -c %U $DRIVER_TEST_ROOT/guest/disk.qcow2) = root");
    root("test $(stat -c %U $DRIVER_TEST_ROOT/guest/kernel) = root");
    step(t, "guests run as libvirt's user, each in a cgroup of its own");
    from_outside(t, &t->vm, "host_key");
    from_outside(t, &t->clone, "clone_key");
    CHECK(root_try("ip netns exec outside timeout 3 bash -c '</dev/tcp/10.77.0.2/22'") != 0);
    step(t, "each VM's port leads to it from outside, and nothing else does");
    root("bash -c '</dev/tcp/" WORLD "/53' && bash -c '</dev/tcp/" PRIVATE "/53'");
    reaches(t, HOST, DNS_PORT, true);
    reaches(t, WORLD, DNS_PORT, true);
    reaches(t, PRIVATE, DNS_PORT, false);
    reaches(t, HOST, any_port, false);
    reaches(t, HOST, bridge_port, false);
    reaches(t, OUTER, any_port, false);
    reaches(t, address(t, &t->clone), 22, false);
    reaches(t, OUTER, (int)t->clone.ssh.port, false);
    step(t, "guest A reaches the world, not guest B nor the host");
    root(GUARD_DROP);
    reaches(t, HOST, any_port, true);
    reaches(t, HOST, bridge_port, true);
    root(GUARD_LOAD);
    reaches(t, HOST, any_port, false);
    step(t, "it is the firewall that keeps guests from the host");
    /* guest_access.sh finds within seconds that the rules were loaded anew, and lets it out again.
     */
    OK(guest_root(t, "for i in $(seq 20); do ping -c 1 -W 2 " WORLD
                     " && exit 0; sleep 1; done; exit 1"));
    OK(guest_root(t, "! ping -c 2 -W 2 10.77.0.52"));
    OK(guest_root(t, "arping -c 2 -w 3 -I eth0 " HOST));
    OK(guest_root(t, "! arping -c 2 -w 3 -I eth0 10.77.0.52"));
    OK(guest_root(t, "! ping -6 -c 2 -W 2 fe80::5054:ff:fe4d:34%eth0"));
    step(t, "no ping, no ARP between guests");
    OK(guest_root(t, "ip addr add 10.77.0.99/16 dev eth0; ip route add " HOST " dev eth0 src "
                     "10.77.0.99; ip route get " HOST " | grep -q 'src 10.77.0.99' || r=2; "
                     "c " HOST " 53 && r=3; ip route del " HOST " dev eth0; "
                     "ip addr del 10.77.0.99/16 dev eth0; c " HOST " 53 || r=4; exit ${r:-0}"));
    OK(guest_root(t, "ip link set eth0 address 52:54:00:4d:00:34; c " HOST " 53 && r=3; "
                     "ip link set eth0 address 52:54:00:4d:00:02; "
                     "c " HOST " 53 || c " HOST " 53 || r=4; exit ${r:-0}"));
    step(t, "another address of its own choice cuts a guest off");
    close(any);
    close(bridge);
}

static void test_usage(struct test *t)
{
    struct driver_usage usage;

    GUEST(&t->vm, "host_key", "head -c 300000 /dev/urandom");
    OK(driver_usage(t->driver, t->arena, FIRST, &usage));
    CHECK((usage.network_received_bytes > 0) == t->is_system);
    CHECK((usage.network_sent_bytes > 300000) == t->is_system);
    if (!t->has_guests)
        return;
    if (t->is_system)
        printf("           network: %lld bytes received, %lld sent\n",
               (long long)usage.network_received_bytes, (long long)usage.network_sent_bytes);
    for (int looks = 0; usage.memory_used_kb < 0 && looks < MOST_LOOKS; looks++) {
        usleep(100 * 1000);
        OK(driver_usage(t->driver, t->arena, FIRST, &usage));
    }
    CHECK(usage.cpu_ns > 0 && usage.memory_used_kb > 0 && usage.disk_bytes > 0);
    CHECK(usage.disk_written_bytes > 0);
    printf("           usage: cpu %.1f s, memory %lld MB, disk %lld KB\n",
           (double)usage.cpu_ns / 1e9, (long long)usage.memory_used_kb / 1024,
           (long long)usage.disk_bytes / 1024);
    step(t, "usage measured");
}

/* In system, where this machine has the controllers; what is said otherwise is checked then. */
static void test_share(struct test *t)
{
    struct libvirt *libvirt = libvirt_of(t->driver);
    const char *name = libvirt_domain_name(t->arena, FIRST), *found, *xml;
    struct error *e;

    if (!t->has_guests)
        return;
    OK(virt_domain_text(libvirt->virt, t->arena, name, false, &xml));
    CHECK(strstr(xml, "<total_bytes_sec>50000000</total_bytes_sec>"));
    CHECK(strstr(xml, "<total_iops_sec>1500</total_iops_sec>"));
    e = libvirt_share_check(libvirt, t->arena, &found);
    printf("           %s\n", e ? e->text : found);
    if (!t->is_system) {
        CHECK(!e);
        CHECK(getpriority(PRIO_PROCESS, (id_t)virt_status_pid(t->arena, name)) == 5);
        step(t, "the guest yields the processors, its disk is limited");
        return;
    }
    CHECK(e ? strstr(e->text, "cgroup") != NULL : strstr(xml, "<soft_limit") != NULL);
    CHECK(e || strstr(xml, "<shares>"));
    step(t, e ? "no controllers here, and that is said" : "share, memory and disk are limited");
}

/* libvirt's daemon dies, the guest does not, and the next call finds the guest again. */
static void daemon_kill(struct test *t, const char *vm_id)
{
    const char *folder = getenv("XDG_RUNTIME_DIR");
    FILE *file;
    int pid = 0;

    if (t->is_system) {
        root("kill -9 $(cat /run/libvirtd.pid); start_libvirt");
    } else {
        CHECK(folder != NULL);
        file = fopen(arena_printf(t->arena, "%s/libvirt/libvirtd.pid", folder), "re");
        CHECK(file != NULL && fscanf(file, "%d", &pid) == 1 && pid > 1);
        fclose(file);
        CHECK(kill(pid, SIGKILL) == 0);
    }
    CHECK(power(t, vm_id) == DRIVER_RUNNING);
    step(t, "libvirtd killed: connected again, guest still running");
}

static void test_daemon_killed(struct test *t)
{
    if (t->has_guests)
        daemon_kill(t, FIRST);
    GUEST(&t->vm, "host_key", "true");
}

static void test_snapshot_running(struct test *t)
{
    struct driver_snapshot snapshot, again;

    GUEST(&t->vm, "host_key", "echo kept >before && sync");
    OK(driver_snapshot_create(t->driver, t->arena, FIRST, "warm", &snapshot));
    CHECK(snapshot.has_memory && snapshot.created_at > 0);
    CHECK(!t->has_guests || snapshot.size_bytes > 1 << 20);
    step(t, "snapshot while running");
    OK(driver_snapshot_create(t->driver, t->arena, FIRST, "warm", &again));
    CHECK(again.created_at == snapshot.created_at && again.size_bytes == snapshot.size_bytes);
    GUEST(&t->vm, "host_key", "echo gone >after && sync && test -f after");
    t->last_us = clock_monotonic_us();
    OK(driver_snapshot_restore(t->driver, t->arena, FIRST, "warm"));
    CHECK(power(t, FIRST) == DRIVER_RUNNING);
    step(t, "restored while running");
    wait_for_ssh(t, &t->vm, "host_key");
    GUEST(&t->vm, "host_key", "test -f before && test ! -f after");
    step(t, "the later file is gone, the earlier is there");
}

static void test_clone_while_running(struct test *t)
{
    OK(libvirt_disk_clone(t->driver, t->arena, &t->clone, FIRST, "warm"));
    step(t, "disk cloned while the source runs");
    OK(libvirt_disk_clone(t->driver, t->arena, &t->clone, FIRST, "warm"));
    create(t, &t->clone, "box-two", "clone_key");
    GUEST(&t->clone, "clone_key", "test -f before && test ! -f after");
    GUEST(&t->vm, "host_key", "test \"$(hostname)\" = box-one");
    if (t->is_system)
        test_isolation(t);
    OK(driver_stop_force(t->driver, t->arena, SECOND));
    step(t, "clone has its own name and key, source keeps its own; clone forced off");
}

/*
 * In the system profile a VM keeps its port for life, since its address follows from it: a memory
 * image from another address is refused, and nothing is restored without the firewall.
 */
static void test_address_kept(struct test *t)
{
    struct driver_vm moved = t->vm;
    const char *response;

    if (!t->is_system) {
        t->vm.ssh.port += 1;
        return;
    }
    moved.ssh.port += 1;
    OK(libvirt_define(t->driver, t->arena, &moved));
    FAILS(driver_snapshot_restore(t->driver, t->arena, FIRST, "warm"), ERROR_CONFLICT);
    OK(libvirt_define(t->driver, t->arena, &t->vm));
    OK(libvirt_port_release(t->driver, t->arena, &moved, &response));
    root(GUARD_DROP);
    FAILS(driver_snapshot_restore(t->driver, t->arena, FIRST, "warm"), ERROR_CONFLICT);
    root(GUARD_LOAD);
    CHECK(power(t, FIRST) == DRIVER_STOPPED);
    step(t, "memory of another address, or without the firewall, is not restored");
}

static bool is_isolated(struct test *t)
{
    bool is_so = false;

    OK(driver_isolation(t->driver, t->arena, &t->vm, &is_so));
    return is_so;
}

/* A second way into the network, or no firewall, is noticed; both end with the guest. */
static void test_shut_in(struct test *t)
{
    CHECK(is_isolated(t));
    if (t->is_system) {
        root(GUARD_DROP);
        CHECK(!is_isolated(t));
        root(GUARD_LOAD);
        CHECK(is_isolated(t));
    } else if (t->has_guests) {
        CHECK(shell(t, arena_printf(
                           t->arena,
                           "echo \"<interface type='user'><model type='virtio'/></interface>\" "
                           ">../nic.xml && virsh -q -c %s attach-device %s ../nic.xml --live && "
                           "rm ../nic.xml",
                           t->uri, libvirt_domain_name(t->arena, FIRST))) == 0);
        CHECK(!is_isolated(t));
    }
    step(t, "a guest that is not shut in is noticed");
}

static void test_stop_and_resize(struct test *t)
{
    test_shut_in(t);
    OK(driver_shutdown(t->driver, t->arena, FIRST));
    wait_for_stop(t, FIRST);
    step(t, "stopped by the power button");
    OK(driver_shutdown(t->driver, t->arena, FIRST));
    CHECK(libvirt_port_is_free(t->driver, t->vm.ssh.port));
    t->vm.disk_gb = 3;
    OK(driver_disk_grow(t->driver, t->arena, &t->vm));
    OK(driver_disk_grow(t->driver, t->arena, &t->vm));
    step(t, "disk grown");
    t->vm.memory_mb = 192;
    t->vm.vcpus = 2;
    test_address_kept(t);
    OK(libvirt_define(t->driver, t->arena, &t->vm));
    OK(libvirt_boot(t->driver, t->arena, &t->vm));
    if (t->has_guests)
        FAILS(driver_disk_grow(t->driver, t->arena,
                               &(struct driver_vm){ .id = FIRST, .disk_gb = 100 }),
              ERROR_CONFLICT);
    wait_for_ssh(t, &t->vm, "host_key");
    step(t, "larger, without a seed, in a session on another port: SSH answers with the same key");
    GUEST(&t->vm, "host_key",
          "test \"$(hostname)\" = box-one && test -f before && test $(nproc) = 2");
    GUEST(&t->vm, "host_key", "test $(awk '/MemTotal/{print $2}' /proc/meminfo) -gt 150000");
    GUEST(&t->vm, "host_key", "test $(df -k /data | awk 'END{print $2}') -gt 2500000");
    step(t, "name, files, size are right inside");
}

/* The memory image of "warm" is smaller than today's and was saved on another port. */
static void test_restore_after_resize(struct test *t)
{
    GUEST(&t->vm, "host_key", "echo gone >after && sync");
    t->last_us = clock_monotonic_us();
    OK(driver_snapshot_restore(t->driver, t->arena, FIRST, "warm"));
    CHECK(power(t, FIRST) == DRIVER_RUNNING);
    wait_for_ssh(t, &t->vm, "host_key");
    step(t, "restored a smaller snapshot with memory, on today's port");
    GUEST(&t->vm, "host_key", "test $(nproc) = 1 && test ! -f after");
    OK(driver_shutdown(t->driver, t->arena, FIRST));
    wait_for_stop(t, FIRST);
    OK(libvirt_define(t->driver, t->arena, &t->vm));
    OK(libvirt_boot(t->driver, t->arena, &t->vm));
    wait_for_ssh(t, &t->vm, "host_key");
    GUEST(&t->vm, "host_key",
          "test $(nproc) = 2 && test $(df -k /data | awk 'END{print $2}') -gt 2500000");
    step(t, "the next start has today's size again");
}

static const char *disk_of(struct test *t, const char *id)
{
    return arena_printf(t->arena, "%s/disks/%s.qcow2", t->state_dir, id);
}

/* A snapshot of the disk of which libvirt knows nothing, as one that was interrupted leaves it. */
static void snapshot_plant(struct test *t, const char *name)
{
    const char *const arguments[] = { "qemu-img", "snapshot", "-c", name, disk_of(t, FIRST), NULL };

    OK(command_run(t->arena, arguments));
}

static int snapshots_named(struct test *t, const char *name)
{
    const char *const arguments[] = { "qemu-img", "snapshot", "-U", "-l", disk_of(t, FIRST), NULL };
    const char *text = "", *wanted = arena_printf(t->arena, " %s ", name);
    int count = 0;

    OK(command_read(t->arena, arguments, &text));
    for (const char *at = text; (at = strstr(at, wanted)); at++)
        count++;
    return count;
}

static void test_snapshot_interrupted(struct test *t)
{
    struct driver_snapshot snapshot;
    const char *response;

    if (!t->has_guests)
        return;
    snapshot_plant(t, "torn");
    snapshot_plant(t, "torn");
    CHECK(snapshots_named(t, "torn") == 2);
    OK(driver_snapshot_create(t->driver, t->arena, FIRST, "torn", &snapshot));
    CHECK(snapshots_named(t, "torn") == 1);
    snapshot_plant(t, "torn");
    OK(driver_snapshot_delete(t->driver, t->arena, FIRST, "torn", &response));
    CHECK(snapshots_named(t, "torn") == 0);
    step(t, "what an interrupted snapshot has left on the disk is removed");
    snapshot_plant(t, "torn");
    OK(libvirt_boot(t->driver, t->arena, &t->vm));
    FAILS(driver_snapshot_delete(t->driver, t->arena, FIRST, "torn", &response), ERROR_CONFLICT);
    CHECK(snapshots_named(t, "torn") == 1);
    OK(driver_stop_force(t->driver, t->arena, FIRST));
    OK(driver_snapshot_delete(t->driver, t->arena, FIRST, "torn", &response));
    CHECK(snapshots_named(t, "torn") == 0);
    step(t, "while the VM runs that is not called deleted");
}

static void test_snapshot_stopped(struct test *t)
{
    struct driver_snapshot snapshot;
    const char *response;

    OK(driver_shutdown(t->driver, t->arena, FIRST));
    wait_for_stop(t, FIRST);
    OK(driver_snapshot_create(t->driver, t->arena, FIRST, "cold", &snapshot));
    CHECK(!snapshot.has_memory && snapshot.size_bytes == 0);
    t->last_us = clock_monotonic_us();
    OK(driver_snapshot_restore(t->driver, t->arena, FIRST, "cold"));
    CHECK(power(t, FIRST) == DRIVER_STOPPED);
    step(t, "snapshot and restore while stopped");
    OK(libvirt_boot(t->driver, t->arena, &t->vm));
    wait_for_ssh(t, &t->vm, "host_key");
    GUEST(&t->vm, "host_key", "echo gone >later && sync");
    OK(driver_snapshot_restore(t->driver, t->arena, FIRST, "cold"));
    CHECK(power(t, FIRST) == DRIVER_STOPPED);
    step(t, "a cold snapshot restored over a running VM leaves it stopped");
    OK(libvirt_disk_remove(t->driver, t->arena, &t->clone, &response));
    OK(libvirt_disk_clone(t->driver, t->arena, &t->clone, FIRST, "cold"));
    step(t, "disk cloned from a stopped source");
    OK(driver_snapshot_delete(t->driver, t->arena, FIRST, "cold", &response));
    CHECK(strstr(response, "no domain snapshot with matching name 'cold'"));
    OK(driver_snapshot_delete(t->driver, t->arena, FIRST, "cold", &response));
    test_snapshot_interrupted(t);
    OK(libvirt_boot(t->driver, t->arena, &t->vm));
    wait_for_ssh(t, &t->vm, "host_key");
    GUEST(&t->vm, "host_key", "test ! -f later && test -f before");
    step(t, "snapshot deleted twice; the disk is still whole");
}

static void remove_all(struct test *t, const struct driver_vm *vm)
{
    const struct driver_removals *removals = &t->driver->ops->removals;

    /* Twice: the second time everything is already removed, and the responses are of the same kind.
     */
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < removals->count; i++) {
            const char *response = NULL;

            OK(removals->row[i].act(t->driver, t->arena, vm, &response));
            CHECK(response && *response);
            printf("           %s\n", response);
        }
    }
    step(t, "removed, with answers");
}

static void test_things(struct test *t, size_t expected)
{
    struct driver_inventory things;

    OK(driver_inventory(t->driver, t->arena, &things));
    for (size_t i = 0; i < things.count; i++)
        printf("           %s %s (%s)\n", things.row[i].kind, things.row[i].name,
               things.row[i].vm_id);
    CHECK(things.count == expected);
    step(t, "everything on the host listed");
}

static void steps_run(struct test *t, const struct driver_seed *seed)
{
    const struct driver_steps *steps = &t->driver->ops->create_steps;
    struct driver_create create = { .vm = &t->clone, .seed = seed };

    for (size_t i = 0; i < steps->count && steps->row[i].act; i++)
        OK(steps->row[i].act(t->driver, t->arena, &create));
}

static bool waits(struct test *t)
{
    bool is_waiting;

    OK(driver_waits(t->driver, t->arena, SECOND, &is_waiting));
    return is_waiting;
}

static int domain_number(struct test *t, const char *test)
{
    return shell(t, arena_printf(t->arena, "virsh -c %s domid %s %s", t->uri,
                                 libvirt_domain_name(t->arena, SECOND), test));
}

/* A guest that was booted to wait has no SSH until it is given a seed, which it takes as it is. */
static void test_waiting(struct test *t)
{
    const struct driver_seed empty = { .says_wait = true, .user_name = "dev" };
    const struct driver_seed seed = seed_of(t, &t->clone, "box-three", "clone_key");
    const char *found;

    CHECK(!waits(t));
    steps_run(t, &empty);
    for (int looks = 0; t->has_guests && !waits(t) && looks < MOST_LOOKS; looks++)
        usleep(100 * 1000);
    CHECK(waits(t) == t->has_guests);
    step(t, "booted to wait");
    OK(driver_ssh_host_key(t->driver, t->arena, &t->clone, 1000, &found, NULL));
    CHECK(!found);
    if (t->has_guests) {
        daemon_kill(t, SECOND);
        CHECK(waits(t) && domain_number(t, ">../number") == 0);
    }
    steps_run(t, &seed);
    CHECK(!waits(t));
    step(t, "seed given");
    wait_for_ssh(t, &t->clone, "clone_key");
    step(t, "SSH answers with our host key");
    CHECK(!t->has_guests || domain_number(t, "| cmp - ../number && rm ../number") == 0);
    GUEST(&t->clone, "clone_key", "test $(hostname) = box-three");
    steps_run(t, &seed);
    CHECK(!waits(t));
    wait_for_ssh(t, &t->clone, "clone_key");
    step(t, "given again, as after a kill: booted with it");
}

int main(int count, char **arguments)
{
    struct test test = { .arena = arena_new(64 << 20) };
    struct test *t = &test;
    struct driver_region region = {
        .name = "test",
        .accelerator = "auto",
    };

    CHECK(count == 5);
    t->is_system = strcmp(arguments[1], "qemu:///system") == 0;
    region.bridge = t->is_system ? BRIDGE : NULL;
    region.ssh_port_first = strtoll(arguments[4], NULL, 10);
    region.ssh_port_last = region.ssh_port_first + PORTS - 1;
    region.disk_iops = 1500;
    region.disk_mb_s = 50;
    region.uri = arguments[1];
    region.state_dir = t->state_dir = arguments[2];
    t->uri = arguments[1];
    t->vm = (struct driver_vm){ .id = FIRST,
                                .image_dir = arguments[3],
                                .vcpus = 1,
                                .memory_mb = 128,
                                .disk_gb = 1,
                                .ssh = { .port = region.ssh_port_first } };
    t->clone = t->vm;
    t->clone.id = SECOND;
    t->clone.ssh.port += 50;
    t->last_us = clock_monotonic_us();
    OK(driver_open(t->arena, DRIVERS, &region, &t->driver));
    t->has_guests = driver_has_guests(t->driver);
    step(t, arena_printf(t->arena, "opened (%s)", driver_accelerator(t->driver)));
    make_key(t, "user_key");
    make_key(t, "host_key");
    make_key(t, "clone_key");
    test_nothing_there(t);
    OK(libvirt_disk_create(t->driver, t->arena, &t->vm));
    OK(libvirt_disk_create(t->driver, t->arena, &t->vm));
    step(t, "disk created, twice");
    test_taken_port(t);
    test_busy_pool(t);
    test_no_guard(t);
    create(t, &t->vm, "box-one", "host_key");
    test_usage(t);
    test_share(t);
    test_daemon_killed(t);
    test_snapshot_running(t);
    test_clone_while_running(t);
    test_stop_and_resize(t);
    test_restore_after_resize(t);
    test_snapshot_stopped(t);
    test_things(t, 4);
    remove_all(t, &t->vm);
    remove_all(t, &t->clone);
    test_waiting(t);
    remove_all(t, &t->clone);
    test_things(t, 0);
    driver_close(t->driver);
    arena_free(t->arena);
    puts("ok");
    return 0;
}
