/* The worker's end of the wake-up socket; see wakeup.h. */
#include "worker/wakeup.h"

#include "model/worker_wakeup.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct wakeup {
    const char *path;
    int socket, signals, event;
};

static struct error *socket_open(struct wakeup *wakeup, struct arena *arena)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };

    if (strlen(wakeup->path) >= sizeof at.sun_path)
        return error_new(arena, ERROR_INTERNAL, "%s: longer than a socket's path can be (%zu)",
                         wakeup->path, sizeof at.sun_path - 1);
    memcpy(at.sun_path, wakeup->path, strlen(wakeup->path) + 1);
    unlink(wakeup->path);
    wakeup->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /*
     * The directory restricts access; the group may write, since the web programs run as another
     * user.
     */
    if (wakeup->socket < 0 || bind(wakeup->socket, (const struct sockaddr *)&at, sizeof at) < 0 ||
        chmod(wakeup->path, 0660) < 0)
        return error_new(arena, ERROR_INTERNAL, "%s: %m", wakeup->path);
    return NULL;
}

struct error *worker_wakeup_open(struct arena *arena, const struct config *config,
                                 struct wakeup **out)
{
    struct wakeup *wakeup = arena_alloc(arena, sizeof *wakeup);
    struct error *e;
    sigset_t ends;

    wakeup->path = worker_wakeup_path(arena, config);
    e = socket_open(wakeup, arena);
    if (e)
        return e;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGQUIT); /* what multiwatch 1.0.0 sends for "-s TERM" */
    sigprocmask(SIG_BLOCK, &ends, NULL);
    signal(SIGPIPE, SIG_IGN);
    wakeup->signals = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
    wakeup->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wakeup->signals < 0 || wakeup->event < 0)
        return error_new(arena, ERROR_INTERNAL, "waiting for signals: %m");
    *out = wakeup;
    return NULL;
}

enum worker_wakeup_call worker_wakeup_wait(struct wakeup *wakeup, int64_t max_ms)
{
    struct pollfd sources[] = {
        { .fd = wakeup->socket, .events = POLLIN },
        { .fd = wakeup->event, .events = POLLIN },
        { .fd = wakeup->signals, .events = POLLIN },
    };
    char bytes[64];

    poll(sources, 3, (int)max_ms);
    /* Wake-ups coalesce: each only means "check for work". */
    while (recv(wakeup->socket, bytes, sizeof bytes, 0) >= 0)
        continue;
    if (sources[1].revents && read(wakeup->event, bytes, sizeof bytes) < 0)
        return WAKEUP_WORK;
    return sources[2].revents ? WAKEUP_END : WAKEUP_WORK;
}

void worker_wakeup_signal(struct wakeup *wakeup)
{
    const uint64_t one = 1;

    if (write(wakeup->event, &one, sizeof one) < 0)
        return; /* a wake-up is already pending */
}

void worker_wakeup_close(struct wakeup *wakeup)
{
    unlink(wakeup->path);
}
