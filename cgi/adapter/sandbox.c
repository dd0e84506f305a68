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
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * A list of what is forbidden, not of what is allowed: the C library, SQLite and OpenSSL change
 * what they call with every release, and a page must not die of an update. The calls named here
 * turn a memory error into a foothold: running programs, reading other processes, loading code.
 */
static const int forbidden[] = {
    SCMP_SYS(ptrace),
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
static const int programs[] = { SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork),
                                SCMP_SYS(vfork) };
static const int network[] = { SCMP_SYS(socket), SCMP_SYS(bind), SCMP_SYS(listen) };

static int calls_forbid(scmp_filter_ctx filter, const int *calls, size_t count)
{
    int failed = 0;

    for (size_t i = 0; i < count; i++)
        failed |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), calls[i], 0);
    return failed;
}

static bool filter_enter(enum sandbox_calls calls)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int failed = !filter || calls_forbid(filter, forbidden, COUNT(forbidden));

    if (!failed && calls != SANDBOX_PROGRAMS)
        failed = calls_forbid(filter, programs, COUNT(programs));
    if (!failed && calls == SANDBOX_NO_NETWORK)
        failed = calls_forbid(filter, network, COUNT(network));
    failed = failed || seccomp_load(filter);
    seccomp_release(filter);
    return !failed;
}

/*
 * Landlock (https://docs.kernel.org/userspace-api/landlock.html): what is not allowed fails with
 * EACCES, whoever owns the file. Linux 5.13 has version 1, Debian 12 version 2; what later versions
 * add is asked for where the kernel has it. The constants are those of its header, which Debian's
 * does not have yet.
 */
enum {
    FS_FIRST = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1, /* all of version 1 */
    FS_REFER = 1 << 13,                                /* version 2: renaming to another folder */
    FS_TRUNCATE = 1 << 14,                             /* version 3 */
    NET_TCP = 3,                                       /* version 4: bind and connect */
    SCOPE_ALL = 3,                                     /* version 6: abstract sockets, signals */
    FS_READ = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
    FS_WRITE = FS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |
               LANDLOCK_ACCESS_FS_REMOVE_FILE | FS_TRUNCATE,
    FS_OWN = FS_WRITE | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_SOCK |
             LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_REMOVE_DIR | FS_REFER,
    FS_FILE = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |
              LANDLOCK_ACCESS_FS_EXECUTE | FS_TRUNCATE, /* what a file can have */
};

static const uint64_t rights[] = {
    [SANDBOX_LIST] = LANDLOCK_ACCESS_FS_READ_DIR,
    [SANDBOX_READ] = FS_READ,
    [SANDBOX_WRITE] = FS_WRITE,
    [SANDBOX_OWN] = FS_OWN,
    [SANDBOX_RUN] = FS_READ | LANDLOCK_ACCESS_FS_EXECUTE,
};

struct ruleset {
    uint64_t fs, net, scope;
};

static struct ruleset ruleset_of(int version, enum sandbox_calls calls)
{
    return (struct ruleset){
        .fs = FS_FIRST | (version >= 2 ? FS_REFER : 0) | (version >= 3 ? FS_TRUNCATE : 0),
        .net = version >= 4 && calls == SANDBOX_NO_NETWORK ? NET_TCP : 0,
        .scope = version >= 6 && calls != SANDBOX_PROGRAMS ? SCOPE_ALL : 0,
    };
}

static bool path_allow(int set, const struct sandbox_path *path, uint64_t handled)
{
    struct landlock_path_beneath_attr beneath = {
        .allowed_access = rights[path->right] & handled,
        .parent_fd = open(path->path, O_PATH | O_CLOEXEC),
    };
    struct stat status;
    bool is_allowed;

    if (beneath.parent_fd < 0)
        return errno == ENOENT || errno == EACCES;
    if (fstat(beneath.parent_fd, &status) == 0 && !S_ISDIR(status.st_mode))
        beneath.allowed_access &= FS_FILE;
    is_allowed = syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) == 0;
    close(beneath.parent_fd);
    return is_allowed;
}

/* The version of Landlock that holds from now on; 0: none. */
static int files_enter(enum sandbox_calls calls, const struct sandbox_path *paths)
{
    int version =
        (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    struct ruleset ruleset = ruleset_of(version, calls);
    size_t size = version >= 6 ? sizeof ruleset : version >= 4 ? 16 : 8;
    bool is_in;
    int set;

    if (version < 1)
        return 0;
    set = (int)syscall(SYS_landlock_create_ruleset, &ruleset, size, 0);
    is_in = set >= 0;
    for (; is_in && paths->path; paths++)
        is_in = path_allow(set, paths, ruleset.fs);
    is_in = is_in && syscall(SYS_landlock_restrict_self, set, 0) == 0;
    if (set >= 0)
        close(set);
    return is_in ? version : 0;
}

void sandbox_enter(enum sandbox_calls calls, const struct sandbox_path *paths)
{
    const struct rlimit none = { 0, 0 };
    bool is_filtered;
    int version;

    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    version = files_enter(calls, paths);
    is_filtered = filter_enter(calls);
    if (version && is_filtered)
        log_info("sandbox", log_number("landlock", version), log_text("seccomp", "yes"));
    else
        log_error("sandbox_weak", log_number("landlock", version),
                  log_text("seccomp", is_filtered ? "yes" : "no"));
}
