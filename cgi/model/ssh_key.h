/*
 * SSH keys: the strict parser for pasted public keys (rules: security.md section 0, formats: RFC
 * 4253 6.6, RFC 5656, RFC 8709, OpenSSH PROTOCOL.u2f). Host keys are made in adapter/ssh.h.
 *
 * ssh-keygen is not used: "ssh-keygen -l" accepts certificates, options, short RSA keys and private
 * keys.
 */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct ssh_key {
    const char *type; /* as shown: "Ed25519", "RSA 3072", "ECDSA P-256", "Ed25519 (security key)" */
    const char *algorithm;   /* as in the line: "ssh-ed25519" */
    const char *fingerprint; /* "SHA256:..." without padding, as ssh-keygen -l prints it */
    const char *comment;     /* "" if there is none */
    const char *line; /* "ssh-ed25519 AAAA... comment" with single blanks; installed in the VM */
};

/*
 * Parse one public key from `text` (`length` bytes, may contain NUL) into `out`. On failure INPUT,
 * field "key", with a message that quotes nothing of the text: code SSH_KEY_IS_PRIVATE if it looks
 * like a private key in any form (do not store, echo or log any of it), else "invalid_key".
 */
#define SSH_KEY_IS_PRIVATE "private_key"
struct error *ssh_key_read(struct arena *arena, const char *text, size_t length,
                           struct ssh_key *out);

/* Whether it looks like a private key, in whole or in part (OpenSSH, PEM, PKCS#8, PuTTY, raw
 * base64...). */
bool ssh_key_looks_private(const char *text, size_t length);
