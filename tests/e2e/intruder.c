/*
 * Whoever has taken over a program: loaded into each of them (LD_PRELOAD) by walls.sh, waits until
 * it has entered its sandbox, and tries what it must not be able to do. Each attempt is a line on
 * standard error: "intruder PROGRAM ATTEMPT refused|DONE".
 *
 * A program is in its sandbox when it calls one of the functions at the end. INTRUDER_STATE is the
 * state directory, INTRUDER_PORT a TCP port of this computer on which something listens.
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <libssh/libssh.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *state;

static void tell(const char *attempt, const char *what, bool is_done)
{
    char line[512];
    int length =
        snprintf(line, sizeof line, "intruder %s %s%s%s %s\n", program_invocation_short_name,
                 attempt, *what ? ":" : "", what, is_done ? "DONE" : "refused");

    if (write(STDERR_FILENO, line, (size_t)length) < 0)
        _exit(9);
}

static const char *in_state(const char *name)
{
    static char path[512];

    if (*name == '/')
        return name;
    snprintf(path, sizeof path, "%s/%s", state, name);
    return path;
}

static void try_to_open(const char *attempt, const char *name, int flags)
{
    int file = open(in_state(name), flags | O_CLOEXEC);

    tell(attempt, name, file >= 0);
    if (file >= 0)
        close(file);
}

/* Each its own: others try the same at the same time. */
static void try_to_make(const char *folder)
{
    char path[512];
    int file;

    snprintf(path, sizeof path, "%s/x.%d", in_state(folder), (int)getpid());
    file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    tell("make in", folder, file >= 0);
    if (file >= 0)
        close(file);
    unlink(path);
}

static void try_files(void)
{
    static const char *const read[] = {
        "secrets/stripe-webhook",
        "secrets/workos-webhook",
        "secrets/workos-api-key",
        "secrets/stripe-api-key",
        "secrets/smtp-password",
        "tls/key.pem",
        "data/main.db",
        "inbox/stripe/inbox.db",
        "inbox/workos/inbox.db",
        "domicile.conf",
        "/etc/passwd",
    };
    static const char *const folders[] = {
        "",        "run",   "app",          "app/bin",
        "secrets", "inbox", "inbox/stripe", "inbox/workos",
        "data",    "disks", "images",       "image_versions",
        "log",     "tls",   "/tmp",
    };
    static const char *const change[] = {
        "app/bin/site",  "app/bin/worker", "app/errors/404.html",
        "domicile.conf", "run/nginx.conf", "/etc/passwd",
    };

    for (size_t i = 0; i < sizeof read / sizeof *read; i++)
        try_to_open("read", read[i], O_RDONLY);
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        try_to_make(folders[i]);
    for (size_t i = 0; i < sizeof change / sizeof *change; i++)
        try_to_open("change", change[i], O_WRONLY);
}

/* What the programs of the next start would be taken from, and links that others would follow. */
static void try_names(void)
{
    static const char *const links[] = { "data/link", "inbox/stripe/link", "worker/link", "x" };
    char away[512];

    snprintf(away, sizeof away, "%s/app.away", state);
    tell("rename", "app", rename(in_state("app"), away) == 0);
    tell("remove", "app/bin/site", unlink(in_state("app/bin/site")) == 0);
    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        tell("link", links[i], symlink("/etc/passwd", in_state(links[i])) == 0);
}

static void try_network(void)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)atoi(getenv("INTRUDER_PORT"))),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    tell("connect", "", file >= 0 && connect(file, (const struct sockaddr *)&to, sizeof to) == 0);
    if (file >= 0)
        close(file);
}

static bool is_run(const char *path)
{
    char *const arguments[] = { (char *)(void *)path, NULL };
    int status = -1;
    pid_t pid = vfork();

    if (pid == 0) {
        execv(path, arguments);
        _exit(127);
    }
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
           WEXITSTATUS(status) != 127;
}

/* Also a program of one's own: a copy where this process may write. */
static void try_programs(void)
{
    static const char *const folders[] = { "data", "worker", "inbox/stripe", "inbox/workos" };

    unsetenv("LD_PRELOAD");
    tell("run", "/usr/bin/true", is_run("/usr/bin/true"));
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        char path[512];
        int file;

        snprintf(path, sizeof path, "%s/%s/own", state, folders[i]);
        file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
        if (file >= 0 && write(file, "#!/bin/sh\n", 10) == 10)
            close(file);
        tell("run own", folders[i], is_run(path));
        unlink(path);
    }
}

static void intrude(void)
{
    static bool is_over;

    state = getenv("INTRUDER_STATE");
    if (is_over || !state)
        return;
    is_over = true;
    try_files();
    try_names();
    try_network();
    try_programs();
    tell("signal", "", kill(getppid(), 0) == 0);
    tell("over", "", true);
}

/* The function of this name in the library that the program meant. */
static void *next(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

static bool is_one_of(const char *const *names)
{
    for (; *names; names++) {
        if (strcmp(program_invocation_short_name, *names) == 0)
            return true;
    }
    return false;
}

/* Programs behind nginx, before their first request. */
int epoll_create1(int flags)
{
    static const char *const names[] = { "site",   "signin", "dashboard", "operator",
                                         "vm",     "costs",  "account",   "billing",
                                         "github", "stripe", "workos",    NULL };
    int (*call)(int) = (int (*)(int))next("epoll_create1");

    if (is_one_of(names))
        intrude();
    return call(flags);
}

/* What keeps the log, before its first line. */
void (*signal(int number, void (*handler)(int)))(int)
{
    static const char *const names[] = { "log_keeper", NULL };
    void (*(*call)(int, void (*)(int)))(int) = (void (*(*)(int, void (*)(int)))(int))next("signal");

    if (is_one_of(names))
        intrude();
    return call(number, handler);
}

/* The worker, before its first thread. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                   void *argument)
{
    static const char *const names[] = { "worker", NULL };
    int (*call)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) = (int (*)(
        pthread_t *, const pthread_attr_t *, void *(*)(void *), void *))next("pthread_create");

    if (is_one_of(names))
        intrude();
    return call(thread, attributes, run, argument);
}

/* The probe, before the first byte of a guest. */
int ssh_connect(ssh_session session)
{
    static const char *const names[] = { "ssh_probe", NULL };
    int (*call)(ssh_session) = (int (*)(ssh_session))next("ssh_connect");

    if (is_one_of(names))
        intrude();
    return call(session);
}
