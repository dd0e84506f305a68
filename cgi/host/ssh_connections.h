/*
 * Which forwarded ports of this computer have connections. Where guests share its address, a
 * process here forwards each guest's SSH port, so the kernel's table of sockets shows who is
 * connected. A connection counts until a minute after its end (TIME_WAIT), so that a short one is
 * not missed between two looks. Of a connection nothing but its port is read.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum { SSH_CONNECTIONS_PORTS = 65536 };

struct ssh_connections {
    unsigned char bits[SSH_CONNECTIONS_PORTS / 8];
};

/* Read /proc/net/tcp and tcp6. UPSTREAM if the first cannot be read; without IPv6 there is no
 * second. */
struct error *ssh_connections_read(struct arena *arena, struct ssh_connections *out);

/* Add a line of such a table; headings and listening sockets add nothing. */
void ssh_connections_add(struct ssh_connections *connections, const char *line);

bool ssh_connections_has(const struct ssh_connections *connections, int64_t port);
