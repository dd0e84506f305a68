/*
 * SSH keys: public keys as people paste them (rules: security.md section 0, formats: RFC 4253 6.6,
 * RFC 4716, RFC 5656, RFC 8709, OpenSSH PROTOCOL.u2f). Host keys are made in adapter/ssh.h.
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

struct ssh_keys {
    struct ssh_key *key; /* each once, in the order of the text */
    size_t count;        /* at least 1 after success */
    bool is_public;      /* after a refusal: the text is of public keys and may be shown again */
};

/*
 * Read the public keys in `text` (`length` bytes, may contain NUL): lines as in authorized_keys
 * without options, also wrapped, quoted or as items of a list; RFC 4716; PuTTY without its private
 * lines; PEM ("BEGIN PUBLIC KEY", "BEGIN RSA PUBLIC KEY"). What is read must be unambiguous, all of
 * it. On failure INPUT, field "key", with a message that quotes nothing of the text: code
 * SSH_KEY_IS_PRIVATE if it looks like a private key in any form (do not store, echo or log any of
 * it), else "invalid_key".
 */
#define SSH_KEY_IS_PRIVATE "private_key"
struct error *ssh_keys_read(struct arena *arena, const char *text, size_t length,
                            struct ssh_keys *out);

/* The same for one line "algorithm base64 comment" and nothing else: what is wrong, or NULL. */
const char *ssh_key_line_read(struct arena *arena, const char *line, struct ssh_key *out);

/* Whether it looks like a private key, in whole or in part (OpenSSH, PEM, PKCS#8, PuTTY, raw
 * base64...). Public keys in it are no reason. */
bool ssh_key_looks_private(struct arena *arena, const char *text, size_t length);
