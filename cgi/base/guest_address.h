/*
 * The network identity of guests: a guest has a number, which follows from its port alone, and from
 * the number its MAC and its IPv4 address. So firewall, leases and filters are static: they do not
 * change when VMs are created or destroyed.
 */
#pragma once

#include <stdint.h>

#define GUEST_NETWORK "10.77.0.0/16"
#define GUEST_HOST    "10.77.0.1" /* the host, as guests see it */

/* What precedes the two bytes of the number. */
#define GUEST_MAC_START                                                                            \
    {                                                                                              \
        0x52, 0x54, 0x00, 0x4d                                                                     \
    }
#define GUEST_IP_START                                                                             \
    {                                                                                              \
        10, 77                                                                                     \
    }

/* Of the guest with this port of a region whose ports begin at `first`. .0 is the network, .1 the
 * host. */
static inline unsigned int guest_number(int64_t first, int64_t port)
{
    return (unsigned int)(port - first + 2) & 0xffff;
}
