/*
 * What the worker's main thread waits for: a byte from the dashboard (model/worker_wakeup.h), a
 * wake-up from one of its own threads, a signal to end, or a timeout.
 */
#pragma once

#include "adapter/config.h"
#include "base/error.h"

struct wakeup;

enum worker_wakeup_call {
    WAKEUP_WORK, /* there may be work */
    WAKEUP_END,  /* SIGTERM, SIGINT or SIGQUIT */
};

/*
 * Listen on STATE/worker/worker.sock and block these signals in all threads that are started
 * afterwards. Requires the worker's lock: an old socket is removed. INTERNAL.
 */
struct error *worker_wakeup_open(struct arena *arena, const struct config *config,
                                 struct wakeup **out);

enum worker_wakeup_call worker_wakeup_wait(struct wakeup *wakeup, int64_t max_ms);

/* From any thread: makes worker_wakeup_wait return. */
void worker_wakeup_signal(struct wakeup *wakeup);

/* Remove the socket. */
void worker_wakeup_close(struct wakeup *wakeup);
