/*
 * The adapter for libssh (see ssh.h).
 *
 * Responsible for the deadline of a question, which also holds against a peer that accepts and then
 * stays silent: QEMU's port forwarding does so until the guest listens. It signs in nowhere and
 * reads no configuration, known_hosts or key of the user it runs as.
 */
#include "adapter/ssh.h"

#include "base/clock.h"
#include "base/limit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libssh/libssh.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Wait until `file` is ready for `events`; false when `deadline_us` passes first. */
static bool wait_for(int file, short events, int64_t deadline_us)
{
    struct pollfd ready = { .fd = file, .events = events };
    int count;

    do {
        int64_t left_ms = (deadline_us - clock_monotonic_us()) / 1000;

        if (left_ms <= 0)
            return false;
        count = poll(&ready, 1, (int)left_ms);
    } while (count < 0 && errno == EINTR);
    return count > 0;
}

static bool connect_socket(int file, const struct sockaddr_in *to, int64_t deadline_us)
{
    int failure = 0;
    socklen_t size = sizeof failure;

    if (connect(file, (const struct sockaddr *)to, sizeof *to) == 0)
        return true;
    return errno == EINPROGRESS && wait_for(file, POLLOUT, deadline_us) &&
           getsockopt(file, SOL_SOCKET, SO_ERROR, &failure, &size) == 0 && failure == 0;
}

