/*
 * The libvirt driver through the whole life of a VM, against a real libvirt.
 *
 *   driver_test URI STATE_DIR IMAGE_DIR
 *
 * With qemu:///session real guests run and are signed in to; with a test:// address the same calls
 * are made as far as the test driver can answer. driver.sh prepares the surroundings. Each step is
 * printed with the time it took; the first failure ends the program.
 */
#include "../../cgi/lib/clock.h"
#include "../../cgi/worker/command.h"
#include "../../cgi/worker/driver.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FIRST  "aaaaaaaaaaaaaaa2"
#define SECOND "bbbbbbbbbbbbbbb3"
enum { PORT_FIRST = 23600, PORT_LAST = 23699 };

struct test {
    struct arena *arena;
    struct driver *driver;
    struct driver_vm vm;    /* FIRST */
    struct driver_vm clone; /* SECOND */
    const char *state_dir;
    bool has_guests;
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

/* --- keys and signing in -----------------------------------------------------------------------
 */

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

/* Runs a shell command in the guest, knowing the guest by our own copy of its host key. */
static struct error *guest_run(struct test *t, const struct driver_vm *vm, const char *key,
                               const char *command)
{
    const char *known = arena_printf(t->arena, "%s/known_hosts", t->state_dir);
    const char *port = arena_printf(t->arena, "%lld", (long long)vm->ssh_port);
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
                                      "ConnectTimeout=10",
                                      "-i",
                                      arena_printf(t->arena, "%s/user_key", t->state_dir),
                                      "-p",
                                      port,
                                      "dev@127.0.0.1",
                                      command,
                                      NULL };
    FILE *file = fopen(known, "we");

    CHECK(file != NULL);
    fprintf(file, "[127.0.0.1]:%s %s\n", port, host_key(t, key));
    fclose(file);
    return command_run(t->arena, arguments);
}

static void wait_for_ssh(struct test *t, const struct driver_vm *vm, const char *key)
{
    const char *found = NULL;

    if (!t->has_guests) {
        OK(driver_ssh_host_key(t->driver, t->arena, vm, 100, &found));
        CHECK(found == NULL);
        return;
    }
    for (int tries = 0; !found && tries < 300; tries++) {
        OK(driver_ssh_host_key(t->driver, t->arena, vm, 500, &found));
        if (!found)
            usleep(100 * 1000);
    }
    CHECK(found != NULL);
    CHECK(strcmp(found, host_key(t, key)) == 0);
}

#define GUEST(vm, key, command)                                                                    \
    do {                                                                                           \
        if (t->has_guests)                                                                         \
            OK(guest_run(t, (vm), (key), (command)));                                              \
    } while (0)

/* --- the steps ---------------------------------------------------------------------------------
 */

static void create(struct test *t, struct driver_vm *vm, const char *name, const char *key)
{
    const char *const keys[] = { arena_copy_bytes(t->arena, read_file(t, "user_key.pub"),
                                                  strcspn(read_file(t, "user_key.pub"), "\n")) };
    struct driver_seed seed = {
        .instance_id = arena_printf(t->arena, "%s-1", vm->id),
        .host_name = name,
        .user_name = "dev",
        .ssh_keys = keys,
        .ssh_key_count = 1,
        .host_key_private = read_file(t, key),
        .host_key_public = host_key(t, key),
    };

    OK(driver_seed_write(t->driver, t->arena, vm, &seed));
    CHECK(exists(t, arena_printf(t->arena, "seeds/%s.iso", vm->id)));
    OK(driver_define(t->driver, t->arena, vm));
    OK(driver_define(t->driver, t->arena, vm));
    CHECK(power(t, vm->id) == DRIVER_STOPPED);
    step(t, "seed written, domain defined twice");
    OK(driver_boot(t->driver, t->arena, vm));
    step(t, "booted");
    OK(driver_boot(t->driver, t->arena, vm));
    OK(driver_define(t->driver, t->arena, vm));
    CHECK(power(t, vm->id) == DRIVER_RUNNING);
    wait_for_ssh(t, vm, key);
    step(t, "SSH answers with our host key");
    OK(driver_seed_remove(t->driver, t->arena, vm->id));
    OK(driver_seed_remove(t->driver, t->arena, vm->id));
    CHECK(!exists(t, arena_printf(t->arena, "seeds/%s.iso", vm->id)));
    step(t, "seed taken out");
    GUEST(vm, key,
          arena_printf(t->arena, "test \"$(hostname)\" = %s && test \"$(id -un)\" = dev", name));
    GUEST(vm, key, "! mount -t iso9660 /dev/sr0 /mnt 2>/dev/null; test ! -s /run/host_key");
    step(t, "signed in");
}

