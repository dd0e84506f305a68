/*
 * SSH keys: the strict reader of public keys that people paste (rules: security.md section 0,
 * formats: RFC 4253 6.6, RFC 5656, RFC 8709, OpenSSH PROTOCOL.u2f), and new host keys for VMs.
 *
 * ssh-keygen is not asked: "ssh-keygen -l" accepts certificates, options, short RSA keys and
 * private keys.
 */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct ssh_key {
    const char *type; /* as shown: "Ed25519", "RSA 3072", "ECDSA P-256", "Ed25519 (security key)" */
    const char *algorithm;   /* as in the line: "ssh-ed25519" */
    const char *fingerprint; /* "SHA256:..." without padding, as ssh-keygen -l prints it */
    const char *comment;     /* "" when there is none */
    const char *line; /* "ssh-ed25519 AAAA... comment", blanks made single; what goes into a VM */
};

/*
 * Read one public key from `text` (`length` bytes, NUL bytes possible) into `out`. Else INPUT,
 * field "key", with a message that quotes nothing of the text: code SSH_KEY_IS_PRIVATE when it
 * looks like a private key in any form (keep, echo and log nothing of it), "invalid_key" for the
 * rest.
 */
#define SSH_KEY_IS_PRIVATE "private_key"
struct error *ssh_key_read(struct arena *arena, const char *text, size_t length,
                           struct ssh_key *out);

/* Does it look like a private key, whole or in part? (OpenSSH, PEM, PKCS#8, PuTTY, raw base64...)
 */
bool ssh_key_looks_private(const char *text, size_t length);

struct ssh_host_key {
    const char *private_pem; /* "-----BEGIN OPENSSH PRIVATE KEY-----...": for the seed alone */
    const char *public_line; /* "ssh-ed25519 AAAA..." without comment */
    const char *fingerprint;
};

/* A new Ed25519 host key, made for one VM. */
void ssh_host_key_new(struct arena *arena, const char *comment, struct ssh_host_key *out);
