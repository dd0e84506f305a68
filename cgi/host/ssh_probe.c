/* Runs the probe; see ssh_probe.h. Takes nothing from it but lines of the expected form. */
#include "host/ssh_probe.h"

#include "adapter/subprocess.h"
#include "base/limit.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum {
    /* The probe ends by itself, unless a guest has taken it over. */
    GRACE_MS = LIMIT_SSH_EXCHANGE_MS + 1000,
    KEY_BYTES = 200,
};

static bool is_key(const char *text)
{
    return text_starts(text, "ssh-ed25519 ") && strlen(text) <= KEY_BYTES &&
           text_is_printable(text, ' ');
}

/* `input` NULL: none. */
static struct error *run(struct arena *arena, const char *address, int64_t port, int64_t timeout_ms,
                         const char *mode, const char *input, const char **out)
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
        mode,
        NULL,
    };

    *out = "";
    return input ? command_ask(arena, arguments, input, out) : command_read(arena, arguments, out);
}

struct error *ssh_probe_run(struct arena *arena, const char *address, int64_t port,
                            int64_t timeout_ms, const char **out, const char **banner)
{
    const char *text, *end, *key;
    struct error *e = run(arena, address, port, timeout_ms, banner ? "banner" : NULL, NULL, &text);

    end = strchrnul(text, '\n');
    key = arena_copy_bytes(arena, text, (size_t)(end - text));
    *out = !e && is_key(key) ? key : NULL;
    if (banner)
        *banner = *out && *end && text_is_printable(end + 1, ' ') ? end + 1 : NULL;
    return e;
}

struct error *ssh_probe_ask(struct arena *arena, const char *address, int64_t port,
                            int64_t timeout_ms, struct driver_question *question)
{
    const char *text, *end;
    struct error *e = run(arena, address, port, timeout_ms, "accepts",
                          arena_printf(arena, "%s\n%s\n", question->user, question->line), &text);

    end = strchrnul(text, '\n');
    question->is_accepted = !e && strcmp(end, "\nyes") == 0;
    question->is_answered = question->is_accepted || (!e && strcmp(end, "\nno") == 0);
    return e;
}
