/* The sender's side of the wakeup socket; see worker_wakeup.h. The receiver is in
 * worker/wakeup.c. */
#include "model/worker_wakeup.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

/* Opened once per process and used for every wakeup. */
static int sender = -1;
static struct sockaddr_un worker = { .sun_family = AF_UNIX };

const char *worker_wakeup_path(struct arena *arena, const struct config *config)
{
    return arena_printf(arena, "%s/worker/worker.sock", config->state_dir);
}

struct error *worker_wakeup_connect(struct arena *arena, const struct config *config)
{
    const char *path = worker_wakeup_path(arena, config);

    if (strlen(path) >= sizeof worker.sun_path)
        return error_new(arena, ERROR_INTERNAL,
                         "%s: longer than the maximum length of a socket path (%zu)", path,
                         sizeof worker.sun_path - 1);
    memcpy(worker.sun_path, path, strlen(path) + 1);
    sender = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (sender < 0)
        return error_new(arena, ERROR_INTERNAL, "cannot create the wakeup socket: %m");
    return NULL;
}

void worker_wakeup_send(void)
{
    if (sender < 0)
        return;
    /* No worker, or a busy one: neither needs handling here. */
    if (sendto(sender, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&worker,
               sizeof worker) < 0)
        return;
}
