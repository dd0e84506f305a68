/*
 * Says when a program pauses: loaded into the worker (LD_PRELOAD) by webhook_full.sh. Each pause is
 * a line on standard error: "pause MILLISECONDS".
 */
#include <dlfcn.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int nanosleep(const struct timespec *length, struct timespec *rest)
{
    int (*call)(const struct timespec *, struct timespec *) =
        (int (*)(const struct timespec *, struct timespec *))dlsym(RTLD_NEXT, "nanosleep");
    char line[64];
    int size = snprintf(line, sizeof line, "pause %ld\n",
                        (long)length->tv_sec * 1000 + length->tv_nsec / 1000000);

    if (write(STDERR_FILENO, line, (size_t)size) < 0)
        return -1;
    return call(length, rest);
}
