/* Giving up rights; see sandbox.h. The adapter for libseccomp. */
#include "adapter/sandbox.h"

#include "base/array.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * A list of what is forbidden, not of what is allowed: the C library, SQLite and OpenSSL change
 * what they call with every release, and a page must not die of an update. The calls named here
 * turn a memory error into a foothold: running programs, reading other processes, loading code.
 */
static const int forbidden[] = {
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(ptrace),
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(mount),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(open_by_handle_at),
};

static int filter_fill(scmp_filter_ctx filter, enum sandbox_network network)
{
    int failed = 0;

    for (size_t i = 0; i < COUNT(forbidden); i++)
        failed |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), forbidden[i], 0);
    if (network == SANDBOX_NO_NETWORK) {
        failed |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 0);
        failed |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(bind), 0);
    }
    return failed;
}

/*
 * Landlock (https://docs.kernel.org/userspace-api/landlock.html; Linux 5.13, on in Debian 12): what
 * is not allowed here fails with EACCES, whoever owns the file. False: the kernel lacks it.
 */
static bool folder_enter(const char *folder)
{
    const struct landlock_ruleset_attr rules = {
        .handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1, /* all of the first version */
    };
    struct landlock_path_beneath_attr beneath = {
        .allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |
                          LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                          LANDLOCK_ACCESS_FS_REMOVE_FILE,
        .parent_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC),
    };
    int set = (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0);
    bool is_in =
        set >= 0 && beneath.parent_fd >= 0 &&
        syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) == 0 &&
        syscall(SYS_landlock_restrict_self, set, 0) == 0;

    if (set >= 0)
        close(set);
    if (beneath.parent_fd >= 0)
        close(beneath.parent_fd);
    return is_in;
}

void sandbox_enter(enum sandbox_network network, const char *folder)
{
    const struct rlimit none = { 0, 0 };
    scmp_filter_ctx filter;
    int failed;

    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (folder && !folder_enter(folder))
        log_error("sandbox_weak", log_text("missing", "landlock"));
    filter = seccomp_init(SCMP_ACT_ALLOW);
    failed = !filter || filter_fill(filter, network) || seccomp_load(filter);
    if (failed)
        log_error("sandbox_weak", log_text("missing", "seccomp"));
    seccomp_release(filter);
}
