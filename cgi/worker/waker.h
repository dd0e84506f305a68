/*
 * What the worker's main thread waits for: a byte from the dashboard (model/wake.h), a word from
 * one of its own threads, a signal to end, or time.
 */
#pragma once

#include "adapter/config.h"
#include "base/error.h"

struct waker;

enum waker_call {
    WAKER_WORK, /* there may be something to do */
    WAKER_END,  /* SIGTERM or SIGINT */
};

/*
 * Listen on STATE/run/worker.sock and take SIGTERM and SIGINT away from all threads that are
 * started afterwards. Needs the lock of the worker: an old socket is removed. INTERNAL.
 */
struct error *waker_open(struct arena *arena, const struct config *config, struct waker **out);

enum waker_call waker_wait(struct waker *waker, int64_t most_ms);

/* From any thread: waker_wait returns. */
void waker_ring(struct waker *waker);

/* Take the socket away. */
void waker_close(struct waker *waker);
