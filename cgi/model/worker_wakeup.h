/*
 * Tells the worker that there is something to do: one byte to STATE/run/worker.sock.
 *
 * Only a hint. Wishes stand in the database, and the worker looks there by itself as well, so a
 * byte that is lost costs a second and nothing else.
 */
#pragma once

#include "adapter/config.h"
#include "base/arena.h"
#include "base/error.h"

/*
 * Open the socket that worker_wakeup_send sends from, for the rest of the process: once, before the
 * sandbox closes (afterwards no program may make sockets). INTERNAL when there is none to be had.
 * Whether a worker runs does not matter.
 */
struct error *worker_wakeup_connect(struct arena *arena, const struct config *config);

/* Never blocks, never fails. Without worker_wakeup_connect it does nothing. */
void worker_wakeup_send(void);

/* Where the worker listens; in the arena. */
const char *worker_wakeup_path(struct arena *arena, const struct config *config);
