/*
 * Asks an SSH server for its host key and prints it: "ssh-ed25519 AAAA...", or nothing.
 *
 *     ssh_probe ADDRESS PORT TIMEOUT_MS [banner]
 *
 * With "banner", what the server says to whoever wants to sign in is on the next line.
 *
 * The server is a guest, and hostile: once connected, this process gives up everything but that
 * connection and its output.
 */
#include "adapter/ssh.h"
#include "base/log.h"
#include "base/text.h"
#include "model/confinement.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

enum { ARENA_BYTES = 256 * 1024, OUTPUT_BYTES = 4096 };

static void confine(struct arena *arena)
{
    const struct rlimit output = { OUTPUT_BYTES, OUTPUT_BYTES };

    setrlimit(RLIMIT_FSIZE, &output);
    confinement_enter(arena, "", "ssh_probe", NULL);
}

int main(int argc, char **argv)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    int64_t port = 0, timeout_ms = 0;
    const char *key, *banner = NULL;
    bool has_banner = argc == 5 && strcmp(argv[4], "banner") == 0;
    struct error *e;

    log_open("ssh_probe");
    if ((argc != 4 && !has_banner) || !text_int(argv[2], &port) ||
        !text_int(argv[3], &timeout_ms)) {
        fputs("usage: ssh_probe ADDRESS PORT TIMEOUT_MS [banner]\n", stderr);
        return 2;
    }
    e = ssh_probe(arena, argv[1], port, timeout_ms, confine, &key, has_banner ? &banner : NULL);
    if (e) {
        log_error("probe", log_text("error", e->text));
        return 1;
    }
    if (key)
        fputs(key, stdout);
    if (banner)
        printf("\n%s", banner);
    return 0;
}
