/* The asking side of consoles; see worker_console.h. The answering one is worker/console.c. */
#include "model/worker_console.h"

#include "base/limit.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int sender = -1;
static struct sockaddr_un worker = { .sun_family = AF_UNIX };

const char *worker_console_path(struct arena *arena, const struct config *config)
{
    return arena_printf(arena, "%s/worker/console.sock", config->state_dir);
}

struct error *worker_console_connect(struct arena *arena, const struct config *config)
{
    const char *path = worker_console_path(arena, config);

    if (strlen(path) >= sizeof worker.sun_path)
        return error_new(arena, ERROR_INTERNAL,
                         "%s: longer than the maximum length of a socket path (%zu)", path,
                         sizeof worker.sun_path - 1);
    memcpy(worker.sun_path, path, strlen(path) + 1);
    sender = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (sender < 0)
        return error_new(arena, ERROR_INTERNAL, "cannot create the socket for consoles: %m");
    return NULL;
}

/* The VM's id, and where to send the answer. */
static bool question_send(const char *vm_id, int answer)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = { .bytes = { 0 } };
    struct iovec text = { .iov_base = (char *)vm_id, .iov_len = strlen(vm_id) };
    struct msghdr message = {
        .msg_name = &worker,
        .msg_namelen = sizeof worker,
        .msg_iov = &text,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = sizeof control.bytes,
    };

    control.header = (struct cmsghdr){
        .cmsg_len = CMSG_LEN(sizeof answer),
        .cmsg_level = SOL_SOCKET,
        .cmsg_type = SCM_RIGHTS,
    };
    memcpy(CMSG_DATA(&control.header), &answer, sizeof answer);
    return sendmsg(sender, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

/* Until the worker closes its end. */
static size_t answer_read(int answer, char *bytes, size_t size)
{
    struct pollfd source = { .fd = answer, .events = POLLIN };
    size_t length = 0;
    ssize_t got = 1;

    while (got > 0 && length < size && poll(&source, 1, LIMIT_CONSOLE_ASK_MS) == 1) {
        got = read(answer, bytes + length, size - length);
        length += got > 0 ? (size_t)got : 0;
    }
    return length;
}

bool worker_console_ask(struct arena *arena, const char *vm_id, const char **bytes, size_t *length)
{
    char *answer = arena_alloc(arena, LIMIT_CONSOLE_BYTES + 1);
    size_t got = 0;
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return false;
    if (question_send(vm_id, pair[1])) {
        close(pair[1]);
        got = answer_read(pair[0], answer, LIMIT_CONSOLE_BYTES + 1);
    } else {
        close(pair[1]);
    }
    close(pair[0]);
    if (!got || *answer != WORKER_CONSOLE_READ)
        return false;
    *bytes = answer + 1;
    *length = got - 1;
    return true;
}
