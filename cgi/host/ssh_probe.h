/*
 * Asks a guest for its SSH host key. Guests are hostile, so what they say is read by a program of
 * its own (helper/ssh_probe.c), which has neither files nor secrets nor the network.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "host/driver.h"

#include <stdint.h>

/*
 * As ssh_probe() of adapter/ssh.h: *out is "ssh-ed25519 AAAA...", or NULL when nothing that answers
 * in time has such a key. *banner, unless `banner` is NULL, is printable ASCII, or NULL. UPSTREAM
 * when the program cannot be run.
 */
struct error *ssh_probe_run(struct arena *arena, const char *address, int64_t port,
                            int64_t timeout_ms, const char **out, const char **banner);

/* The same with a question (driver.h) instead: one that is not answered is left so. */
struct error *ssh_probe_ask(struct arena *arena, const char *address, int64_t port,
                            int64_t timeout_ms, struct driver_question *question);
