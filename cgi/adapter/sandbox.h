/*
 * What a process gives up before its first request: core files, new privileges, other programs, the
 * network where it needs none, and all files but one folder where that is enough. What the kernel
 * lacks is said once in the log.
 */
#pragma once

enum sandbox_network {
    SANDBOX_NO_NETWORK, /* may still send to unix sockets that it opened before */
    SANDBOX_NETWORK,
};

/* `folder` NULL: files as the user may. Else no file outside of it can be opened any more. */
void sandbox_enter(enum sandbox_network network, const char *folder);