static void wait_for_stop(struct test *t, const char *vm_id)
{
    for (int tries = 0; power(t, vm_id) != DRIVER_STOPPED && tries < 600; tries++)
        usleep(50 * 1000);
    CHECK(power(t, vm_id) == DRIVER_STOPPED);
}

static void test_nothing_there(struct test *t)
{
    struct driver_things things;
    struct driver_snapshot snapshot;

    OK(driver_things(t->driver, t->arena, &things));
    CHECK(things.count == 0 && power(t, FIRST) == DRIVER_ABSENT);
    OK(driver_stop_ask(t->driver, t->arena, FIRST));
    OK(driver_stop_force(t->driver, t->arena, FIRST));
    FAILS(driver_boot(t->driver, t->arena, &t->vm), ERROR_CONFLICT);
    FAILS(driver_snapshot_create(t->driver, t->arena, FIRST, "x", &snapshot), ERROR_CONFLICT);
    FAILS(driver_snapshot_create(t->driver, t->arena, FIRST, "../x", &snapshot), ERROR_INTERNAL);
    FAILS(driver_snapshot_restore(t->driver, t->arena, FIRST, "x"), ERROR_CONFLICT);
    OK(driver_snapshot_delete(t->driver, t->arena, FIRST, "x"));
    FAILS(driver_disk_clone(t->driver, t->arena, &t->clone, FIRST, "x"), ERROR_CONFLICT);
    FAILS(driver_stop_force(t->driver, t->arena, "../etc/passwd"), ERROR_INTERNAL);
    CHECK(!driver_port_is_free(t->driver, PORT_LAST + 1));
    CHECK(driver_port_is_free(t->driver, t->vm.ssh_port));
    step(t, "an empty host says so");
}

/* A port that somebody else listens on: CONFLICT, and nothing half-started. */
static void test_taken_port(struct test *t)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)t->vm.ssh_port) };
    int file;

    if (!t->has_guests)
        return;
    file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(bind(file, (const struct sockaddr *)&at, sizeof at) == 0 && listen(file, 1) == 0);
    CHECK(!driver_port_is_free(t->driver, t->vm.ssh_port));
    OK(driver_define(t->driver, t->arena, &t->vm));
    FAILS(driver_boot(t->driver, t->arena, &t->vm), ERROR_CONFLICT);
    close(file);
    step(t, "a taken port is a conflict");
}

