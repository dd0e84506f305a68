/* Connections to forwarded ports; see ssh_connections.h. */
#include "host/ssh_connections.h"

#include <stdio.h>
#include <string.h>

enum { LINE_BYTES = 512, STATE_LISTEN = 0x0a };

/* 127.0.0.1, ::1 and 127.0.0.1 within IPv6, as the kernel writes them. */
static bool is_loopback(const char *address)
{
    return strcmp(address, "0100007F") == 0 ||
           strcmp(address, "00000000000000000000000001000000") == 0 ||
           strcmp(address, "0000000000000000FFFF00000100007F") == 0;
}

static void port_set(struct ssh_connections *connections, unsigned port)
{
    if (port < SSH_CONNECTIONS_PORTS)
        connections->bits[port / 8] |= (unsigned char)(1u << port % 8);
}

void ssh_connections_add(struct ssh_connections *connections, const char *line)
{
    unsigned local_port, remote_port, state;
    char remote[33];

    if (sscanf(line, " %*u: %*32[0-9A-F]:%x %32[0-9A-F]:%x %x", &local_port, remote, &remote_port,
               &state) != 4 ||
        state == STATE_LISTEN)
        return;
    port_set(connections, local_port);
    /* The side that closes first keeps the socket: on this computer, that is the client's. */
    if (is_loopback(remote))
        port_set(connections, remote_port);
}

static bool table_read(struct ssh_connections *connections, const char *path)
{
    char line[LINE_BYTES];
    FILE *file = fopen(path, "re");

    if (!file)
        return false;
    while (fgets(line, sizeof line, file))
        ssh_connections_add(connections, line);
    (void)fclose(file);
    return true;
}

struct error *ssh_connections_read(struct arena *arena, struct ssh_connections *out)
{
    *out = (struct ssh_connections){ .bits = { 0 } };
    if (!table_read(out, "/proc/net/tcp"))
        return error_new(arena, ERROR_UPSTREAM, "/proc/net/tcp cannot be read");
    (void)table_read(out, "/proc/net/tcp6");
    return NULL;
}

bool ssh_connections_has(const struct ssh_connections *connections, int64_t port)
{
    return port > 0 && port < SSH_CONNECTIONS_PORTS &&
           (connections->bits[port / 8] >> port % 8 & 1);
}
