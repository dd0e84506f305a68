/*
 * Asks an SSH server for its host key and prints it: "ssh-ed25519 AAAA...", or nothing.
 *
 *     ssh_probe ADDRESS PORT TIMEOUT_MS [banner|accepts]
 *
 * With "banner", what the server says to whoever wants to sign in is on the next line; with
 * "accepts", whether it accepts the user and the public key that are two lines of the input: "yes",
 * "no", or nothing if it does not say.
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

enum { ARENA_BYTES = 256 * 1024, OUTPUT_BYTES = 4096, INPUT_BYTES = 16384 };

static void confine(struct arena *arena)
{
    const struct rlimit output = { OUTPUT_BYTES, OUTPUT_BYTES };

    setrlimit(RLIMIT_FSIZE, &output);
    confinement_enter(arena, "", "ssh_probe", NULL);
}

/* Two lines of the input. False: there are none such. */
static bool question_read(char *text, size_t size, struct ssh_question *out)
{
    size_t length = fread(text, 1, size - 1, stdin);
    char *end, *line;

    text[length] = '\0';
    end = strchr(text, '\n');
    if (!end)
        return false;
    *end = '\0';
    line = end + 1;
    line[strcspn(line, "\n")] = '\0';
    *out = (struct ssh_question){ .user = text, .line = line };
    return *text && *line;
}

int main(int argc, char **argv)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    int64_t port = 0, timeout_ms = 0;
    const char *key, *banner = NULL;
    bool has_banner = argc == 5 && strcmp(argv[4], "banner") == 0;
    bool has_question = argc == 5 && strcmp(argv[4], "accepts") == 0;
    struct ssh_question question;
    char text[INPUT_BYTES];
    struct error *e;

    log_open("ssh_probe");
    if ((argc != 4 && !has_banner && !has_question) || !text_int(argv[2], &port) ||
        !text_int(argv[3], &timeout_ms) ||
        (has_question && !question_read(text, sizeof text, &question))) {
        fputs("usage: ssh_probe ADDRESS PORT TIMEOUT_MS [banner|accepts]\n", stderr);
        return 2;
    }
    e = ssh_probe(arena, argv[1], port, timeout_ms, confine, &key, has_banner ? &banner : NULL,
                  has_question ? &question : NULL);
    if (e) {
        log_error("probe", log_text("error", e->text));
        return 1;
    }
    if (key)
        fputs(key, stdout);
    if (banner)
        printf("\n%s", banner);
    if (has_question && question.is_answered)
        fputs(question.is_accepted ? "\nyes" : "\nno", stdout);
    return 0;
}
