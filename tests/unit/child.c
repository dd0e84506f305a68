/* Child processes of a test; see child.h. */
#include "child.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

bool child_aborts(void (*run)(void *user), void *user)
{
    int status = 0;
    pid_t child;

    fflush(NULL);
    child = fork();
    if (child == 0) {
        const struct rlimit none = { 0, 0 };
        int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

        setrlimit(RLIMIT_CORE, &none);
        dup2(nowhere, 1);
        dup2(nowhere, 2);
        signal(SIGABRT, SIG_DFL);
        alarm(300); /* a hanging child has not aborted */
        run(user);
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return false;
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

int child_run(const char *const *arguments, char *out, size_t size)
{
    posix_spawn_file_actions_t actions;
    int ends[2], status = -1;
    size_t length = 0;
    ssize_t count = 0;
    char rest[256];
    pid_t child;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
    if (posix_spawnp(&child, arguments[0], &actions, NULL, (char *const *)(size_t)arguments,
                     environ) != 0)
        child = -1;
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    do {
        bool is_full = length + 1 >= size;

        count = is_full ? read(ends[0], rest, sizeof rest)
                        : read(ends[0], out + length, size - 1 - length);
        if (count > 0 && !is_full)
            length += (size_t)count;
    } while (count > 0);
    out[length] = '\0';
    close(ends[0]);
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
        return -1;
    return WEXITSTATUS(status);
}
