/*
 * The limit that pages are measured against: the least a libfcgi program can do behind nginx over
 * kept connections. Answers as many bytes as the query string says, with one system call. Not part
 * of Domicile.
 *
 * usage: hello   (standard input is the listening socket, as spawn-fcgi gives it)
 */
#include <fcgiapp.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { CONNECTIONS = 600, RECORD = 65535 };

static char head[] = "Status: 200 OK\r\nContent-Type: text/html\r\n\r\n", body[RECORD];

static bool answer(int fd, size_t bytes)
{
    static unsigned char end[24] = { 1, 6, 0, 1, 0, 0, 0, 0, 1, 3, 0, 1, 0, 8 };
    size_t length = sizeof head - 1 + bytes;
    unsigned char record[8] = { 1, 6, 0, 1, (unsigned char)(length >> 8), (unsigned char)length };
    struct iovec parts[] = {
        { record, sizeof record }, { head, sizeof head - 1 }, { body, bytes }, { end, sizeof end }
    };
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = 4 };

    return sendmsg(fd, &message, MSG_NOSIGNAL) >= 0;
}

static void serve_one(FCGX_Request *request)
{
    int fd = request->ipcFd;
    char rest[512];
    const char *bytes;

    if (FCGX_Accept_r(request) != 0) {
        request->ipcFd = -1;
        return;
    }
    while (FCGX_GetStr(rest, sizeof rest, request->in) > 0)
        ;
    FCGX_FreeStream(&request->out);
    bytes = FCGX_GetParam("REQUEST_URI", request->envp);
    bytes = bytes ? strchr(bytes, '?') : NULL;
    if (!bytes || !answer(fd, strtoul(bytes + 1, NULL, 10) % (RECORD - sizeof head)))
        request->keepConnection = 0;
    FCGX_Finish_r(request);
}

static void accept_one(FCGX_Request *requests, int epoll_fd)
{
    int fd = accept4(0, NULL, NULL, SOCK_CLOEXEC);

    for (int i = 0; fd >= 0 && i < CONNECTIONS; i++) {
        struct epoll_event event = { .events = EPOLLIN, .data.ptr = &requests[i] };

        if (requests[i].ipcFd >= 0)
            continue;
        requests[i].ipcFd = fd;
        requests[i].keepConnection = 1;
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
        return;
    }
}

int main(void)
{
    static FCGX_Request requests[CONNECTIONS];
    struct epoll_event events[64], listener = { .events = EPOLLIN };
    int epoll_fd = epoll_create1(0);

    memset(body, 'x', sizeof body);
    FCGX_Init();
    for (int i = 0; i < CONNECTIONS; i++) {
        FCGX_InitRequest(&requests[i], -1, 0);
        requests[i].ipcFd = -1;
    }
    fcntl(0, F_SETFL, O_NONBLOCK);
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, 0, &listener);
    for (;;) {
        int count = epoll_wait(epoll_fd, events, 64, -1);

        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr)
                serve_one(events[i].data.ptr);
            else
                accept_one(requests, epoll_fd);
        }
    }
}
