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
 * Open the socket that wake_worker sends from, for the rest of the process: once, before the
 * sandbox closes (afterwards no program may make sockets). INTERNAL when there is none to be had.
 * Whether a worker runs does not matter.
 */
struct error *wake_open(struct arena *arena, const struct config *config);

/* Never blocks, never fails. Without wake_open it does nothing. */
void wake_worker(void);

/* Where the worker listens; in the arena. */
const char *wake_path(struct arena *arena, const struct config *config);
