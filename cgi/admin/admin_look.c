/*
 * "vm-look": the only way that Domicile offers to see what is inside somebody's VM: what it prints
 * on its console or, with --disk, the files on its disk, for a limited time. Before the first byte
 * is shown, the look is in the team's activity and in the operator's, and queued as a mail to the
 * owners; when it ends, so is how long it took, unless the process is killed. Nothing is sent to
 * the VM, and nothing is stored.
 */
#include "admin/admin_look.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/limit.h"
#include "billing.sql.h"
#include "model/mail_queue.h"
#include "vm.sql.h"
#include "worker/worker_context.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LOOK_ARENA_BYTES = 64 * 1024 };

static const struct reason {
    const char *name, *text;
} reasons[] = {
    { "operate", "to keep the server running" },
    { "abuse", "to investigate abuse" },
    { "law", "because the law requires it" },
};

static const struct reason *reason_find(const char *name)
{
    for (size_t i = 0; name && i < COUNT(reasons); i++) {
        if (strcmp(reasons[i].name, name) == 0)
            return &reasons[i];
    }
    return NULL;
}

/* ---- before the look ---- */

static struct error *owners_tell(const struct context *now, const struct vm_for_worker_row *vm,
                                 const struct reason *reason, const char *kind)
{
    struct billing_owners_rows owners;
    struct error *e = sql_billing_owners(now->db, now->arena, vm->team_id, &owners);

    for (size_t i = 0; !e && i < owners.count; i++) {
        const struct mail mail = {
            .kind = kind,
            .to = owners.row[i].email,
            .once = arena_printf(now->arena, "%s/%s/%lld/%lld", kind, vm->id,
                                 (long long)now->now_ms, (long long)owners.row[i].id),
            .vm_name = vm->name,
            .promise = reason->text,
            .url = arena_printf(now->arena, "%s/vms/%s/activity", now->config->public_url, vm->id),
            .at = now->now_at,
            .until_at = now->now_at + LIMIT_LOOK_S,
        };

        e = mail_queue(now->db, now->arena, &mail, now->now_at);
    }
    return e;
}

/* In the team's history and in the operator's. */
static struct error *look_write(const struct context *now, const struct vm_for_worker_row *vm,
                                enum audit_action action, const char *detail)
{
    struct audit_entry entry = {
        .team_id = vm->team_id,
        .action = action,
        .vm_id = vm->id,
        .detail = detail,
        .by_operator = true,
    };
    struct error *e = audit_add(now, &entry);

    /* The operator's history outlives the VM's record, and so names it as an object. */
    entry.team_id = AUDIT_OPERATOR;
    entry.object = vm->id;
    entry.vm_id = NULL;
    return e ? e : audit_add(now, &entry);
}

static struct error *begin_record(struct admin *admin, const struct vm_for_worker_row *vm,
                                  const struct reason *reason, int64_t *begun_ms)
{
    const struct context now = context_at(admin->db, admin->arena, admin->config, clock_now_ms());
    const char *detail =
        arena_printf(now.arena, "For %d minutes at most, %s", LIMIT_LOOK_S / 60, reason->text);
    struct error *e = db_begin(admin->db, admin->arena);

    if (!e)
        e = look_write(&now, vm, admin->is_disk ? AUDIT_VM_DISK_LOOK : AUDIT_VM_LOOK, detail);
    if (!e)
        e = owners_tell(&now, vm, reason, admin->is_disk ? "vm_disk_look" : "vm_look");
    if (!e)
        e = db_commit(admin->db, admin->arena);
    db_rollback(admin->db);
    *begun_ms = now.now_ms;
    return e;
}

static struct error *end_record(struct admin *admin, const struct vm_for_worker_row *vm,
                                int64_t begun_ms)
{
    const struct context now = context_at(admin->db, admin->arena, admin->config, clock_now_ms());
    const char *detail = arena_printf(now.arena, "After %s",
                                      date_span(now.arena, (now.now_ms - begun_ms + 999) / 1000));
    struct error *e = db_begin(admin->db, admin->arena);

    if (!e)
        e = look_write(&now, vm, admin->is_disk ? AUDIT_VM_DISK_LOOK_END : AUDIT_VM_LOOK_END,
                       detail);
    if (!e)
        e = db_commit(admin->db, admin->arena);
    db_rollback(admin->db);
    return e;
}

/* ---- the look ---- */

/*
 * What is shown blocks until the VM, or the guest with its disk, ends, so a thread has it, and the
 * process waits for what ends it.
 */
struct look {
    struct driver *driver;
    struct arena *arena; /* the thread's */
    const char *vm_id;
    struct look_guest guest; /* that has the disk; without a process: the console is shown */
    bool is_gone;            /* the disk was deleted meanwhile */
    atomic_bool is_over;     /* nothing more is shown */
    struct error *e;
};

/* What a guest prints could be commands to the operator's terminal. */
static void bytes_print(void *listener, const char *bytes, size_t length)
{
    const struct look *look = listener;

    for (size_t i = 0; i < length && !atomic_load(&look->is_over); i++) {
        if (bytes[i] == '\n' || bytes[i] == '\t' || (bytes[i] >= ' ' && bytes[i] <= '~'))
            putchar(bytes[i]);
    }
    fflush(stdout);
}

/* Who reads it already gives way: the worker, if the VM cannot be reached, or another look. */
static struct error *console_show(struct look *look)
{
    struct error *e = driver_console(look->driver, look->arena, look->vm_id, bytes_print, look);

