/*
 * The limit that pages are measured against: the least a libfcgi program can do behind nginx over
 * kept connections, answering `bytes` bytes of the same kind with one write. Not part of Domicile.
 *
 * usage: hello BYTES   (standard input is the listening socket, as spawn-fcgi gives it)
 */
#include <fcgiapp.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS = 600, RECORD = 65535 };

static unsigned char answer[RECORD + 64];
static size_t answer_length;

static void answer_fill(size_t bytes)
{
    static const char head[] = "Status: 200 OK\r\nContent-Type: text/html\r\n\r\n";
    size_t length = sizeof head - 1 + bytes;
    const unsigned char stdout_record[8] = {
        1, 6, 0, 1, (unsigned char)(length >> 8), (unsigned char)length
    };
    static const unsigned char end[24] = { 1, 6, 0, 1, 0, 0, 0, 0, 1, 3, 0, 1, 0, 8 };

    memcpy(answer, stdout_record, 8);
    memcpy(answer + 8, head, sizeof head - 1);
    memset(answer + 8 + sizeof head - 1, 'x', bytes);
    memcpy(answer + 8 + length, end, sizeof end);
    answer_length = 8 + length + sizeof end;
}

static void serve_one(FCGX_Request *request)
{
    int fd = request->ipcFd;
    char rest[512];

    if (FCGX_Accept_r(request) != 0) {
        request->ipcFd = -1;
        return;
    }
    while (FCGX_GetStr(rest, sizeof rest, request->in) > 0)
        ;
    FCGX_FreeStream(&request->out);
    if (send(fd, answer, answer_length, MSG_NOSIGNAL) < 0)
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

int main(int argc, char **argv)
{
    static FCGX_Request requests[CONNECTIONS];
    struct epoll_event events[64], listener = { .events = EPOLLIN };
    int epoll_fd = epoll_create1(0);
    long bytes = argc == 2 ? strtol(argv[1], NULL, 10) : 0;

    if (bytes < 1 || bytes > RECORD - 64)
        return 2;
    answer_fill((size_t)bytes);
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
