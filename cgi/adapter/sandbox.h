/*
 * What a process gives up for good before its first request: core files, new privileges, other
 * programs, the network where it needs none, and every file that is not listed. What was reached is
 * said once in the log ("sandbox"): the kernel's version of Landlock, or 0; whether system calls
 * are filtered. A process works without what the kernel lacks.
 */
#pragma once

#include <stddef.h>

enum sandbox_calls {
    SANDBOX_NO_NETWORK, /* may still send to unix sockets that it opened before */
    SANDBOX_NETWORK,
    SANDBOX_PROGRAMS, /* the network, and programs, from folders with SANDBOX_RUN */
};

enum sandbox_right {
    SANDBOX_LIST, /* see which files there are */
    SANDBOX_READ,
    SANDBOX_WRITE, /* read, change, make and remove files */
    SANDBOX_OWN,   /* the same, and folders and sockets; no links, no devices */
    SANDBOX_RUN,   /* read, and run what is in it */
};

/* A file, or a folder with all below it. What is missing is left out. */
struct sandbox_path {
    const char *path;
    enum sandbox_right right;
};

/* `paths` ends with a NULL path. For the calling thread and what it starts from now on. */
void sandbox_enter(enum sandbox_calls calls, const struct sandbox_path *paths);
