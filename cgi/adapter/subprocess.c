/* Runs a program and waits for it; see subprocess.h. Uses posix_spawn, never a shell. */
#include "adapter/subprocess.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Reads to the end, so that the program never blocks, and keeps the beginning. */
static void read_beginning(int file, char *text, size_t size)
{
    char rest[512];
    size_t length = 0;
    ssize_t count;

    do {
        bool is_full = length + 1 >= size;

        count =
            read(file, is_full ? rest : text + length, is_full ? sizeof rest : size - 1 - length);
        if (count > 0 && !is_full)
            length += (size_t)count;
    } while (count > 0 || (count < 0 && errno == EINTR));
    while (length > 0 && text[length - 1] == '\n')
        length--;
    text[length] = '\0';
}

/* `input_file` negative: there is none; `output_file`: output is discarded. */
static int spawn(const char *const *arguments, int input_file, int output_file, int error_file,
                 pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, pipe_only;
    int result;

    sigemptyset(&none);
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &pipe_only);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawn_file_actions_init(&actions);
    if (input_file < 0)
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    else
        posix_spawn_file_actions_adddup2(&actions, input_file, STDIN_FILENO);
    if (output_file < 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    else
        posix_spawn_file_actions_adddup2(&actions, output_file, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, error_file, STDERR_FILENO);
    /* posix_spawn does not change the arguments; it lacks const for historical reasons. */
    result = posix_spawnp(pid, arguments[0], &actions, &attributes,
                          (char *const *)(void *)arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return result;
}

static struct error *run(struct arena *arena, const char *const *arguments, int input_file,
                         int output_file)
{
    char text[1024] = "";
    int pipe_files[2];
    int status = 0, failure;
    pid_t pid;

    if (pipe2(pipe_files, O_CLOEXEC) < 0)
        return error_new(arena, ERROR_INTERNAL, "%s: %m", arguments[0]);
    failure = spawn(arguments, input_file, output_file, pipe_files[1], &pid);
    close(pipe_files[1]);
    if (failure != 0) {
        close(pipe_files[0]);
        errno = failure;
        return error_new(arena, ERROR_UPSTREAM, "%s cannot be started: %m", arguments[0]);
    }
    read_beginning(pipe_files[0], text, sizeof text);
    close(pipe_files[0]);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return NULL;
    return error_new(arena, ERROR_UPSTREAM, "%s failed: %s", arguments[0], text);
}

struct error *command_run(struct arena *arena, const char *const *arguments)
{
    return run(arena, arguments, -1, -1);
}

static struct error *read_all(struct arena *arena, int file, const char *name, const char **out)
{
    struct stat status;
    char *text;

    if (fstat(file, &status) < 0)
        return error_new(arena, ERROR_INTERNAL, "%s: %m", name);
    if (status.st_size > SUBPROCESS_OUTPUT_BYTES)
        return error_new(arena, ERROR_UPSTREAM, "%s wrote more than %d bytes", name,
                         SUBPROCESS_OUTPUT_BYTES);
    text = arena_alloc(arena, (size_t)status.st_size + 1);
    if (pread(file, text, (size_t)status.st_size, 0) != status.st_size)
        return error_new(arena, ERROR_INTERNAL, "%s: %m", name);
    text[status.st_size] = '\0';
    *out = text;
    return NULL;
}

/* To memory, not a pipe: two pipes would have to be read concurrently. */
static struct error *run_and_read(struct arena *arena, const char *const *arguments, int input_file,
                                  const char **out)
{
    int file = memfd_create("output", MFD_CLOEXEC);
    struct error *e;

    if (file < 0)
        return error_new(arena, ERROR_INTERNAL, "%s: %m", arguments[0]);
    e = run(arena, arguments, input_file, file);
    if (!e)
        e = read_all(arena, file, arguments[0], out);
    close(file);
    return e;
}

struct error *command_read(struct arena *arena, const char *const *arguments, const char **out)
{
    return run_and_read(arena, arguments, -1, out);
}

struct error *command_ask(struct arena *arena, const char *const *arguments, const char *input,
                          const char **out)
{
    int file = memfd_create("input", MFD_CLOEXEC);
    size_t length = strlen(input);
    struct error *e = NULL;

    if (file < 0)
        return error_new(arena, ERROR_INTERNAL, "%s: %m", arguments[0]);
    if (pwrite(file, input, length, 0) != (ssize_t)length)
        e = error_new(arena, ERROR_INTERNAL, "%s: %m", arguments[0]);
    if (!e)
        e = run_and_read(arena, arguments, file, out);
    close(file);
    return e;
}

const char *command_beside(struct arena *arena, const char *name)
{
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    const char *slash;

    path[length > 0 ? length : 0] = '\0';
    slash = strrchr(path, '/');
    return arena_printf(arena, "%.*s/%s", slash ? (int)(slash - path) : 0, path, name);
}
