/*
 * What the worker's main thread waits for: a byte from the dashboard (model/worker_wakeup.h), a
 * word from one of its own threads, a signal to end, or time.
 */
#pragma once

#include "adapter/config.h"
#include "base/error.h"

struct wakeup;

enum worker_wakeup_call {
    WAKER_WORK, /* there may be something to do */
    WAKER_END,  /* SIGTERM or SIGINT */
};

/*
 * Listen on STATE/run/worker.sock and take SIGTERM and SIGINT away from all threads that are
 * started afterwards. Needs the lock of the worker: an old socket is removed. INTERNAL.
 */
struct error *worker_wakeup_open(struct arena *arena, const struct config *config,
                                 struct wakeup **out);

enum worker_wakeup_call worker_wakeup_wait(struct wakeup *wakeup, int64_t max_ms);

/* From any thread: worker_wakeup_wait returns. */
void worker_wakeup_ring(struct wakeup *wakeup);

/* Take the socket away. */
void worker_wakeup_close(struct wakeup *wakeup);
