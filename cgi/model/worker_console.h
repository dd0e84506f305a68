/*
 * What a VM that cannot be reached has printed on its serial console. The worker has the last bytes
 * in its memory (worker/console.h); a page asks for them through a socket that it passes along, so
 * that they are in no file and no database.
 */
#pragma once

#include "adapter/config.h"
#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* Where the worker is asked: STATE/worker/console.sock; in the arena. */
const char *worker_console_path(struct arena *arena, const struct config *config);

/* What an answer begins with; one without it says that the worker reads no such console. */
enum { WORKER_CONSOLE_READ = '+' };

/* For the lifetime of the process, before the sandbox is entered. INTERNAL. */
struct error *worker_console_connect(struct arena *arena, const struct config *config);

/*
 * At most LIMIT_CONSOLE_BYTES, as the guest has sent them: hostile. False: the worker does not read
 * this console, or does not answer within LIMIT_CONSOLE_ASK_MS. Whether the person may see it is up
 * to the caller.
 */
bool worker_console_ask(struct arena *arena, const char *vm_id, const char **bytes, size_t *length);
