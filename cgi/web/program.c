/* Startup of a FastCGI program; see program.h. */
#include "web/program.h"

#include "base/clock.h"
#include "base/limit.h"
#include "base/log.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>

const char *start_program(int argc, char **argv, const char *name)
{
    static const struct option options[] = { { "state", required_argument, NULL, 's' }, { 0 } };
    const char *state_dir = NULL;
    int option;

    log_open(name);
    signal(SIGPIPE, SIG_IGN);
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 's')
            state_dir = optarg;
    }
    if (!state_dir)
        fprintf(stderr, "usage: %s --state DIR\n", name);
    return state_dir;
}

int start_failed(const struct error *e)
{
    log_error("start_failed", log_text("error", e->text));
    clock_sleep(LIMIT_START_PAUSE_MS);
    return 1;
}
