/*
 * Notifies the worker that there is work: sends one byte to STATE/worker/worker.sock.
 *
 * Only a hint. Requests are stored in the database, which the worker also polls, so a lost byte
 * costs five seconds and nothing else.
 */
#pragma once

#include "adapter/config.h"
#include "base/arena.h"
#include "base/error.h"

/*
 * Open the socket that worker_wakeup_send uses, for the lifetime of the process: once, before the
 * sandbox is entered (after that, programs cannot create sockets). INTERNAL if the socket cannot be
 * created. The worker need not be running.
 */
struct error *worker_wakeup_connect(struct arena *arena, const struct config *config);

/* Never blocks, never fails. A no-op without worker_wakeup_connect. */
void worker_wakeup_send(void);

/* Path of the worker's socket; in the arena. */
const char *worker_wakeup_path(struct arena *arena, const struct config *config);
