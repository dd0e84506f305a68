/* The worker's side of the wake-up call; see waker.h. */
#include "worker/waker.h"

#include "model/wake.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct waker {
    const char *path;
    int socket, signals, bell;
};

static struct error *socket_open(struct waker *waker, struct arena *arena)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };

    if (strlen(waker->path) >= sizeof at.sun_path)
        return error_new(arena, ERROR_INTERNAL, "%s: longer than a socket's path can be (%zu)",
                         waker->path, sizeof at.sun_path - 1);
    memcpy(at.sun_path, waker->path, strlen(waker->path) + 1);
    unlink(waker->path);
    waker->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* Who may reach it is said by the folder; the group may write, as the web programs run apart.
     */
    if (waker->socket < 0 || bind(waker->socket, (const struct sockaddr *)&at, sizeof at) < 0 ||
        chmod(waker->path, 0660) < 0)
        return error_new(arena, ERROR_INTERNAL, "%s: %m", waker->path);
    return NULL;
}

struct error *waker_open(struct arena *arena, const struct config *config, struct waker **out)
{
    struct waker *waker = arena_alloc(arena, sizeof *waker);
    struct error *e;
    sigset_t ends;

    waker->path = wake_path(arena, config);
    e = socket_open(waker, arena);
    if (e)
        return e;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    signal(SIGPIPE, SIG_IGN);
    waker->signals = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
    waker->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (waker->signals < 0 || waker->bell < 0)
        return error_new(arena, ERROR_INTERNAL, "waiting for signals: %m");
    *out = waker;
    return NULL;
}

enum waker_call waker_wait(struct waker *waker, int64_t most_ms)
{
    struct pollfd sources[] = {
        { .fd = waker->socket, .events = POLLIN },
        { .fd = waker->bell, .events = POLLIN },
        { .fd = waker->signals, .events = POLLIN },
    };
    char bytes[64];

    poll(sources, 3, (int)most_ms);
    /* Many calls are one: each says no more than "look". */
    while (recv(waker->socket, bytes, sizeof bytes, 0) >= 0)
        continue;
    if (sources[1].revents && read(waker->bell, bytes, sizeof bytes) < 0)
        return WAKER_WORK;
    return sources[2].revents ? WAKER_END : WAKER_WORK;
}

void waker_ring(struct waker *waker)
{
    const uint64_t one = 1;

    if (write(waker->bell, &one, sizeof one) < 0)
        return; /* it rings already */
}

void waker_close(struct waker *waker)
{
    unlink(waker->path);
}
