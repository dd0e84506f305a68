/* The tests' VM host; see fake_driver.h. */
#include "fake_driver.h"

#include "base/array.h"
#include "host/driver_libvirt.h"
#include "host/ssh_forward.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A handle. */
struct fake_driver {
    struct driver base;
    struct driver_region region;
};

struct fake_host *fake;

static const struct driver_ops fake_ops;

void fake_open(void)
{
    fake = mmap(NULL, sizeof *fake, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

struct fake_vm *fake_find(const char *id)
{
    for (size_t i = 0; i < FAKE_VMS; i++) {
        if (strcmp(fake->vms[i].id, id) == 0)
            return &fake->vms[i];
    }
    return NULL;
}

static struct fake_vm *vm_make(const char *id)
{
    struct fake_vm *vm = fake_find(id);

    for (size_t i = 0; !vm && i < FAKE_VMS; i++) {
        if (!fake->vms[i].id[0]) {
            vm = &fake->vms[i];
            snprintf(vm->id, sizeof vm->id, "%s", id);
        }
    }
    return vm;
}

/* The slot is free again when nothing of the VM is left. */
static void vm_tidy(struct fake_vm *vm)
{
    if (vm && !vm->has_disk && !vm->has_seed && !vm->has_domain)
        *vm = (struct fake_vm){ .boots = 0 };
}

static struct error *call_begin(struct arena *arena, const char *name)
{
    fake->calls++;
    if (fake->kill_at == fake->calls && !fake->kills_after)
        kill(getpid(), SIGKILL);
    if (fake->fail_times > 0 && strcmp(fake->fails, name) == 0) {
        fake->fail_times--;
        return error_new(arena, fake->fail_kind, "the fake host refuses \"%s\"", name);
    }
    return NULL;
}

static struct error *call_end(void)
{
    if (fake->kill_at == fake->calls && fake->kills_after)
        kill(getpid(), SIGKILL);
    return NULL;
}

static struct fake_driver *fake_of(const struct driver *driver)
{
    return (struct fake_driver *)(void *)driver;
}

static struct error *fake_connect(struct arena *arena, const struct driver_region *region,
                                  struct driver **out)
{
    struct fake_driver *made = arena_alloc(arena, sizeof *made);

    if (fake->is_unreachable)
        return error_new(arena, ERROR_UPSTREAM, "the fake host is away");
    made->base.ops = &fake_ops;
    made->region = *region;
    *out = &made->base;
    return NULL;
}

static void fake_close(struct driver *driver)
{
    (void)driver;
}

static const char *fake_accelerator(const struct driver *driver)
{
    (void)driver;
    return "tcg";
}

static bool fake_has_guests(const struct driver *driver)
{
    (void)driver;
    return !fake->has_no_guests;
}

static void fake_preflight(struct driver *driver, struct arena *arena, struct driver_checks *out)
{
    (void)driver;
    (void)arena;
    out->count = 0;
}

static bool fake_port_is_free(const struct driver *driver, int64_t port)
{
    (void)driver;
    return port != fake->busy_port || fake->hides_busy_port;
}

static struct error *fake_disk_create(struct driver *driver, struct arena *arena,
                                      const struct driver_vm *vm)
{
    struct error *e = call_begin(arena, "disk");
    struct fake_vm *made;

    (void)driver;
    if (e)
        return e;
    made = vm_make(vm->id);
    made->disks += !made->has_disk;
    made->has_disk = true;
    made->disk_gb = vm->disk_gb;
    return call_end();
}

static struct error *fake_disk_clone(struct driver *driver, struct arena *arena,
                                     const struct driver_vm *vm, const char *source_id,
                                     const char *snapshot)
{
    (void)snapshot;
    if (!fake_find(source_id))
        return error_new(arena, ERROR_CONFLICT, "no source");
    return fake_disk_create(driver, arena, vm);
}

static int64_t lines_count(const char *text, const char *start)
{
    int64_t count = 0;

    for (const char *at = text; (at = strstr(at, start)); at++)
        count++;
    return count;
}

/* Answers as a guest would that has run the script of the isolation probe (promise_probe.c). */
static void banner_write(struct fake_vm *vm, const char *script)
{
    static const char *const kinds[] = { "neighbour", "host", "metadata", "private" };
    size_t length, size = sizeof vm->banner;
    int64_t tried[COUNT(kinds)];

    fake->probed = 0;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        char start[16];

        snprintf(start, sizeof start, "\n%s ", kinds[i]);
        fake->probed += tried[i] = lines_count(strstr(script, "<<'TARGETS'"), start);
    }
    length = (size_t)snprintf(
        vm->banner, size, "{\"gateways\":\" 192.0.2.1\",\"control\":%d,\"skipped\":0,\"tried\":{",
        !fake->has_no_control);
    for (size_t i = 0; i < 2 * COUNT(kinds); i++) {
        size_t kind = i % COUNT(kinds);
        bool is_it = i < COUNT(kinds) || strcmp(kinds[kind], fake->answers) == 0;

        length += (size_t)snprintf(vm->banner + length, size - length, "%s\"%s\":%d",
                                   kind        ? ","
                                   : i == kind ? ""
                                               : "},\"answered\":{",
                                   kinds[kind], is_it ? (int)tried[kind] : 0);
    }
    snprintf(vm->banner + length, size - length, "}}");
}

static struct error *fake_seed_write(struct driver *driver, struct arena *arena,
                                     const struct driver_vm *vm, const struct driver_seed *seed)
{
    struct error *e = call_begin(arena, "seed");
    struct fake_vm *made;

    (void)driver;
    if (e)
        return e;
    made = vm_make(vm->id);
    made->has_seed = true;
    made->says_wait = seed->says_wait;
    if (seed->says_wait)
        return call_end();
    /* A guest that was set up before stays who it is. */
    snprintf(made->seed_key, sizeof made->seed_key, "%s",
             seed->host_key_public ? seed->host_key_public : made->guest_key);
    snprintf(made->seed_name, sizeof made->seed_name, "%s", seed->host_name);
    snprintf(made->seed_data, sizeof made->seed_data, "%s", seed->user_data ? seed->user_data : "");
    made->seed_lines[0] = '\0';
    for (size_t i = 0; i < seed->ssh_key_count; i++)
        snprintf(made->seed_lines + strlen(made->seed_lines),
                 sizeof made->seed_lines - strlen(made->seed_lines), "%s\n", seed->ssh_keys[i]);
    if (seed->script)
        banner_write(made, seed->script);
    return call_end();
}

static void seed_take(struct fake_vm *vm)
{
    memcpy(vm->guest_key, vm->seed_key, sizeof vm->guest_key);
    memcpy(vm->lines, vm->seed_lines, sizeof vm->lines);
    memcpy(vm->name, vm->seed_name, sizeof vm->name);
    memcpy(vm->data, vm->seed_data, sizeof vm->data);
}

static struct error *fake_define(struct driver *driver, struct arena *arena,
                                 const struct driver_vm *vm)
{
    struct error *e = call_begin(arena, "define");
    struct fake_vm *made;

    (void)driver;
    if (e)
        return e;
    made = vm_make(vm->id);
    if (!made->has_domain)
        made->power = DRIVER_STOPPED;
    made->has_domain = true;
    if (made->power == DRIVER_STOPPED) {
        made->port = vm->ssh.port;
        made->memory_mb = vm->memory_mb;
        made->has_agent = vm->has_agent;
    }
    return call_end();
}

static struct error *fake_boot(struct driver *driver, struct arena *arena,
                               const struct driver_vm *vm)
{
    struct error *e = call_begin(arena, "boot");
    struct fake_vm *found = fake_find(vm->id);

    (void)driver;
    if (e || !found || found->power == DRIVER_RUNNING)
        return e;
    if (found->port == fake->busy_port) {
        fake->hides_busy_port = false;
        return error_new(arena, ERROR_CONFLICT, "port is taken");
    }
    found->power = DRIVER_RUNNING;
    found->boots++;
    found->is_waiting = found->has_seed && found->says_wait && !fake->never_waits;
    if (found->has_seed && !found->says_wait && !(fake->takes_no_changes && *found->guest_key))
        seed_take(found);
    if (fake->dies_booting || fake->lost_boots)
        found->power = DRIVER_STOPPED;
    if (fake->stalls) {
        found->power = DRIVER_PAUSED;
        found->cause = DRIVER_CAUSE_IO;
        fake->is_full = fake->stays_full;
    }
    if (fake->lost_boots && fake->lost_boots--)
        found->cause = DRIVER_CAUSE_HOST;
    return call_end();
}

static struct error *fake_has_agent(struct driver *driver, struct arena *arena, const char *vm_id,
                                    bool *out)
{
    struct error *e = call_begin(arena, "has_agent");
    const struct fake_vm *vm = fake_find(vm_id);

    (void)driver;
    *out = vm && vm->has_agent;
    return e ? e : call_end();
}

/* By its guest agent, which a guest has if it was defined with the way to it. */
static struct error *fake_keys_set(struct driver *driver, struct arena *arena, const char *vm_id,
                                   const char *user, const char *const *lines, size_t count)
{
    struct error *e = call_begin(arena, "keys");
    struct fake_vm *vm = fake_find(vm_id);

    (void)driver, (void)user;
    if (e)
        return e;
    if (!vm || vm->power != DRIVER_RUNNING || !vm->has_agent || fake->has_silent_agents)
        return error_new(arena, ERROR_CONFLICT, "the guest agent does not answer");
    vm->lines[0] = '\0';
    for (size_t i = 0; i < count; i++)
        snprintf(vm->lines + strlen(vm->lines), sizeof vm->lines - strlen(vm->lines), "%s\n",
                 lines[i]);
    return call_end();
}

static struct error *fake_waits(struct driver *driver, struct arena *arena, const char *vm_id,
                                bool *out)
{
    struct error *e = call_begin(arena, "waits");
    const struct fake_vm *vm = fake_find(vm_id);

    (void)driver;
    *out = vm && vm->power == DRIVER_RUNNING && vm->is_waiting;
    return e ? e : call_end();
}

/* As libvirt's: a guest that waits takes it at once. */
static struct error *fake_seed_give(struct driver *driver, struct arena *arena,
                                    const struct driver_create *create)
{
    struct error *e = fake_seed_write(driver, arena, create->vm, create->seed);
    if (!e)
        e = call_begin(arena, "give");
    if (e)
        return e;
    fake_find(create->vm->id)->is_waiting = false;
    fake_find(create->vm->id)->has_agent = create->vm->has_agent;
    seed_take(fake_find(create->vm->id));
    return call_end();
}

static struct error *fake_seed_remove(struct driver *driver, struct arena *arena, const char *vm_id)
{
    struct error *e = call_begin(arena, "seed_remove");
    struct fake_vm *vm = fake_find(vm_id);

    (void)driver;
    if (!e && vm)
        vm->has_seed = false;
    return e ? e : call_end();
}

static struct error *fake_ssh_host_key(struct driver *driver, struct arena *arena,
                                       const struct driver_vm *vm, int64_t timeout_ms,
                                       const char **out, const char **banner)
{
    struct fake_vm *found = fake_find(vm->id);

    (void)driver;
    (void)timeout_ms;
    *out = NULL;
    if (banner)
        *banner = found && !fake->is_silent && !fake->runs_no_script
                      ? arena_copy(arena, found->banner)
                      : NULL;
    if (!fake->is_silent && found && found->power == DRIVER_RUNNING)
        *out = arena_copy(arena, fake->is_wrong ? "ssh-ed25519 AAAAwrong" : found->guest_key);
    return NULL;
}

static struct error *fake_ssh_ask(struct driver *driver, struct arena *arena,
                                  const struct driver_vm *vm, int64_t timeout_ms,
                                  struct driver_question *question)
{
    const struct fake_vm *found = fake_find(vm->id);

    (void)driver;
    (void)arena;
    (void)timeout_ms;
    question->is_answered = found && found->power == DRIVER_RUNNING && !fake->is_silent;
    question->is_accepted = question->is_answered && strstr(found->lines, question->line);
    return NULL;
}

static struct error *fake_state(struct driver *driver, struct arena *arena, const char *vm_id,
                                enum driver_power *out, enum driver_cause *cause)
{
    struct error *e = call_begin(arena, "power");
    struct fake_vm *vm = fake_find(vm_id);

    (void)driver;
    *out = vm && vm->has_domain ? vm->power : DRIVER_ABSENT;
    *cause = vm ? vm->cause : DRIVER_CAUSE_OTHER;
    return e ? e : call_end();
}

static struct error *power_off(struct arena *arena, const char *name, const char *vm_id,
                               bool is_done)
{
    struct error *e = call_begin(arena, name);
    struct fake_vm *vm = fake_find(vm_id);

    if (!e && vm && vm->has_domain && is_done)
        vm->power = DRIVER_STOPPED;
    return e ? e : call_end();
}

static struct error *fake_shutdown(struct driver *driver, struct arena *arena, const char *vm_id)
{
    (void)driver;
    return power_off(arena, "shutdown", vm_id, !fake->ignores_button);
}

static struct error *fake_stop_force(struct driver *driver, struct arena *arena, const char *vm_id)
{
    (void)driver;
    return power_off(arena, "stop_force", vm_id, true);
}

static struct error *fake_console(struct driver *driver, struct arena *arena, const char *vm_id,
                                  void (*listen)(void *listener, const char *bytes, size_t length),
                                  void *listener)
{
    struct error *e = call_begin(arena, "console");

    (void)driver;
    if (!e)
        listen(listener, vm_id, strlen(vm_id));
    return e ? e : call_end();
}

static struct error *fake_console_end(struct driver *driver, struct arena *arena, const char *vm_id)
{
    struct error *e = call_begin(arena, "console_end");

    (void)driver;
    (void)vm_id;
    return e ? e : call_end();
}

static struct error *fake_unpause(struct driver *driver, struct arena *arena, const char *vm_id)
{
    struct error *e = call_begin(arena, "unpause");
    struct fake_vm *vm = fake_find(vm_id);

    (void)driver;
    if (!e && vm && vm->power == DRIVER_PAUSED && !fake->is_full)
        vm->power = DRIVER_RUNNING;
    return e ? e : call_end();
}

static struct error *fake_isolation(struct driver *driver, struct arena *arena,
                                    const struct driver_vm *vm, bool *is_isolated)
{
    (void)driver;
    (void)vm;
    if (fake->is_unreachable)
        return error_new(arena, ERROR_UPSTREAM, "the fake host is away");
    *is_isolated = !fake->is_open;
    return NULL;
}

static struct driver_endpoint fake_seen_by_guests(const struct driver *driver, struct arena *arena,
                                                  const struct driver_vm *vm, size_t network)
{
    (void)driver;
    (void)arena;
    return (struct driver_endpoint){ network ? NULL : "192.0.2.1", vm ? vm->ssh.port : 0 };
}

static bool fake_is_limited(struct driver *driver, struct arena *arena, const struct driver_vm *vm)
{
    const struct fake_vm *found = fake_find(vm->id);

    (void)driver;
    (void)arena;
    return found && found->is_limited;
}

static struct error *fake_internet_set(struct driver *driver, struct arena *arena,
                                       const struct driver_vm *vm)
{
    struct error *e = call_begin(arena, "internet_set");
    struct fake_vm *found = fake_find(vm->id);

    (void)driver;
    if (!e && found)
        snprintf(found->internet, sizeof found->internet, "%s", vm->internet);
    return e ? e : call_end();
}

static struct error *fake_internet(struct driver *driver, struct arena *arena)
{
    (void)driver;
    return error_new(arena, ERROR_CONFLICT, "fake guests have no internet");
}

static struct error *fake_room(struct driver *driver, struct arena *arena, int64_t *out_bytes)
{
    (void)driver;
    if (fake->is_unreachable)
        return error_new(arena, ERROR_UPSTREAM, "the fake host is away");
    *out_bytes = fake->is_full ? 0 : 1LL << 40;
    return NULL;
}

static struct error *fake_capacity(struct driver *driver, struct arena *arena,
                                   struct driver_capacity *out)
{
    *out = (struct driver_capacity){ .vcpus = 8,
                                     .memory_mb = fake->memory_mb ? fake->memory_mb : 16384,
                                     .disk_bytes = 1LL << 41 };
    return fake_room(driver, arena, &out->free_bytes);
}

static struct error *fake_disk_grow(struct driver *driver, struct arena *arena,
                                    const struct driver_vm *vm)
{
    struct error *e = call_begin(arena, "grow");
    struct fake_vm *found = fake_find(vm->id);

    (void)driver;
    if (!e && found)
        found->disk_gb = vm->disk_gb;
    return e ? e : call_end();
}

static int snapshot_find(const struct fake_vm *vm, const char *name)
{
    for (int i = 0; vm && i < FAKE_SNAPSHOTS; i++) {
        if (strcmp(vm->snapshots[i], name) == 0)
            return i;
    }
    return -1;
}

static struct error *fake_snapshot_create(struct driver *driver, struct arena *arena,
                                          const char *vm_id, const char *snapshot,
                                          struct driver_snapshot *out)
{
    struct error *e = call_begin(arena, "snapshot");
    struct fake_vm *vm = fake_find(vm_id);
    int at = snapshot_find(vm, snapshot);

    (void)driver;
    if (e)
        return e;
    if (at < 0) {
        at = snapshot_find(vm, "");
        snprintf(vm->snapshots[at], FAKE_ID, "%s", snapshot);
        vm->snapshot_has_memory[at] = vm->power == DRIVER_RUNNING;
    }
    *out = (struct driver_snapshot){ .name = snapshot,
                                     .has_memory = vm->snapshot_has_memory[at],
                                     .size_bytes = 4096 };
    return call_end();
}

static struct error *fake_snapshot_restore(struct driver *driver, struct arena *arena,
                                           const char *vm_id, const char *snapshot)
{
    struct error *e = call_begin(arena, "restore");
    struct fake_vm *vm = fake_find(vm_id);
    int at = snapshot_find(vm, snapshot);

    (void)driver;
    if (!e && at < 0)
        e = error_new(arena, ERROR_CONFLICT, "no such snapshot");
    if (!e)
        vm->power = vm->snapshot_has_memory[at] ? DRIVER_RUNNING : DRIVER_STOPPED;
    return e ? e : call_end();
}

static struct error *fake_snapshot_delete(struct driver *driver, struct arena *arena,
                                          const char *vm_id, const char *snapshot,
                                          const char **response)
{
    struct error *e = call_begin(arena, "snapshot_delete");
    struct fake_vm *vm = fake_find(vm_id);
    int at = snapshot_find(vm, snapshot);

    (void)driver;
    if (!e && at >= 0 && !fake->keeps_snapshots)
        vm->snapshots[at][0] = '\0';
    if (!e && snapshot_find(vm, snapshot) >= 0)
        e = error_new(arena, ERROR_CONFLICT, "the fake host still has the snapshot");
    *response = "no such snapshot";
    return e ? e : call_end();
}

static struct error *fake_usage(struct driver *driver, struct arena *arena, const char *vm_id,
                                struct driver_usage *out)
{
    struct fake_vm *vm = fake_find(vm_id);

    (void)driver;
    if (strcmp(fake->hangs, vm_id) == 0)
        fake->hung_calls++;
    while (strcmp(fake->hangs, vm_id) == 0)
        usleep(5000);
    if (!vm)
        return error_new(arena, ERROR_CONFLICT, "no such VM");
    *out = vm->usage;
    return NULL;
}

/* ---- creating and starting ---- */

static struct error *disk_step(struct driver *driver, struct arena *arena,
                               struct driver_create *create)
{
    if (!create->source_snapshot)
        return fake_disk_create(driver, arena, create->vm);
    return fake_disk_clone(driver, arena, create->vm, create->source_id, create->source_snapshot);
}

static struct error *seed_step(struct driver *driver, struct arena *arena,
                               struct driver_create *create)
{
    bool is_waiting;
    struct error *e = fake_waits(driver, arena, create->vm->id, &is_waiting);

    if (!e && is_waiting) {
        e = fake_seed_give(driver, arena, create);
    } else if (!e) {
        /* A guest that is already running (this is a retry) has read the previous seed. */
        e = fake_stop_force(driver, arena, create->vm->id);
        if (!e)
            e = fake_seed_write(driver, arena, create->vm, create->seed);
    }
    if (!e)
        create->host_key_public = create->seed->host_key_public;
    return e;
}

static struct ssh_forward forward_of(const struct driver *driver)
{
    return (struct ssh_forward){ &fake_of(driver)->region, fake_port_is_free, fake_define,
                                 fake_boot };
}

static struct error *network_step(struct driver *driver, struct arena *arena,
                                  struct driver_create *create)
{
    const struct ssh_forward forward = forward_of(driver);

    return ssh_forward_port(&forward, driver, arena, create->vm, create->ports);
}

static struct error *fake_start(struct driver *driver, struct arena *arena, struct driver_vm *vm,
                                const struct driver_ports *ports)
{
    const struct ssh_forward forward = forward_of(driver);

    return ssh_forward_start(&forward, driver, arena, vm, ports);
}

static struct error *fake_resize(struct driver *driver, struct arena *arena, struct driver_vm *vm,
                                 const struct driver_ports *ports)
{
    const struct ssh_forward forward = forward_of(driver);
    struct error *e = ssh_forward_port(&forward, driver, arena, vm, ports);

    return e ? e : fake_define(driver, arena, vm);
}

static struct error *boot_step(struct driver *driver, struct arena *arena,
                               struct driver_create *create)
{
    return fake_start(driver, arena, create->vm, create->ports);
}

static struct error *seed_remove_step(struct driver *driver, struct arena *arena,
                                      struct driver_create *create)
{
    return fake_seed_remove(driver, arena, create->vm->id);
}

/* ---- the end ---- */

static struct error *fake_domain_remove(struct driver *driver, struct arena *arena,
                                        const struct driver_vm *vm, const char **response)
{
    struct error *e = call_begin(arena, "domain_remove");
    struct fake_vm *found = fake_find(vm->id);

    (void)driver;
    *response = "no such domain";
    if (!e && found) {
        found->has_domain = false;
        found->power = DRIVER_ABSENT;
        vm_tidy(found);
    }
    return e ? e : call_end();
}

static struct error *fake_snapshots_remove(struct driver *driver, struct arena *arena,
                                           const struct driver_vm *vm, const char **response)
{
    struct error *e = call_begin(arena, "snapshots_remove");
    struct fake_vm *found = fake_find(vm->id);

    (void)driver;
    *response = "no snapshots";
    if (!e && found)
        memset(found->snapshots, 0, sizeof found->snapshots);
    return e ? e : call_end();
}

static struct error *fake_disk_remove(struct driver *driver, struct arena *arena,
                                      const struct driver_vm *vm, const char **response)
{
    struct error *e = call_begin(arena, "disk_remove");
    struct fake_vm *found = fake_find(vm->id);

    (void)driver;
    *response = "no such disk";
    if (!e && found) {
        found->has_disk = false;
        vm_tidy(found);
    }
    return e ? e : call_end();
}

static struct error *fake_seed_delete(struct driver *driver, struct arena *arena,
                                      const struct driver_vm *vm, const char **response)
{
    struct error *e = call_begin(arena, "seed_gone");
    struct fake_vm *found = fake_find(vm->id);

    (void)driver;
    *response = "no such seed";
    if (!e && found) {
        found->has_seed = false;
        vm_tidy(found);
    }
    return e ? e : call_end();
}

static struct error *fake_port_release(struct driver *driver, struct arena *arena,
                                       const struct driver_vm *vm, const char **response)
{
    struct error *e = call_begin(arena, "port_gone");

    (void)driver;
    *response = "never given to it";
    if (!e && vm->ssh.port)
        *response = arena_printf(arena, "port %lld: refused", (long long)vm->ssh.port);
    return e ? e : call_end();
}

static void thing_add(struct arena *arena, struct driver_inventory *out, const char *kind,
                      const struct fake_vm *vm)
{
    out->row[out->count++] = (struct driver_item){
        .kind = kind,
        .vm_id = arena_copy(arena, strlen(vm->id) == 16 ? vm->id : ""),
        .name = arena_copy(arena, vm->id),
        .power = vm->power,
        .cause = vm->cause,
    };
}

static struct error *fake_inventory(struct driver *driver, struct arena *arena,
                                    struct driver_inventory *out)
{
    (void)driver;
    if (fake->is_unreachable)
        return error_new(arena, ERROR_UPSTREAM, "the fake host is away");
    *out = (struct driver_inventory){ .row = arena_array(arena, 3 * FAKE_VMS, sizeof *out->row) };
    for (size_t i = 0; i < FAKE_VMS; i++) {
        const struct fake_vm *vm = &fake->vms[i];

        if (vm->has_domain)
            thing_add(arena, out, "domain", vm);
        if (vm->has_disk)
            thing_add(arena, out, "disk", vm);
        if (vm->has_seed)
            thing_add(arena, out, "seed", vm);
    }
    return NULL;
}

static const struct driver_step create_steps[] = {
    { "Disk", disk_step, false },       { "Seed", seed_step, false },
    { "Network", network_step, false }, { "Boot", boot_step, true },
    { "SSH ready", NULL, false },       { "Seed removed", seed_remove_step, false },
};

static const struct driver_removal removals[] = {
    { .step = "Domain", .thing = "domain", .act = fake_domain_remove, .ends_guest = true },
    { .step = "Snapshots", .thing = "snapshots", .act = fake_snapshots_remove },
    { .step = "Disk", .thing = "disk", .act = fake_disk_remove },
    { .step = "Seed", .thing = "seed", .act = fake_seed_delete },
    { .step = "Port", .thing = "port", .act = fake_port_release, .needs_port = true },
};

#define COMMON_OPS                                                                                 \
    .close = fake_close, .accelerator = fake_accelerator, .has_guests = fake_has_guests,           \
    .seed_write = fake_seed_write, .create_abandon = fake_seed_remove, .resize = fake_resize,      \
    .ssh_host_key = fake_ssh_host_key, .state = fake_state, .shutdown = fake_shutdown,             \
    .has_agent = fake_has_agent, .keys_set = fake_keys_set, .ssh_ask = fake_ssh_ask,               \
    .waits = fake_waits, .stop_force = fake_stop_force, .console = fake_console,                   \
    .console_end = fake_console_end, .unpause = fake_unpause, .room = fake_room,                   \
    .capacity = fake_capacity, .disk_grow = fake_disk_grow,                                        \
    .snapshot_create = fake_snapshot_create, .snapshot_restore = fake_snapshot_restore,            \
    .snapshot_delete = fake_snapshot_delete, .usage = fake_usage, .inventory = fake_inventory,     \
    .preflight = fake_preflight, .isolation = fake_isolation,                                      \
    .seen_by_guests = fake_seen_by_guests, .is_limited = fake_is_limited,                          \
    .internet_set = fake_internet_set, .internet = fake_internet

static const struct driver_ops fake_ops = {
    .open = fake_connect,
    .create_steps = { create_steps, COUNT(create_steps) },
    .start = fake_start,
    .removals = { removals, COUNT(removals) },
    COMMON_OPS,
};

/* ---- a host that creates VMs in other steps, each with its own address ---- */

static struct error *volume_step(struct driver *driver, struct arena *arena,
                                 struct driver_create *create)
{
    return fake_disk_create(driver, arena, create->vm);
}

static struct error *machine_start(struct driver *driver, struct arena *arena, struct driver_vm *vm,
                                   const struct driver_ports *ports)
{
    struct error *e;

    (void)ports;
    vm->ssh = (struct driver_endpoint){ arena_printf(arena, "%s.cloud.test", vm->id), 22 };
    e = fake_define(driver, arena, vm);
    return e ? e : fake_boot(driver, arena, vm);
}

static struct error *machine_step(struct driver *driver, struct arena *arena,
                                  struct driver_create *create)
{
    struct error *e = seed_step(driver, arena, create);

    return e ? e : machine_start(driver, arena, create->vm, create->ports);
}

static const struct driver_step cloud_steps[] = {
    { "Volume", volume_step, false },
    { "Machine", machine_step, true },
    { "SSH", NULL, false },
};

static const struct driver_removal cloud_removals[] = {
    { .step = "Machine", .thing = "machine", .act = fake_domain_remove, .ends_guest = true },
    { .step = "Volume", .thing = "volume", .act = fake_disk_remove },
    { .step = "User data", .thing = "user data", .act = fake_seed_delete },
};

static struct error *cloud_connect(struct arena *arena, const struct driver_region *region,
                                   struct driver **out);

static const struct driver_ops cloud_ops = {
    .open = cloud_connect,
    .create_steps = { cloud_steps, COUNT(cloud_steps) },
    .start = machine_start,
    .removals = { cloud_removals, COUNT(cloud_removals) },
    COMMON_OPS,
};

static struct error *cloud_connect(struct arena *arena, const struct driver_region *region,
                                   struct driver **out)
{
    struct error *e = fake_connect(arena, region, out);

    if (!e)
        (*out)->ops = &cloud_ops;
    return e;
}

const struct driver_scheme TEST_DRIVERS[] = {
    { "fake", &fake_ops },    { "cloud", &cloud_ops }, { "qemu", &LIBVIRT_OPS },
    { "test", &LIBVIRT_OPS }, { NULL, NULL },
};
