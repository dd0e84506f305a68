/*
 * Runs a program of the host and waits for it.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"

/*
 * Run `arguments` (ended by NULL; the first is looked up in PATH) without a shell, with empty input
 * and its output thrown away. UPSTREAM when it cannot be started or does not exit with 0: the text
 * holds the beginning of what it wrote to standard error.
 */
struct error *command_run(struct arena *arena, const char *const *arguments);

/*
 * The same, but what the program writes to its output is *out, in the arena. UPSTREAM also when
 * that is more than SUBPROCESS_OUTPUT_BYTES.
 */
enum { SUBPROCESS_OUTPUT_BYTES = 256 * 1024 };
struct error *command_read(struct arena *arena, const char *const *arguments, const char **out);
