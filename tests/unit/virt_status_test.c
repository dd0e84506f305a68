/* Tests of host/virt_status.c: files as libvirt writes them, without a daemon. */
#include "host/virt_status.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena *arena;
static const char *folder;

static const char *path_of(const char *name)
{
    return arena_printf(arena, "%s/libvirt/qemu/run/%s", folder, name);
}

static void file_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static bool exists(const char *name)
{
    return access(path_of(name), F_OK) == 0;
}

#define STATUS(attributes)                                                                         \
    "<!--\nWARNING: THIS IS AN AUTO-GENERATED FILE.\n-->\n\n<domstatus " attributes ">\n"          \
    "  <taint flag='custom-argv'/>\n</domstatus>\n"

static int set_up(void **state)
{
    char template[] = "/tmp/vs.XXXXXX";

    (void)state;
    arena = arena_new(256 * 1024);
    folder = arena_copy(arena, mkdtemp(template));
    assert_int_equal(setenv("XDG_RUNTIME_DIR", folder, 1), 0);
    assert_int_equal(mkdir(arena_printf(arena, "%s/libvirt", folder), 0700), 0);
    assert_int_equal(mkdir(arena_printf(arena, "%s/libvirt/qemu", folder), 0700), 0);
    assert_int_equal(mkdir(arena_printf(arena, "%s/libvirt/qemu/run", folder), 0700), 0);
    file_write(path_of("domicile-a.xml"), STATUS("state='paused' reason='starting up' pid='0'"));
    file_write(path_of("domicile-b.xml"), STATUS("state='running' reason='booted' pid='4711'"));
    file_write(path_of("domicile-c.xml"), "");
    file_write(path_of("domicile-d.pid"), "1\n");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    assert_int_equal(system(arena_printf(arena, "rm -r '%s'", folder)), 0);
    arena_free(arena);
    return 0;
}

static void only_what_was_starting_is_removed(void **state)
{
    (void)state;
    virt_status_tidy(arena);
    assert_false(exists("domicile-a.xml"));
    assert_true(exists("domicile-b.xml"));
    assert_true(exists("domicile-c.xml"));
    assert_true(exists("domicile-d.pid"));
}

static void with_a_daemon_nothing_is_removed(void **state)
{
    const char *path = arena_printf(arena, "%s/libvirt/libvirtd.pid", folder);
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    int ready[2];
    char byte;
    pid_t daemon;

    (void)state;
    file_write(path, "");
    assert_int_equal(pipe(ready), 0);
    daemon = fork();
    if (daemon == 0) {
        int file = open(path, O_RDWR | O_CLOEXEC);
        bool is_locked = file >= 0 && fcntl(file, F_SETLK, &lock) == 0;

        if (!is_locked || write(ready[1], "", 1) != 1)
            _exit(1);
        pause();
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    virt_status_tidy(arena);
    assert_true(exists("domicile-a.xml"));
    kill(daemon, SIGKILL);
    waitpid(daemon, NULL, 0);
    virt_status_tidy(arena);
    assert_false(exists("domicile-a.xml"));
    close(ready[0]);
    close(ready[1]);
}

/* Runs until it is killed, under a name as QEMU's or another; ready when this returns. */
static pid_t process_start(const char *name)
{
    int output[2];
    char byte;
    pid_t child;

    assert_int_equal(pipe(output), 0);
    child = fork();
    if (child == 0) {
        dup2(output[1], STDOUT_FILENO);
        execlp("bash", "bash", "-c", "echo; kill -STOP $$", name, (char *)NULL);
        _exit(127);
    }
    assert_int_equal(read(output[0], &byte, 1), 1);
    close(output[0]);
    close(output[1]);
    return child;
}

static int killed_by(pid_t process)
{
    int status = 0;

    kill(process, SIGTERM); /* not seen by a stopped process */
    kill(process, SIGCONT);
    waitpid(process, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/* The number in the file may be another process's by now. */
static void its_qemu_ends_and_no_other_process(void **state)
{
    pid_t qemu = process_start("guest=domicile-a,debug-threads=on");
    pid_t other = process_start("guest=domicile-aa,debug-threads=on");

    (void)state;
    file_write(path_of("domicile-e.xml"), STATUS("state='paused' reason='starting up' pid='0'"));
    file_write(path_of("domicile-a.pid"), arena_printf(arena, "%d\n", (int)qemu));
    file_write(path_of("domicile-e.pid"), arena_printf(arena, "%d\n", (int)other));
    virt_status_tidy(arena);
    assert_int_equal(killed_by(qemu), SIGKILL);
    assert_int_equal(killed_by(other), SIGTERM);
    assert_false(exists("domicile-a.xml"));
    assert_false(exists("domicile-e.xml"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_what_was_starting_is_removed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(with_a_daemon_nothing_is_removed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(its_qemu_ends_and_no_other_process, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
