/*
 * What a process gives up before its first request: core files, new privileges, other programs, and
 * the network where it needs none. What the kernel lacks is said once in the log.
 */
#pragma once

enum sandbox_network {
    SANDBOX_NO_NETWORK, /* may still send to unix sockets that it opened before */
    SANDBOX_NETWORK,
};

void sandbox_enter(enum sandbox_network network);