    if (!e || driver_console_end(look->driver, look->arena, look->vm_id))
        return e;
    return driver_console(look->driver, look->arena, look->vm_id, bytes_print, look);
}

static void *look_run(void *shared)
{
    struct look *look = shared;

    if (look->guest.pid)
        look->is_gone = !look_guest_talk(&look->guest, bytes_print, look);
    else
        look->e = console_show(look);
    kill(getpid(), SIGUSR1);
    return NULL;
}

/* Also what stops the process, so that it can record the end. */
static sigset_t ends_block(void)
{
    static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGALRM, SIGUSR1 };
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < COUNT(ends); i++)
        sigaddset(&set, ends[i]);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    return set;
}

/* *is_open: the thread still shows something. */
static struct error *look_wait(struct admin *admin, struct look *look, const sigset_t *ends,
                               bool *is_open)
{
    pthread_t thread;
    int number = 0;

    *is_open = false;
    if (pthread_create(&thread, NULL, look_run, look))
        return error_new(admin->arena, ERROR_UNAVAILABLE, "no thread can be started");
    alarm(LIMIT_LOOK_S);
    sigwait(ends, &number);
    atomic_store(&look->is_over, true);
    if (number == SIGALRM)
        fputs("\nThe time is over.\n", stderr);
    *is_open = number != SIGUSR1;
    if (*is_open)
        return NULL;
    pthread_join(thread, NULL);
    if (!look->guest.pid && !look->e)
        fputs("\nThe console has ended: the VM was stopped, restarted or destroyed, or another "
              "look began.\n",
              stderr);
    return look->e;
}

/* `disk` NULL: at the console. */
static struct error *look_show(struct admin *admin, struct look *look,
                               const struct disk_guest *disk, bool *is_open)
{
    const sigset_t ends = ends_block();
    struct error *e = disk ? look_guest_start(admin, disk, &look->guest) : NULL, *problem;

    *is_open = false;
    if (!e)
        e = look_wait(admin, look, &ends, is_open);
    if (look->guest.pid <= 0)
        return e;
    problem = look_guest_end(admin->arena, &look->guest, e || *is_open || look->is_gone);
    return e ? e : problem;
}

static void look_announce(const struct vm_for_worker_row *vm, const struct disk_guest *disk,
                          enum driver_power power)
{
    fprintf(stderr,
            "Recorded in the activity of %s, whose owners get a mail. Ends after %d "
            "minutes, or with Ctrl-C.\n",
            vm->team_name, LIMIT_LOOK_S / 60);
    if (!disk)
        return;
    fputs(
        power == DRIVER_STOPPED
            ? "The journal of the file system is not replayed: if the VM was not shut down, its "
              "last changes may be missing or look damaged.\n"
            : "The VM is running: what it has not written to its disk yet is missing, and what it "
              "writes meanwhile may look damaged.\n",
        stderr);
    fputs(
        "Lines that you type are for a shell in a guest that has the disk; \"exit\" ends the look, "
        "too.\n",
        stderr);
}

static struct error *look(struct admin *admin, struct driver *driver,
                          const struct vm_for_worker_row *vm, const struct reason *reason)
{
    struct look *look = arena_alloc(admin->arena, sizeof *look);
    struct disk_guest guest, *disk = admin->is_disk ? &guest : NULL;
    enum driver_power power;
    int64_t begun_ms;
    bool is_open;
    struct error *e = driver_power(driver, admin->arena, vm->id, &power), *problem;

    if (!e && !disk && power != DRIVER_RUNNING)
        return error_new(admin->arena, ERROR_CONFLICT, "this VM does not run: it prints nothing");
    if (!e && disk)
        e = look_guest_prepare(admin, driver, vm->id, disk);
    if (!e)
        e = begin_record(admin, vm, reason, &begun_ms);
    if (e)
        return e;
    look_announce(vm, disk, power);
    *look =
        (struct look){ .driver = driver, .arena = arena_new(LOOK_ARENA_BYTES), .vm_id = vm->id };
    problem = look_show(admin, look, disk, &is_open);
    e = end_record(admin, vm, begun_ms);
    if (is_open) {
        if (e)
            fprintf(stderr, "The end could not be recorded: %s\n", e->text);
        _exit(e != NULL); /* the console cannot be left otherwise */
    }
    return problem ? problem : e;
}

struct error *admin_vm_look(struct admin *admin)
{
    const struct reason *reason = reason_find(admin->reason);
    struct worker_context *context;
    struct vm_for_worker_row vm;
    struct driver *driver;
    struct error *e;

    if (!reason)
        return error_new(admin->arena, ERROR_INPUT,
                         "a look needs --reason operate, --reason abuse or --reason law");
    if (admin->config->looks == LOOKS_NEVER)
        return error_new(admin->arena, ERROR_CONFLICT,
                         "the profile in domicile.conf says that nobody looks inside VMs");
    e = sql_vm_for_worker(admin->db, admin->arena, admin->argument, &vm);
    if (e || vm.gone_at)
        return e && e->kind != ERROR_NOT_FOUND ? e
                                               : error_new(admin->arena, ERROR_NOT_FOUND,
                                                           "no VM has the ID %s", admin->argument);
    context = worker_context_without_db(admin->config, &TIMEOUTS, DRIVERS);
    e = worker_context_driver(context, admin->arena, vm.region, &driver);
    if (!e)
        e = look(admin, driver, &vm, reason);
    worker_context_close(context);
    return e;
}
