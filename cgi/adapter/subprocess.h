/* Runs a program and waits for it. */
#pragma once

#include "base/arena.h"
#include "base/error.h"

/*
 * Run `arguments` (NULL-terminated; the first is looked up in PATH) without a shell, with empty
 * input, discarding its output. UPSTREAM if it cannot be started or does not exit with 0; the text
 * has the beginning of its standard error.
 */
struct error *command_run(struct arena *arena, const char *const *arguments);

/*
 * The same, but returns the standard output in *out, in the arena. UPSTREAM also if it exceeds
 * SUBPROCESS_OUTPUT_BYTES.
 */
enum { SUBPROCESS_OUTPUT_BYTES = 256 * 1024 };
struct error *command_read(struct arena *arena, const char *const *arguments, const char **out);

/* The same with `input` as standard input, which other processes do not see as they do arguments.
 */
struct error *command_ask(struct arena *arena, const char *const *arguments, const char *input,
                          const char **out);

/* The path of a program that is installed beside this one. */
const char *command_beside(struct arena *arena, const char *name);
