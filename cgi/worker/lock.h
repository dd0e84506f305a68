/* Allows only one worker per state directory: STATE/worker/worker.lock. */
#pragma once

#include "adapter/config.h"
#include "base/error.h"

/* Held until the process ends, however it ends. CONFLICT when another worker holds it. */
struct error *lock_take(struct arena *arena, const struct config *config);
