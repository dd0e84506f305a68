/*
 * What a process can no longer do after sandbox_enter. Each case runs in a child, since the sandbox
 * cannot be left. Landlock needs a kernel that supports it, as Debian 12's does.
 */
#include "adapter/sandbox.h"
#include "base/array.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/domicile-sandbox.XXXXXX";

static int in_folder(const char *name, int flags)
{
    char path[128];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return open(path, flags, 0600);
}

static bool is_refused(const char *path, int flags)
{
    return open(path, flags, 0600) < 0 && errno == EACCES;
}

/* The number of the first failed check; 0: all passed. */
static int inside_of_a_folder(void)
{
    const struct sandbox_path paths[] = { { folder, SANDBOX_WRITE }, { NULL, SANDBOX_READ } };
    char path[128], other[128];

    sandbox_enter(SANDBOX_NO_NETWORK, paths);
    if (in_folder("there", O_RDWR) < 0 || in_folder("new", O_RDWR | O_CREAT) < 0)
        return 1;
    if (!is_refused("/etc/hostname", O_RDONLY))
        return 2;
    if (!is_refused("/tmp/domicile-sandbox-outside", O_WRONLY | O_CREAT))
        return 3;
    if (in_folder("../domicile-sandbox-outside", O_WRONLY | O_CREAT) >= 0 || errno != EACCES)
        return 4;
    snprintf(path, sizeof path, "%s/link", folder);
    if (symlink("/etc/hostname", path) == 0 || errno != EACCES)
        return 5;
    snprintf(path, sizeof path, "%s/there", folder);
    snprintf(other, sizeof other, "%s.moved", folder);
    if (rename(path, other) == 0)
        return 6;
    return 0;
}

static int inside_of_several(void)
{
    char one[128], file[128];
    const struct sandbox_path paths[] = {
        { one, SANDBOX_READ },   { file, SANDBOX_READ },
        { "/usr", SANDBOX_RUN }, { "/nonexistent", SANDBOX_WRITE },
        { NULL, SANDBOX_READ },
    };
    char *const arguments[] = { (char *)(void *)"true", NULL };

    snprintf(one, sizeof one, "%s/folder", folder);
    snprintf(file, sizeof file, "%s/there", folder);
    sandbox_enter(SANDBOX_PROGRAMS, paths);
    if (open(file, O_RDONLY) < 0 || !is_refused(file, O_WRONLY) || in_folder("new", O_RDONLY) >= 0)
        return 1;
    if (in_folder("folder/x", O_WRONLY | O_CREAT) >= 0 || errno != EACCES)
        return 2;
    if (execv(file, arguments) == 0 || errno != EACCES)
        return 3;
    execv("/usr/bin/true", arguments);
    return 4;
}

static int without_network(void)
{
    const struct sandbox_path none = { NULL, SANDBOX_READ };

    sandbox_enter(SANDBOX_NO_NETWORK, &none);
    if (socket(AF_INET, SOCK_STREAM, 0) >= 0 || socket(AF_UNIX, SOCK_STREAM, 0) >= 0)
        return 1;
    if (execl("/bin/true", "true", (char *)NULL) == 0 || errno != EPERM)
        return 2;
    if (prctl(PR_GET_DUMPABLE) != 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
        return 3;
    return is_refused("/etc/hostname", O_RDONLY) ? 0 : 4;
}

static int with_network(void)
{
    const struct sandbox_path none = { NULL, SANDBOX_READ };

    sandbox_enter(SANDBOX_NETWORK, &none);
    return socket(AF_INET, SOCK_STREAM, 0) < 0;
}

static void expect_good(int (*child)(void))
{
    int status = -1;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0)
        _exit(child());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_folder(void **state)
{
    (void)state;
    expect_good(inside_of_a_folder);
}

static void test_several(void **state)
{
    (void)state;
    expect_good(inside_of_several);
}

static void test_without_network(void **state)
{
    (void)state;
    expect_good(without_network);
}

static void test_with_network(void **state)
{
    (void)state;
    expect_good(with_network);
}

static int folder_make(void **state)
{
    char path[128];

    (void)state;
    if (!mkdtemp(folder) || in_folder("there", O_RDWR | O_CREAT) < 0)
        return 1;
    snprintf(path, sizeof path, "%s/there", folder);
    chmod(path, 0700);
    snprintf(path, sizeof path, "%s/folder", folder);
    return mkdir(path, 0700);
}

static int folder_remove(void **state)
{
    static const char *const names[] = { "there", "new" };
    char path[128];

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/folder", folder);
    rmdir(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_folder),
        cmocka_unit_test(test_several),
        cmocka_unit_test(test_without_network),
        cmocka_unit_test(test_with_network),
    };

    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
