/* Only one worker works on a state folder: STATE/run/worker.lock. */
#pragma once

#include "adapter/config.h"
#include "base/error.h"

/* Held until the process ends, however it ends. CONFLICT when another worker has it. */
struct error *lock_take(struct arena *arena, const struct config *config);
