/* Runs the probe; see ssh_probe.h. Takes nothing from it but one line of the expected form. */
#include "host/ssh_probe.h"

#include "adapter/subprocess.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum {
    GRACE_MS = 5000, /* the probe ends by itself, unless a guest has taken it over */
    KEY_BYTES = 200,
};

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
        command_beside(arena, "ssh_probe"),
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
