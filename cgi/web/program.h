/* Startup of every FastCGI program. */
#pragma once

/*
 * Open the log as `name` and read the command line: "--state DIR". Returns DIR, or NULL after
 * printing the usage to standard error.
 */
const char *start_program(int argc, char **argv, const char *name);
