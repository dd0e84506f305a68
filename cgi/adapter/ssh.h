/*
 * The adapter for libssh: asks an SSH server who it is, and makes key pairs.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* Whether somebody with a public key could sign in; nobody does. */
struct ssh_question {
    const char *user, *line; /* "ssh-ed25519 AAAA..." */
    bool is_answered;        /* result: the server has said which */
    bool is_accepted;
};

/*
 * One key exchange with the server at `address` (a numeric IPv4 address) and `port`, of at most
 * `timeout_ms`, and LIMIT_SSH_EXCHANGE_MS more once the server speaks. `confine` is called once
 * connected, before anything that the server says is read: from there on nothing is opened. *out is
 * its ed25519 host key, "ssh-ed25519 AAAA...", in the arena, proven by the server's signature over
 * the exchange; NULL when nothing answers in time, when what answers does not finish the exchange,
 * or has no such key. *banner, unless `banner` is NULL: what it says to whoever wants to sign in
 * (RFC 4252 5.4), or NULL. `question`, unless NULL: is put to it (RFC 4252 7). INTERNAL when no
 * connection can even be tried.
 */
struct error *ssh_probe(struct arena *arena, const char *address, int64_t port, int64_t timeout_ms,
                        void (*confine)(struct arena *arena), const char **out, const char **banner,
                        struct ssh_question *question);

struct ssh_key_pair {
    const char *private_pem; /* "-----BEGIN OPENSSH PRIVATE KEY-----...", without a passphrase */
    const char *public_line; /* "ssh-ed25519 AAAA..." without comment */
    const char *fingerprint; /* "SHA256:..." without padding, as ssh-keygen -l prints it */
};

/* A new Ed25519 key pair, in the arena. INTERNAL when libssh makes none. */
struct error *ssh_key_pair_new(struct arena *arena, struct ssh_key_pair *out);
