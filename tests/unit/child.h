/* Child processes of a test: functions that must abort, and programs whose output is the oracle. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Does `run(user)` end its process by SIGABRT? It runs in a child whose messages are discarded. */
bool child_aborts(void (*run)(void *user), void *user);

/* Run a program from the PATH; returns its exit status. Its output (cut to `size`) is in `out`. */
int child_run(const char *const *arguments, char *out, size_t size);
