/*
 * "vm-look": the only way that Domicile offers to see what is inside somebody's VM: what it prints
 * on its console, for a limited time. Before the first byte is shown, the look is in the team's
 * activity and in the operator's, and queued as a mail to the owners. Nothing is sent to the VM,
 * and nothing is stored.
 */
#include "admin/admin.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/limit.h"
#include "billing.sql.h"
#include "model/mail_queue.h"
#include "vm.sql.h"
#include "worker/worker_context.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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
                                 const struct reason *reason)
{
    struct billing_owners_rows owners;
    struct error *e = sql_billing_owners(now->db, now->arena, vm->team_id, &owners);

    for (size_t i = 0; !e && i < owners.count; i++) {
        const struct mail mail = {
            .kind = "vm_look",
            .to = owners.row[i].email,
            .once = arena_printf(now->arena, "vm_look/%s/%lld/%lld", vm->id, (long long)now->now_ms,
                                 (long long)owners.row[i].id),
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

static struct error *look_write(const struct context *now, const struct vm_for_worker_row *vm,
                                const struct reason *reason)
{
    struct audit_entry entry = {
        .team_id = vm->team_id,
        .action = AUDIT_VM_LOOK,
        .vm_id = vm->id,
        .detail =
            arena_printf(now->arena, "For %d minutes at most, %s", LIMIT_LOOK_S / 60, reason->text),
        .by_operator = true,
    };
    struct error *e = audit_add(now, &entry);

    /* The operator's history outlives the VM's record, and so names it as an object. */
    entry.team_id = AUDIT_OPERATOR;
    entry.object = vm->id;
    entry.vm_id = NULL;
    if (!e)
        e = audit_add(now, &entry);
    return e ? e : owners_tell(now, vm, reason);
}

static struct error *look_record(struct admin *admin, const struct vm_for_worker_row *vm,
                                 const struct reason *reason)
{
    const struct context now = context_at(admin->db, admin->arena, admin->config, clock_now_ms());
    struct error *e = db_begin(admin->db, admin->arena);

    if (!e)
        e = look_write(&now, vm, reason);
    if (!e)
        e = db_commit(admin->db, admin->arena);
    db_rollback(admin->db);
    return e;
}

/* ---- the look ---- */

static void time_over(int number)
{
    static const char text[] = "\nThe time is over.\n";

    (void)number;
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
        _exit(1);
    _exit(0);
}

/* What a guest prints could be commands to the operator's terminal. */
static void bytes_print(void *listener, const char *bytes, size_t length)
{
    (void)listener;
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] == '\n' || bytes[i] == '\t' || (bytes[i] >= ' ' && bytes[i] <= '~'))
            putchar(bytes[i]);
    }
    fflush(stdout);
}

static struct error *look(struct admin *admin, struct driver *driver,
                          const struct vm_for_worker_row *vm, const struct reason *reason)
{
    enum driver_power power;
    struct error *e = driver_power(driver, admin->arena, vm->id, &power);

    if (!e && power != DRIVER_RUNNING)
        return error_new(admin->arena, ERROR_CONFLICT, "this VM does not run: it prints nothing");
    if (!e)
        e = look_record(admin, vm, reason);
    if (e)
        return e;
    fprintf(stderr,
            "Recorded in the activity of %s, whose owners get a mail. Ends after %d "
            "minutes, or with Ctrl-C.\n",
            vm->team_name, LIMIT_LOOK_S / 60);
    signal(SIGALRM, time_over);
    alarm(LIMIT_LOOK_S);
    return driver_console(driver, admin->arena, vm->id, bytes_print, NULL);
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
    if (!admin->config->has_looks)
        return error_new(admin->arena, ERROR_CONFLICT,
                         "the policy in force says that nobody looks inside VMs");
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