static void test_usage(struct test *t)
{
    struct driver_usage usage;

    OK(driver_usage(t->driver, t->arena, FIRST, &usage));
    CHECK(usage.network_received_bytes == -1);
    if (!t->has_guests)
        return;
    for (int tries = 0; usage.memory_used_kb < 0 && tries < 100; tries++) {
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

/* libvirt's daemon dies, the guest does not, and the next call finds it again. */
static void test_daemon_killed(struct test *t)
{
    const char *folder = getenv("XDG_RUNTIME_DIR");
    FILE *file;
    int pid = 0;

    if (!t->has_guests)
        return;
    CHECK(folder != NULL);
    file = fopen(arena_printf(t->arena, "%s/libvirt/libvirtd.pid", folder), "re");
    CHECK(file != NULL && fscanf(file, "%d", &pid) == 1 && pid > 1);
    fclose(file);
    CHECK(kill(pid, SIGKILL) == 0);
    CHECK(power(t, FIRST) == DRIVER_RUNNING);
    step(t, "libvirtd killed: connected again, guest still running");
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
    OK(driver_disk_clone(t->driver, t->arena, &t->clone, FIRST, "warm"));
    step(t, "disk cloned while the source runs");
    OK(driver_disk_clone(t->driver, t->arena, &t->clone, FIRST, "warm"));
    create(t, &t->clone, "box-two", "clone_key");
    GUEST(&t->clone, "clone_key", "test -f before && test ! -f after");
    GUEST(&t->vm, "host_key", "test \"$(hostname)\" = box-one");
    OK(driver_stop_force(t->driver, t->arena, SECOND));
    step(t, "clone has its own name and key, source keeps its own; clone forced off");
}

static void test_stop_and_resize(struct test *t)
{
    OK(driver_stop_ask(t->driver, t->arena, FIRST));
    wait_for_stop(t, FIRST);
    step(t, "stopped by the power button");
    OK(driver_stop_ask(t->driver, t->arena, FIRST));
    CHECK(driver_port_is_free(t->driver, t->vm.ssh_port));
    t->vm.disk_gb = 3;
    OK(driver_disk_grow(t->driver, t->arena, &t->vm));
    OK(driver_disk_grow(t->driver, t->arena, &t->vm));
    step(t, "disk grown");
    t->vm.memory_mb = 192;
    t->vm.vcpus = 2;
    t->vm.ssh_port += 1;
    OK(driver_define(t->driver, t->arena, &t->vm));
    OK(driver_boot(t->driver, t->arena, &t->vm));
    if (t->has_guests)
        FAILS(driver_disk_grow(t->driver, t->arena,
                               &(struct driver_vm){ .id = FIRST, .disk_gb = 100 }),
              ERROR_CONFLICT);
    wait_for_ssh(t, &t->vm, "host_key");
    step(t, "larger, on another port, without a seed: SSH answers with the same key");
    GUEST(&t->vm, "host_key",
          "test \"$(hostname)\" = box-one && test -f before && test $(nproc) = 2");
    GUEST(&t->vm, "host_key", "test $(awk '/MemTotal/{print $2}' /proc/meminfo) -gt 150000");
    GUEST(&t->vm, "host_key", "test $(df -k /data | awk 'END{print $2}') -gt 2500000");
    step(t, "name, files, size are right inside");
}

/* The memory of "warm" is smaller than today's and was on another port. */
static void test_restore_after_resize(struct test *t)
{
    GUEST(&t->vm, "host_key", "echo gone >after && sync");
    t->last_us = clock_monotonic_us();
    OK(driver_snapshot_restore(t->driver, t->arena, FIRST, "warm"));
    CHECK(power(t, FIRST) == DRIVER_RUNNING);
    wait_for_ssh(t, &t->vm, "host_key");
    step(t, "restored a smaller snapshot with memory, on today's port");
    GUEST(&t->vm, "host_key", "test $(nproc) = 1 && test ! -f after");
    OK(driver_stop_ask(t->driver, t->arena, FIRST));
    wait_for_stop(t, FIRST);
    OK(driver_define(t->driver, t->arena, &t->vm));
    OK(driver_boot(t->driver, t->arena, &t->vm));
    wait_for_ssh(t, &t->vm, "host_key");
    GUEST(&t->vm, "host_key",
          "test $(nproc) = 2 && test $(df -k /data | awk 'END{print $2}') -gt 2500000");
    step(t, "the next start has today's size again");
}

static void test_snapshot_stopped(struct test *t)
{
    struct driver_snapshot snapshot;
    const char *answer;

    OK(driver_stop_ask(t->driver, t->arena, FIRST));
    wait_for_stop(t, FIRST);
    OK(driver_snapshot_create(t->driver, t->arena, FIRST, "cold", &snapshot));
    CHECK(!snapshot.has_memory && snapshot.size_bytes == 0);
    t->last_us = clock_monotonic_us();
    OK(driver_snapshot_restore(t->driver, t->arena, FIRST, "cold"));
    CHECK(power(t, FIRST) == DRIVER_STOPPED);
    step(t, "snapshot and restore while stopped");
    OK(driver_boot(t->driver, t->arena, &t->vm));
    wait_for_ssh(t, &t->vm, "host_key");
    GUEST(&t->vm, "host_key", "echo gone >later && sync");
    OK(driver_snapshot_restore(t->driver, t->arena, FIRST, "cold"));
    CHECK(power(t, FIRST) == DRIVER_STOPPED);
    step(t, "a cold snapshot restored over a running VM leaves it stopped");
    OK(driver_disk_remove(t->driver, t->arena, SECOND, &answer));
    OK(driver_disk_clone(t->driver, t->arena, &t->clone, FIRST, "cold"));
    step(t, "disk cloned from a stopped source");
    OK(driver_snapshot_delete(t->driver, t->arena, FIRST, "cold"));
    OK(driver_snapshot_delete(t->driver, t->arena, FIRST, "cold"));
    OK(driver_boot(t->driver, t->arena, &t->vm));
    wait_for_ssh(t, &t->vm, "host_key");
    GUEST(&t->vm, "host_key", "test ! -f later && test -f before");
    step(t, "snapshot deleted twice; the disk is still whole");
}

static void remove_all(struct test *t, const struct driver_vm *vm)
{
    const char *answer[5] = { 0 };

    /* Twice: the second time everything is gone already, and the answers are of the same kind. */
    for (int round = 0; round < 2; round++) {
        OK(driver_snapshots_remove(t->driver, t->arena, vm->id, &answer[0]));
        OK(driver_domain_remove(t->driver, t->arena, vm->id, &answer[1]));
        OK(driver_disk_remove(t->driver, t->arena, vm->id, &answer[2]));
        OK(driver_seed_gone(t->driver, t->arena, vm->id, &answer[3]));
        OK(driver_port_gone(t->driver, t->arena, vm->ssh_port, &answer[4]));
        for (size_t i = 0; i < 5; i++) {
            CHECK(answer[i] && *answer[i]);
            printf("           %s\n", answer[i]);
        }
    }
    step(t, "removed, with answers");
}

static void test_things(struct test *t, size_t expected)
{
    struct driver_things things;

    OK(driver_things(t->driver, t->arena, &things));
    for (size_t i = 0; i < things.count; i++)
        printf("           %s %s (%s)\n", things.row[i].kind, things.row[i].name,
               things.row[i].vm_id);
    CHECK(things.count == expected);
    step(t, "everything on the host listed");
}

int main(int count, char **arguments)
{
    struct test test = { .arena = arena_new(64 << 20) };
    struct test *t = &test;
    struct driver_region region = {
        .name = "test",
        .accelerator = "auto",
        .ssh_host = "localhost",
        .ssh_port_first = PORT_FIRST,
        .ssh_port_last = PORT_LAST,
    };

    CHECK(count == 4);
    region.uri = arguments[1];
    region.state_dir = t->state_dir = arguments[2];
    t->vm = (struct driver_vm){ .id = FIRST,
                                .image_dir = arguments[3],
                                .vcpus = 1,
                                .memory_mb = 128,
                                .disk_gb = 1,
                                .ssh_port = PORT_FIRST };
    t->clone = t->vm;
    t->clone.id = SECOND;
    t->clone.ssh_port = PORT_FIRST + 50;
    t->last_us = clock_monotonic_us();
    OK(driver_open(t->arena, &region, &t->driver));
    t->has_guests = driver_has_guests(t->driver);
    step(t, arena_printf(t->arena, "opened (%s)", driver_accelerator(t->driver)));
    make_key(t, "user_key");
    make_key(t, "host_key");
    make_key(t, "clone_key");
    test_nothing_there(t);
    OK(driver_disk_create(t->driver, t->arena, &t->vm));
    OK(driver_disk_create(t->driver, t->arena, &t->vm));
    step(t, "disk created, twice");
    test_taken_port(t);
    create(t, &t->vm, "box-one", "host_key");
    test_usage(t);
    test_daemon_killed(t);
    test_snapshot_running(t);
    test_clone_while_running(t);
    test_stop_and_resize(t);
    test_restore_after_resize(t);
    test_snapshot_stopped(t);
    test_things(t, 4);
    remove_all(t, &t->vm);
    remove_all(t, &t->clone);
    test_things(t, 0);
    driver_close(t->driver);
    arena_free(t->arena);
    puts("ok");
    return 0;
}
