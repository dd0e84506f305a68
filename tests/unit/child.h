/*
 * Children of a test: a function that must abort, and programs whose answer is the oracle.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Does `run(user)` end its process by SIGABRT? It runs in a child whose messages go nowhere. */
bool child_aborts(void (*run)(void *user), void *user);

/* Run a program of the PATH; its exit status. What it writes (cut to `size`) is in `out`. */
int child_run(const char *const *arguments, char *out, size_t size);
