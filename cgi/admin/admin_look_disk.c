/* "vm-look --disk"; see admin_look.h. */
#include "admin/admin_look.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/log.h"
#include "image.sql.h"
#include "model/confinement.h"
#include "model/policy_hold.h"
#include "policy_version.sql.h"
#include "worker/image_version.h"
#include "worker/policy_publish.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GONE_POLL_MS = 1000, EXIT_NOT_STARTED = 127 };

/* ---- whether it is possible ---- */

static bool has_disks(const struct policy_facts *facts)
{
    const struct policy_fact *looks = policy_fact_find(facts, "looks", "");

    return looks && looks->number >= LOOKS_DISK;
}

/* From which day the policy allows it: *is_announced, or at the earliest. */
static struct error *day_find(struct admin *admin, int64_t *from_at, bool *is_announced)
{
    struct policy_version_now_row now;
    struct policy_version_next_row next;
    struct policy_facts facts;
    int64_t at = clock_now();
    struct error *e = sql_policy_version_next(admin->db, admin->arena, at, &next);
    bool has_next = !e;

    *is_announced = false;
    if (e && e->kind != ERROR_NOT_FOUND)
        return e;
    e = has_next ? policy_facts_load(admin->db, admin->arena, next.number, &facts) : NULL;
    if (!e && has_next) {
        *is_announced = has_disks(&facts);
        *from_at = at = next.effective_at; /* until then no other change can be announced */
    }
    if (e || *is_announced)
        return e;
    e = sql_policy_version_now(admin->db, admin->arena, at, &now);
    if (!e)
        e = policy_facts_load(admin->db, admin->arena, now.number, &facts);
    if (!e)
        *from_at = policy_earliest(&facts, at);
    return e;
}

static struct error *policy_check(struct admin *admin)
{
    int64_t from_at;
    bool is_announced;
    struct error *e;

    if (admin->config->looks >= LOOKS_DISK)
        return NULL;
    e = day_find(admin, &from_at, &is_announced);
    if (e)
        return e;
    return error_new(admin->arena, ERROR_CONFLICT,
                     is_announced
                         ? "the policy in force speaks of looks at consoles alone; as announced, "
                           "disks can be looked at from %s"
                         : "the policy in force speaks of looks at consoles alone; once \"policy "
                           "schedule\" has announced more, disks can be looked at from %s at the "
                           "earliest",
                     date_day_iso(admin->arena, from_at));
}

struct error *look_guest_prepare(struct admin *admin, struct driver *driver, const char *vm_id,
                                 struct disk_guest *out)
{
    struct image_get_row image = { .version = NULL };
    struct error *e = policy_check(admin);

    *out = (struct disk_guest){ .accelerator = driver_accelerator(driver) };
    if (!e)
        e = driver_disk_file(driver, admin->arena, vm_id, &out->disk);
    if (!e)
        e = sql_image_get(admin->db, admin->arena, IMAGE_OWN, &image);
    if (e && e->kind != ERROR_NOT_FOUND)
        return e;
    if (!image.version)
        return error_new(admin->arena, ERROR_CONFLICT,
                         "the image \"" IMAGE_OWN "\", which is booted for this, is not there");
    out->image_dir = image_version_dir(admin->arena, admin->config, image.version);
    return disk_guest_check(admin->arena, out);
}

/* ---- the guest ---- */

/* In the new process. */
static void guest_exec(struct admin *admin, const struct disk_guest *guest, int terminal)
{
    const char *const *command = disk_guest_command(admin->arena, guest);
    const struct sandbox_path paths[] = {
        { guest->disk, SANDBOX_READ },
        { guest->image_dir, SANDBOX_READ },
        { guest->backing, SANDBOX_READ },
        { NULL, SANDBOX_READ },
    };
    sigset_t none;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpgid(0, 0); /* Ctrl-C is for the command alone */
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    log_errors_alone();
    confinement_enter(admin->arena, admin->state_dir, "disk_guest", paths);
    for (int file = STDIN_FILENO; file <= STDERR_FILENO; file++)
        dup2(terminal, file);
    /* execvp does not change the arguments; it lacks const for historical reasons. */
    execvp(command[0], (char *const *)(const void *)command);
    perror(command[0]);
    _exit(EXIT_NOT_STARTED);
}

struct error *look_guest_start(struct admin *admin, const struct disk_guest *guest,
                               struct look_guest *out)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return error_new(admin->arena, ERROR_UNAVAILABLE, "no guest can be started: %m");
    *out = (struct look_guest){ guest->disk, ends[0], fork() };
    if (out->pid == 0)
        guest_exec(admin, guest, ends[1]);
    close(ends[1]);
    return out->pid > 0 ? NULL
                        : error_new(admin->arena, ERROR_UNAVAILABLE, "no guest can be started: %m");
}

/* False: there is no more. The end of the input is what Ctrl-D is on a terminal. */
static bool input_pass_on(int terminal)
{
    char bytes[1024];
    ssize_t length = read(STDIN_FILENO, bytes, sizeof bytes);
    bool is_end = length <= 0;

    /* What a guest does not read for so long is lost, as on every terminal. */
    send(terminal, is_end ? "\n\004" : bytes, is_end ? 2 : (size_t)length,
         MSG_DONTWAIT | MSG_NOSIGNAL);
    return !is_end;
}

bool look_guest_talk(const struct look_guest *guest,
                     void (*listen)(void *listener, const char *bytes, size_t length),
                     void *listener)
{
    struct pollfd files[] = { { .fd = guest->terminal, .events = POLLIN },
                              { .fd = -1, .events = POLLIN } };
    char bytes[1024];
    ssize_t length = 1;
    bool is_ready = false;

    while (length > 0) {
        if (access(guest->disk, F_OK) != 0) {
            fputs("\nThe disk has been deleted.\n", stderr);
            return false;
        }
        if (poll(files, COUNT(files), GONE_POLL_MS) <= 0)
            continue;
        if (files[1].revents && !input_pass_on(guest->terminal))
            files[1].fd = -1;
        if (!files[0].revents)
            continue;
        length = recv(guest->terminal, bytes, sizeof bytes, 0);
        if (length > 0)
            listen(listener, bytes, (size_t)length);
        /* Before that, what is typed would be lost. */
        if (length > 0 && !is_ready && memchr(bytes, DISK_GUEST_READY, (size_t)length)) {
            is_ready = true;
            files[1].fd = STDIN_FILENO;
        }
    }
    return true;
}

struct error *look_guest_end(struct arena *arena, const struct look_guest *guest, bool is_forced)
{
    int status = 0;

    if (is_forced)
        kill(guest->pid, SIGKILL);
    while (waitpid(guest->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return WIFEXITED(status) && WEXITSTATUS(status) != 0
               ? error_new(arena, ERROR_UPSTREAM, "the guest that has the disk has failed")
               : NULL;
}
