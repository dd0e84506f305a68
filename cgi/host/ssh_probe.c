/* Runs the probe; see ssh_probe.h. Takes nothing from it but one line of the expected form. */
#include "host/ssh_probe.h"

#include "adapter/subprocess.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    GRACE_MS = 5000, /* the probe ends by itself, unless a guest has taken it over */
    KEY_BYTES = 200,
};

const char *ssh_probe_program(struct arena *arena)
{
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    const char *slash;

    path[length > 0 ? length : 0] = '\0';
    slash = strrchr(path, '/');
    return arena_printf(arena, "%.*s/ssh_probe", slash ? (int)(slash - path) : 0, path);
}

static bool is_key(const char *text)
{
    return text_starts(text, "ssh-ed25519 ") && strlen(text) <= KEY_BYTES &&
           text_is_printable(text, ' ');
}

struct error *ssh_probe_run(struct arena *arena, const char *address, int64_t port,
                            int64_t timeout_ms, const char **out)
{
    int64_t most_ms = timeout_ms + GRACE_MS;
    const char *arguments[] = {
        "timeout",
        "--signal=KILL",
        arena_printf(arena, "%lld.%03d", (long long)(most_ms / 1000), (int)(most_ms % 1000)),
        ssh_probe_program(arena),
        address,
        arena_printf(arena, "%lld", (long long)port),
        arena_printf(arena, "%lld", (long long)timeout_ms),
        NULL,
    };
    const char *text;
    struct error *e = command_read(arena, arguments, &text);

    *out = !e && is_key(text) ? text : NULL;
    return e;
}
