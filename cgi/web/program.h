/* Startup of every FastCGI program. */
#pragma once

#include "base/error.h"

/*
 * Open the log as `name` and read the command line: "--state DIR". Returns DIR, or NULL after
 * printing the usage to standard error.
 */
const char *start_program(int argc, char **argv, const char *name);

/* Log why the program ends, and pause: it is started again at once. Returns its exit status. */
int start_failed(const struct error *e);