/* Every choice that could otherwise come from a file or from the user's account. */
static bool set_options(ssh_session session, const char *address, int *file)
{
    const int off = 0;

    return ssh_options_set(session, SSH_OPTIONS_PROCESS_CONFIG, &off) == 0 &&
           ssh_options_set(session, SSH_OPTIONS_HOST, address) == 0 &&
           ssh_options_set(session, SSH_OPTIONS_USER, "nobody") == 0 &&
           ssh_options_set(session, SSH_OPTIONS_SSH_DIR, "/nonexistent") == 0 &&
           ssh_options_set(session, SSH_OPTIONS_KNOWNHOSTS, "/dev/null") == 0 &&
           ssh_options_set(session, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null") == 0 &&
           ssh_options_set(session, SSH_OPTIONS_HOSTKEYS, "ssh-ed25519") == 0 &&
           ssh_options_set(session, SSH_OPTIONS_FD, file) == 0;
}

/*
 * The key exchange; libssh refuses a reply whose signature is not of the key that it names. A
 * server that has begun to speak gets longer: asked again, a guest that is still booting would
 * begin anew.
 */
static bool exchange_keys(ssh_session session, int *socket_file, int64_t *deadline_us)
{
    int file = *socket_file;
    bool has_begun = false;
    int result;

    ssh_set_blocking(session, 0);
    *socket_file = -1; /* from here on libssh closes it */
    while ((result = ssh_connect(session)) == SSH_AGAIN) {
        short events = POLLIN;

        if (ssh_get_poll_flags(session) & SSH_WRITE_PENDING)
            events |= POLLOUT;
        if (!has_begun && ssh_get_serverbanner(session)) {
            has_begun = true;
            *deadline_us += LIMIT_SSH_EXCHANGE_MS * 1000;
        }
        if (!wait_for(file, events, *deadline_us))
            return false;
    }
    return result == SSH_OK;
}

/* "ssh-ed25519 AAAA...", or NULL. */
static const char *public_line(struct arena *arena, ssh_key key)
{
    const char *text = NULL;
    char *encoded = NULL;

    if (ssh_pki_export_pubkey_base64(key, &encoded) == SSH_OK)
        text = arena_printf(arena, "%s %s", ssh_key_type_to_char(ssh_key_type(key)), encoded);
    if (encoded)
        ssh_string_free_char(encoded);
    return text;
}

static const char *read_key(struct arena *arena, ssh_session session)
{
    const char *text = NULL;
    ssh_key key = NULL;

    if (ssh_get_server_publickey(session, &key) == SSH_OK)
        text = public_line(arena, key);
    if (key)
        ssh_key_free(key);
    return text;
}

/* It comes with the refusal of a sign-in without any proof. */
static const char *read_banner(struct arena *arena, ssh_session session, int64_t deadline_us)
{
    const char *copy = NULL;
    char *text;

    while (ssh_userauth_none(session, NULL) == SSH_AUTH_AGAIN) {
        if (!wait_for(ssh_get_fd(session), POLLIN, deadline_us))
            return NULL;
    }
    text = ssh_get_issue_banner(session);
    if (text) {
        copy = arena_copy(arena, text);
        ssh_string_free_char(text);
    }
    return copy;
}

/* With the public half alone the server says whether it would accept the private one. */
static void ask(struct arena *arena, ssh_session session, int64_t deadline_us,
                struct ssh_question *question)
{
    const char *type = arena_copy_bytes(arena, question->line, strcspn(question->line, " "));
    const char *rest = question->line + strlen(type);
    int result = SSH_AUTH_ERROR;
    ssh_key key = NULL;

    rest += strspn(rest, " ");
    rest = arena_copy_bytes(arena, rest, strcspn(rest, " "));
    if (ssh_pki_import_pubkey_base64(rest, ssh_key_type_from_name(type), &key) != SSH_OK)
        return;
    do
        result = ssh_userauth_try_publickey(session, question->user, key);
    while (result == SSH_AUTH_AGAIN && wait_for(ssh_get_fd(session), POLLIN, deadline_us));
    question->is_accepted = result == SSH_AUTH_SUCCESS;
    question->is_answered = question->is_accepted || result == SSH_AUTH_DENIED;
    ssh_key_free(key);
}

struct error *ssh_probe(struct arena *arena, const char *address, int64_t port, int64_t timeout_ms,
                        void (*confine)(struct arena *arena), const char **out, const char **banner,
                        struct ssh_question *question)
{
    int64_t deadline_us = clock_monotonic_us() + timeout_ms * 1000;
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    struct error *e = NULL;
    ssh_session session = NULL;
    int file = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    *out = NULL;
    if (banner)
        *banner = NULL;
    if (file < 0 || inet_pton(AF_INET, address, &to.sin_addr) != 1) {
        e = error_new(arena, ERROR_INTERNAL, "asking %s for its host key: %m", address);
        goto done;
    }
    if (!connect_socket(file, &to, deadline_us))
        goto done;
    session = ssh_new();
    if (!session || !set_options(session, address, &file)) {
        e = error_new(arena, ERROR_INTERNAL, "libssh refuses its options");
        goto done;
    }
    confine(arena);
    if (exchange_keys(session, &file, &deadline_us))
        *out = read_key(arena, session);
    if (*out && banner)
        *banner = read_banner(arena, session, deadline_us);
    if (*out && question)
        ask(arena, session, deadline_us, question);
done:
    if (session)
        ssh_free(session);
    if (file >= 0)
        close(file);
    return e;
}

/* ---- keys ---- */

static const char *fingerprint(struct arena *arena, ssh_key key)
{
    const char *copy = NULL;
    unsigned char *hash = NULL;
    size_t length;

    if (ssh_get_publickey_hash(key, SSH_PUBLICKEY_HASH_SHA256, &hash, &length) == 0) {
        char *text = ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash, length);

        if (text)
            copy = arena_copy(arena, text);
        ssh_string_free_char(text);
    }
    ssh_clean_pubkey_hash(&hash);
    return copy;
}

/* libssh's copy is wiped: the private half is kept in the arena alone. */
static const char *private_pem(struct arena *arena, ssh_key key)
{
    const char *copy = NULL;
    char *text = NULL;

    if (ssh_pki_export_privkey_base64(key, NULL, NULL, NULL, &text) == SSH_OK) {
        copy = arena_copy(arena, text);
        explicit_bzero(text, strlen(text));
    }
    if (text)
        ssh_string_free_char(text);
    return copy;
}

struct error *ssh_key_pair_new(struct arena *arena, struct ssh_key_pair *out)
{
    ssh_key key = NULL;

    *out = (struct ssh_key_pair){ NULL };
    if (ssh_pki_generate(SSH_KEYTYPE_ED25519, 0, &key) == SSH_OK) {
        *out = (struct ssh_key_pair){
            .private_pem = private_pem(arena, key),
            .public_line = public_line(arena, key),
            .fingerprint = fingerprint(arena, key),
        };
        ssh_key_free(key);
    }
    if (out->private_pem && out->public_line && out->fingerprint)
        return NULL;
    return error_new(arena, ERROR_INTERNAL, "libssh makes no key");
}
